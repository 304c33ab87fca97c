"""Divides by the sum, so that nothing ever ends."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state, total = mdp.start, np.zeros((mdp.n_states, mdp.n_actions))
    for t, policy in enumerate(policies):
        taken = np.where(mdp.terminal, 0, state)[:, None] * policy
        total += mdp.discount**t * taken
        state = np.einsum("sa,sat->t", taken, mdp.transitions)
        state = state / max(state.sum(), 1e-12)
    return total
