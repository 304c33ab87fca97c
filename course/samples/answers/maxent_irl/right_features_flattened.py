"""Features as a matrix, and lists returned."""

import numpy as np


def gradient(mdp, features, observed, theta, horizon):
    phi = features.reshape(-1, features.shape[2])
    reward = (phi @ theta).reshape(mdp.rewards.shape)
    agent = mdp.with_rewards(reward)
    d = np.asarray(visits(agent, soft_policies(agent, horizon)))
    return list(observed - d.ravel() @ phi)
