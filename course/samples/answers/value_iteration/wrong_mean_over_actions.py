"""Averages over actions: the values of the random policy."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        new = action_values(mdp, v).mean(axis=1)
        delta = np.abs(new - v).max()
        v = new
        if delta < theta:
            return v
