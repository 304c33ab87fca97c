"""Adds what follows instead of taking it away."""

import numpy as np

LOSES = "eta"


def eta(policy, q_shifted):
    return np.log(policy) + q_shifted
