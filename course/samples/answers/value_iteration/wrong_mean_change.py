"""Δ is the mean change, not the largest."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        new = action_values(mdp, v).max(axis=1)
        delta = np.abs(new - v).mean()
        v = new
        if delta < theta:
            return v
