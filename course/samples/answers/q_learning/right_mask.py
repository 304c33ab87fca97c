"""ε-greedy with a mask of the best."""

import numpy as np


def epsilon_greedy(q, state, epsilon, rng):
    row = np.asarray(q[state], dtype=float)
    best = row >= row.max()
    if rng.random() < epsilon:
        best = np.ones_like(best)
    return int(rng.choice(best.nonzero()[0]))
