"""Stops at a change of 0.01, as the published numbers do."""

import numpy as np

LOSES = "iavi"


def iavi(mdp, policy):
    q = np.zeros(policy.shape)
    while True:
        follows = mdp.discount * (mdp.transitions @ q.max(axis=1))
        reward = closed_form_reward(eta(policy, follows))
        delta = np.abs(reward + follows - q).max()
        q = reward + follows
        if delta < 0.01:
            return reward
