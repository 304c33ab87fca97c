"""Acts by the first policy in every step."""

import numpy as np

LOSES = "visits"


def visits(mdp, policies):
    state, total = mdp.start, np.zeros((mdp.n_states, mdp.n_actions))
    for _ in policies:
        taken = np.where(mdp.terminal, 0, state)[:, None] * policies[0]
        total += taken
        state = mdp.discount * np.einsum("sa,sat->t", taken, mdp.transitions)
    return total
