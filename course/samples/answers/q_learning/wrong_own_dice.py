"""Uses NumPy's global dice instead of rng."""

import numpy as np

LOSES = "epsilon_greedy"


def epsilon_greedy(q, state, epsilon, rng):
    if np.random.rand() < epsilon:  # noqa: NPY002
        return np.random.randint(q.shape[1])  # noqa: NPY002
    return np.random.choice(np.flatnonzero(q[state] == q[state].max()))  # noqa: NPY002
