"""The pseudoinverse of X, for all states at once."""

import numpy as np


def closed_form_reward(eta):
    n = eta.shape[1]
    x = np.full((n, n), -1 / (n - 1)) + n / (n - 1) * np.eye(n)
    return eta @ x.T @ np.linalg.pinv(x, rcond=1e-10).T
