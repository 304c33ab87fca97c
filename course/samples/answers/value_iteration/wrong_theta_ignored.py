"""A tolerance of its own instead of theta."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        new = action_values(mdp, v).max(axis=1)
        if np.abs(new - v).max() < 1e-10:
            return new
        v = new
