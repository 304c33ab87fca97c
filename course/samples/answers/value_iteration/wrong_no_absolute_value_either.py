"""Δ = max(Δ, v − V(s)), without the absolute value: stops where values rise."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        new = action_values(mdp, v).max(axis=1)
        delta = (v - new).max()
        v = new
        if delta < theta:
            return v
