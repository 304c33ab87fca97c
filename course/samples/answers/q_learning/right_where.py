"""One entry by np.where."""

import numpy as np


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    follows = gamma * max(q[next_state])
    if terminated:
        follows = 0
    delta = reward + follows - q[state, action]
    change = np.zeros(q.shape)
    change[state, action] = alpha * delta
    return q + change
