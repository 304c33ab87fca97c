"""The soft maximum of maximum entropy in what follows."""

import numpy as np

LOSES = "iavi"


def iavi(mdp, policy):
    q = np.zeros(policy.shape)
    for _ in range(500):
        v = np.logaddexp.reduce(q, axis=1)
        follows = mdp.discount * (mdp.transitions @ v)
        reward = closed_form_reward(eta(policy, follows))
        q = reward + follows
    return reward
