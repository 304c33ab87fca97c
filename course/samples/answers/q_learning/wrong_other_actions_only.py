"""Explores among the other actions only."""

import numpy as np

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    best = int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
    if rng.random() < epsilon and q.shape[1] > 1:
        return int(rng.choice([a for a in range(q.shape[1]) if a != best]))
    return best
