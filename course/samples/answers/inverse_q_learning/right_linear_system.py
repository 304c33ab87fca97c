"""One linear system for the values, as in the book."""

import numpy as np


def iavi(mdp, policy):
    logs = np.log(policy)
    d = logs.max(axis=1) - logs.mean(axis=1)
    v = np.linalg.solve(np.eye(len(d)) - mdp.discount * mdp.transitions.mean(axis=1), d)
    q = logs - logs.max(axis=1, keepdims=True) + v[:, None]
    return q - mdp.discount * mdp.transitions @ v
