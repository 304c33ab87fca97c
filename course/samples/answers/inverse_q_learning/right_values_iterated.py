"""Iterates over values instead of action values."""

import numpy as np


def iavi(mdp, policy):
    logs = np.log(policy)
    v = np.zeros(len(policy))
    for _ in range(100_000):
        follows = mdp.discount * (mdp.transitions @ v)
        reward = closed_form_reward(logs - follows)
        old, v = v, (reward + follows).max(axis=1)
        if np.abs(v - old).max() < 1e-12:
            break
    return closed_form_reward(logs - mdp.discount * (mdp.transitions @ v))
