"""Takes the maximum after the expectation."""

import numpy as np

LOSES = "iavi"


def iavi(mdp, policy):
    q = np.zeros(policy.shape)
    for _ in range(500):
        follows = mdp.discount * np.einsum("sat,tb->sab", mdp.transitions, q).max(axis=2)
        reward = closed_form_reward(eta(policy, follows))
        q = reward + follows
    return reward
