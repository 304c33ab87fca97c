"""Probabilities instead of their logarithms."""

LOSES = "eta"


def eta(policy, q_shifted):
    return policy - q_shifted
