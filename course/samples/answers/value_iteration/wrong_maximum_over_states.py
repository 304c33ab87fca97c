"""The maximum over the wrong axis."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    for _ in range(1000):
        new = np.resize(action_values(mdp, v).max(axis=0), mdp.n_states)
        delta = np.abs(new - v).max()
        v = new
        if delta < theta:
            break
    return v
