"""Visits of states, not of actions in states."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state, total = mdp.start, np.zeros(mdp.n_states)
    for policy in policies:
        state = np.where(mdp.terminal, 0, state)
        total += state
        state = mdp.discount * np.einsum("s,sa,sat->t", state, policy, mdp.transitions)
    return total
