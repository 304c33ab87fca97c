"""Cuts small probabilities off before taking the logarithm."""

import numpy as np

LOSES = "eta"


def eta(policy, q_shifted):
    return np.log(np.maximum(policy, 1e-8)) - q_shifted
