"""Centres by a matrix."""

import numpy as np


def closed_form_reward(eta):
    n = eta.shape[1]
    return eta @ (np.eye(n) - np.full((n, n), 1 / n))
