"""A single sweep."""

import numpy as np

LOSES = "iavi"


def iavi(mdp, policy):
    return closed_form_reward(eta(policy, np.zeros(policy.shape)))
