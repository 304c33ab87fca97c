"""v and its "copy" are one array, so that Δ is always 0."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        new = v
        for s in range(mdp.n_states):
            new[s] = action_values(mdp, v)[s].max()
        delta = np.abs(new - v).max()
        v = new
        if delta < theta:
            return v
