"""Logarithms to base 2."""

import numpy as np

LOSES = "eta"


def eta(policy, q_shifted):
    return np.log2(policy) - q_shifted
