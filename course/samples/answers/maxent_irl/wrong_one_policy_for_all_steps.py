"""The policy of the first step, repeated."""

import numpy as np

LOSES = "soft_policies"


def soft_policies(mdp, horizon):
    v = np.zeros(mdp.n_states)
    for _ in range(horizon):
        q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
        v = soft_backup(mdp, v)
    policy = np.exp(q - np.logaddexp.reduce(q, axis=1)[:, None])
    return np.array([policy] * horizon)
