"""Explores where it should exploit."""

import numpy as np

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
    return int(rng.integers(q.shape[1]))
