"""Sweeps in place, one state after the other, backwards."""

import numpy as np


def iavi(mdp, policy):
    q, reward = np.zeros(policy.shape), np.zeros(policy.shape)
    for sweep in range(2000):
        delta = 0
        for s in reversed(range(mdp.n_states)):
            follows = mdp.discount * mdp.transitions[s] @ q.max(axis=1)
            e = np.log(policy[s]) - follows
            reward[s] = e - e.mean()
            delta = max(delta, np.abs(reward[s] + follows - q[s]).max())
            q[s] = reward[s] + follows
        if delta < 1e-12:
            break
    return reward
