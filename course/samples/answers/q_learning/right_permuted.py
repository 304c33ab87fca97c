"""Ties broken by a random order."""

import numpy as np


def epsilon_greedy(q, state, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(0, q.shape[1])
    order = rng.permutation(q.shape[1])
    return order[np.argmax(q[state][order])]
