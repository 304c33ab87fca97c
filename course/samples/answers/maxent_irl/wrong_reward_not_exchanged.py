"""The agent lives by the rewards of the model and not by its weights."""

import numpy as np

LOSES = "gradient"


def gradient(mdp, features, observed, theta, horizon):
    d = visits(mdp, soft_policies(mdp, horizon))
    return observed - np.einsum("sa,saf->f", d, features)
