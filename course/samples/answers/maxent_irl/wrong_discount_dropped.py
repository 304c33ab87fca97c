"""γ is in the backup and not in the policy."""

import numpy as np

LOSES = "soft_policies"


def soft_policies(mdp, horizon):
    v = np.zeros(mdp.n_states)
    policies = np.zeros((horizon, mdp.n_states, mdp.n_actions))
    for t in reversed(range(horizon)):
        q = mdp.rewards + mdp.transitions @ v
        policies[t] = np.exp(q - np.logaddexp.reduce(q, axis=1)[:, None])
        v = soft_backup(mdp, v)
    return policies
