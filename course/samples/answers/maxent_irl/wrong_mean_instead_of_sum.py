"""Divides the expected features by the number of steps."""

import numpy as np

LOSES = "gradient"


def gradient(mdp, features, observed, theta, horizon):
    agent = mdp.with_rewards(features @ theta)
    d = visits(agent, soft_policies(agent, horizon))
    return observed - np.einsum("sa,saf->f", d, features) / horizon
