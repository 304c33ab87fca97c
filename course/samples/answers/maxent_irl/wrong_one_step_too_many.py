"""The value of the last step is backed up once before its policy is taken."""

import numpy as np

LOSES = "soft_policies"


def soft_policies(mdp, horizon):
    v = np.zeros(mdp.n_states)
    policies = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in reversed(range(horizon)):
        v = soft_backup(mdp, v)
        q = mdp.rewards + mdp.discount * (mdp.transitions @ v)
        policies[t] = np.exp(q - np.logaddexp.reduce(q, axis=1)[:, None])
    return policies
