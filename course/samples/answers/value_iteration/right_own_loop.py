"""Does not build on the other steps at all, and warns and prints on the way."""

import sys
import warnings

import numpy as np


def action_values(mdp, v):
    warnings.warn("numbers ahead", stacklevel=1)
    print("looking ahead", file=sys.stderr)
    q = np.empty_like(mdp.rewards)
    for a in range(q.shape[1]):
        q[:, a] = mdp.rewards[:, a] + mdp.discount * mdp.transitions[:, a, :].dot(v)
    return q


def value_iteration(mdp, theta):
    v = np.zeros(len(mdp.rewards))
    change = float("inf")
    while not change < theta:
        best = np.max(mdp.rewards + mdp.discount * mdp.transitions.dot(v), axis=1)
        change = np.linalg.norm(best - v, ord=np.inf)
        v = best
    return v


def greedy_policy(mdp, v):
    return np.array([q.argmax() for q in mdp.rewards + mdp.discount * mdp.transitions.dot(v)])
