"""Ignores the given values and solves the model instead."""

import numpy as np

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    u = np.zeros(mdp.n_states)
    for _ in range(200):
        u = (mdp.rewards + mdp.discount * mdp.transitions @ u).max(axis=1)
    return (mdp.rewards + mdp.discount * mdp.transitions @ u).argmax(axis=1)
