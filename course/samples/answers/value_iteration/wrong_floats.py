"""The actions are floats, which cannot be an index."""

import numpy as np

LOSES = "greedy_policy"


def greedy_policy(mdp, v):
    policy = np.zeros(mdp.n_states)
    for s in range(mdp.n_states):
        policy[s] = action_values(mdp, v)[s].argmax()
    return policy
