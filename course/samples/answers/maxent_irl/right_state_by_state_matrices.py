"""A transition matrix for each step, and the discount as a factor of time."""

import numpy as np


def visits(mdp, policies):
    total = np.zeros((mdp.n_states, mdp.n_actions))
    p = mdp.start * ~mdp.terminal
    for t, policy in enumerate(policies):
        total += mdp.discount**t * p[:, None] * policy
        chosen = (policy[:, :, None] * mdp.transitions).sum(axis=1)
        p = (p @ chosen) * ~mdp.terminal
    return total
