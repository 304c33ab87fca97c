"""Its own backup, without γ."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    for _ in range(5000):
        new = (mdp.rewards + mdp.transitions @ v).max(axis=1)
        delta = np.abs(new - v).max()
        v = new
        if delta < theta:
            break
    return v
