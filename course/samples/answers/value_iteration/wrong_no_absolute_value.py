"""Δ = max(Δ, V(s) − v), without the absolute value: stops where values fall."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        delta = 0
        for s in range(mdp.n_states):
            old = v[s]
            v[s] = action_values(mdp, v)[s].max()
            delta = max(delta, v[s] - old)
        if delta < theta:
            return v
