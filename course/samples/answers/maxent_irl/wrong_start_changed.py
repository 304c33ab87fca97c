"""Adds to the start distribution of the model itself."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state, total = mdp.start, np.zeros((mdp.n_states, mdp.n_actions))
    for policy in policies:
        state *= ~mdp.terminal
        taken = state[:, None] * policy
        total += taken
        state = mdp.discount * np.einsum("sa,sat->t", taken, mdp.transitions)
    return total
