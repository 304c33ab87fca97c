"""Backup and policy in one loop."""

import numpy as np


def soft_policies(mdp, horizon):
    v = np.zeros(mdp.n_states)
    policies = [None] * horizon
    for t in range(horizon - 1, -1, -1):
        q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
        soft = np.logaddexp.reduce(q, axis=1)
        policies[t] = np.exp(q - soft[:, None])
        v = np.where(mdp.terminal, 0, soft)
    return policies
