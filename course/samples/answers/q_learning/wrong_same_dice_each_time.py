"""A new generator with the same seed in each call."""

import numpy as np

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    rng = np.random.default_rng(42)
    if rng.random() < epsilon:
        return int(rng.integers(q.shape[1]))
    return int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
