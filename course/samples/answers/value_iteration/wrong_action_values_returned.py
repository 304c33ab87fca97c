"""Returns q instead of v."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        q = action_values(mdp, v)
        delta = np.abs(q.max(axis=1) - v).max()
        v = q.max(axis=1)
        if delta < theta:
            return q
