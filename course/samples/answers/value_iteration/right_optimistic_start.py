"""Begins at 10 everywhere except in terminal states."""

import numpy as np


def value_iteration(mdp, theta):
    over = (mdp.transitions.sum(axis=(1, 2)) == 0) & (mdp.rewards == 0).all(axis=1)
    v = np.where(over, 0.0, 10.0)
    delta = theta
    while delta >= theta:
        before = v.copy()
        v = np.max(action_values(mdp, v), axis=1)
        delta = np.max(np.abs(v - before))
    return v
