"""Ties go to the last action, or to a random one; terminal states are skipped."""

import numpy as np


def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    alive = [s for s in range(mdp.n_states) if mdp.transitions[s].any() or mdp.rewards[s].any()]
    while True:
        changes = [0.0]
        for s in alive:
            new = action_values(mdp, v)[s].max()
            changes.append(abs(new - v[s]))
            v[s] = new
        if max(changes) < theta:
            return v


def greedy_policy(mdp, v):
    q = np.asarray(action_values(mdp, v))
    best = np.isclose(q, q.max(axis=1, keepdims=True), rtol=0, atol=1e-12)
    return q.shape[1] - 1 - best[:, ::-1].argmax(axis=1)
