"""A softmax of its own, and policies put in front."""

import numpy as np


def softmax(q):
    weights = np.exp(q - q.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def soft_policies(mdp, horizon):
    v, policies = np.zeros(mdp.n_states), []
    while len(policies) < horizon:
        policies.insert(0, softmax(mdp.rewards + mdp.discount * mdp.transitions @ v))
        v = soft_backup(mdp, v)
    return np.stack(policies)
