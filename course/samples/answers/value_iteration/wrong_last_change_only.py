"""Δ is the change of the last state."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        for s in range(mdp.n_states):
            old = v[s]
            v[s] = action_values(mdp, v)[s].max()
            delta = abs(old - v[s])
        if delta < theta:
            return v
