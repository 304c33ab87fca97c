"""Solves the singular system as if it were regular."""

import numpy as np

LOSES = "closed_form_reward"


def closed_form_reward(eta):
    n = eta.shape[1]
    x = np.full((n, n), -1 / (n - 1))
    np.fill_diagonal(x, 1)
    x[0, 0] += 1e-3
    return np.linalg.solve(x, x @ eta.T).T
