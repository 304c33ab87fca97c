"""exp(q) / Σ exp(q) without taking out the largest value."""

import numpy as np

LOSES = "soft_policies"


def soft_policies(mdp, horizon):
    v = np.zeros(mdp.n_states)
    policies = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in reversed(range(horizon)):
        z = np.exp(mdp.rewards + mdp.discount * (mdp.transitions @ v))
        policies[t] = z / z.sum(axis=1, keepdims=True)
        v = soft_backup(mdp, v)
    return policies
