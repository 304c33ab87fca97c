"""Loops throughout, in place, as the slides have it."""

import numpy as np


def action_values(mdp, v):
    n_states, n_actions, _ = mdp.transitions.shape
    q = np.zeros((n_states, n_actions))
    for s in range(n_states):
        for a in range(n_actions):
            expected = 0.0
            for after in range(n_states):
                expected += mdp.transitions[s, a, after] * v[after]
            q[s, a] = mdp.rewards[s, a] + mdp.discount * expected
    return q


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        delta = 0.0
        for s in range(mdp.n_states):
            old = v[s]
            v[s] = max(
                mdp.rewards[s, a] + mdp.discount * sum(mdp.transitions[s, a] * v)
                for a in range(mdp.n_actions)
            )
            delta = max(delta, abs(old - v[s]))
        if delta < theta:
            break
    return v


def greedy_policy(mdp, v):
    q = action_values(mdp, v)
    policy = np.zeros(mdp.n_states, dtype=int)
    for s in range(mdp.n_states):
        policy[s] = np.argmax(q[s])
    return policy
