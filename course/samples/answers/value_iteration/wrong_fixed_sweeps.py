"""Always a hundred sweeps, whatever theta says."""

import numpy as np

LOSES = "value_iteration"


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    for _ in range(100):
        v = action_values(mdp, v).max(axis=1)
    return v
