"""Sums of products, one at a time."""

import numpy as np


def action_values(mdp, v):
    def one(s, a):
        return mdp.rewards[s, a] + mdp.discount * sum(
            mdp.transitions[s, a, t] * v[t] for t in range(mdp.n_states)
        )

    return np.array([[one(s, a) for a in range(mdp.n_actions)] for s in range(mdp.n_states)])
