"""Never draws the last action when it explores."""

import numpy as np

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(max(q.shape[1] - 1, 1)))
    return int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
