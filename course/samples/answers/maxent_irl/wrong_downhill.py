"""Expected minus seen."""

import numpy as np

LOSES = "gradient"


def gradient(mdp, features, observed, theta, horizon):
    agent = mdp.with_rewards(features @ theta)
    d = visits(agent, soft_policies(agent, horizon))
    return np.einsum("sa,saf->f", d, features) - observed
