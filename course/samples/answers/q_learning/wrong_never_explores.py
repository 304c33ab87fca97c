"""Always greedy."""

import numpy as np

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    return int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
