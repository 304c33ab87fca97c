"""Returns the last step instead of the sum of all."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state = mdp.start
    for policy in policies:
        taken = np.where(mdp.terminal, 0, state)[:, None] * policy
        state = mdp.discount * np.einsum("sa,sat->t", taken, mdp.transitions)
    return taken
