"""Least squares in each state."""

import numpy as np


def closed_form_reward(eta):
    n = eta.shape[1]
    x = (np.eye(n) * n - 1) / (n - 1)
    return np.stack([np.linalg.lstsq(x, x @ row, rcond=1e-10)[0] for row in eta])
