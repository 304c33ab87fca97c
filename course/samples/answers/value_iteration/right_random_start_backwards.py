"""Random first values, sweeps from the last state to the first."""

import numpy as np


def value_iteration(mdp, theta):
    v = np.random.default_rng(0).normal(size=mdp.n_states)
    v[mdp.transitions.sum(axis=(1, 2)) == 0] = 0
    while True:
        delta = 0
        for s in reversed(range(mdp.n_states)):
            old = v[s]
            v[s] = np.max(mdp.rewards[s] + mdp.discount * mdp.transitions[s] @ v)
            delta = max(delta, np.abs(old - v[s]))
        if delta < theta:
            return v
