"""`new = v` without a copy: the sweep is then in place, which is value iteration too."""

import numpy as np


def value_iteration(mdp, theta):
    v = [0.0] * mdp.n_states
    while True:
        delta = 0.0
        new = v
        for s in range(mdp.n_states):
            value = max(action_values(mdp, np.array(v))[s])
            delta = max(delta, abs(value - v[s]))
            new[s] = value
        v = new
        if delta < theta:
            return v
