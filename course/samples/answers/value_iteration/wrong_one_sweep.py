"""Stops after the first sweep."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    delta = 0
    for s in range(mdp.n_states):
        old = v[s]
        v[s] = action_values(mdp, v)[s].max()
        delta = max(delta, abs(old - v[s]))
    if delta < theta:
        return v
    return v
