"""Loops over states and actions."""

import numpy as np


def visits(mdp, policies):
    d = np.zeros((mdp.n_states, mdp.n_actions))
    p = list(mdp.start)
    for t, policy in enumerate(policies):
        after = [0.0] * mdp.n_states
        for s in range(mdp.n_states):
            if mdp.terminal[s]:
                continue
            for a in range(mdp.n_actions):
                d[s, a] += mdp.discount**t * p[s] * policy[s, a]
                for u in range(mdp.n_states):
                    after[u] += p[s] * policy[s, a] * mdp.transitions[s, a, u]
        p = after
    return d
