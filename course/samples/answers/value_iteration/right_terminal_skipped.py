"""Never touches terminal states."""

import numpy as np


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    alive = [s for s in range(mdp.n_states) if not mdp.terminal[s]]
    delta = 2 * theta + 1
    while not delta < theta:
        delta = 0
        for s in alive:
            old = v[s]
            v[s] = np.max(action_values(mdp, v)[s])
            delta = max(delta, np.abs(v[s] - old))
    return v
