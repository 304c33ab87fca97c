"""exp before anything is taken out."""

import numpy as np

LOSES = "soft_backup"


def soft_backup(mdp, v):
    q = mdp.rewards + mdp.discount * mdp.transitions @ v
    return np.where(mdp.terminal, 0, np.log(np.exp(q).sum(axis=1)))
