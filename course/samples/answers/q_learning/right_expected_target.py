"""The target without a condition."""

import numpy as np


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    new = np.array(q, dtype=float)
    target = reward + gamma * (1 - int(terminated)) * np.max(q[next_state])
    new[state, action] = (1 - alpha) * q[state, action] + alpha * target
    return new
