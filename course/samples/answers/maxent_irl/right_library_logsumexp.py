"""Takes logsumexp and softmax from SciPy."""

import numpy as np
from scipy.special import logsumexp, softmax


def soft_backup(mdp, v):
    q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
    return np.where(mdp.terminal, 0, logsumexp(q, axis=1))


def soft_policies(mdp, horizon):
    v, policies = np.zeros(mdp.n_states), []
    for _ in range(horizon):
        q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
        policies.insert(0, softmax(q, axis=1))
        v = soft_backup(mdp, v)
    return policies
