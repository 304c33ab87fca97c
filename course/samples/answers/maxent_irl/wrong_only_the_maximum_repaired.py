"""Repairs the hard maximum, and keeps the order of the steps."""

import numpy as np

LOSES = "soft_policies"


def soft_policies(mdp, horizon):
    v = np.zeros(mdp.n_states)
    policies = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in range(horizon):
        q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
        weights = np.exp(q - q.max(axis=1, keepdims=True))
        policies[t] = weights / weights.sum(axis=1, keepdims=True)
        v = soft_backup(mdp, v)
    return policies
