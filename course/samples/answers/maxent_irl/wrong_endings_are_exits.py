"""Takes every state whose rows are empty for an exit, even if something is paid there."""

import numpy as np

LOSES = "soft_backup"


def soft_backup(mdp, v):
    q = mdp.rewards + mdp.discount * mdp.transitions @ v
    over = mdp.transitions.sum(axis=(1, 2)) == 0
    return np.where(over, 0, np.logaddexp.reduce(q, axis=1))
