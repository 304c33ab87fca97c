"""Begins at 1 everywhere and never updates terminal states."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.ones(mdp.n_states)
    alive = np.flatnonzero(mdp.transitions.any(axis=(1, 2)))
    while True:
        delta = 0
        for s in alive:
            old = v[s]
            v[s] = action_values(mdp, v)[s].max()
            delta = max(delta, abs(old - v[s]))
        if delta < theta:
            return v
