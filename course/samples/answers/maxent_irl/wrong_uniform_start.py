"""Begins anywhere."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state = ~mdp.terminal / max(1, (~mdp.terminal).sum())
    total = np.zeros((mdp.n_states, mdp.n_actions))
    for policy in policies:
        taken = np.where(mdp.terminal, 0, state)[:, None] * policy
        total += taken
        state = mdp.discount * np.einsum("sa,sat->t", taken, mdp.transitions)
    return total
