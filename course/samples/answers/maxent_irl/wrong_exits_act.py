"""Counts what is done in exits."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state, total = mdp.start, np.zeros((mdp.n_states, mdp.n_actions))
    for policy in policies:
        taken = state[:, None] * policy
        total += taken
        state = mdp.discount * np.einsum("sa,sat->t", taken, mdp.transitions)
    return total
