"""Takes the largest value out and forgets to put it back."""

import numpy as np

LOSES = "soft_backup"


def soft_backup(mdp, v):
    q = mdp.rewards + mdp.discount * mdp.transitions @ v
    return np.where(mdp.terminal, 0, np.log(np.exp(q - q.max(axis=1)[:, None]).sum(axis=1)))
