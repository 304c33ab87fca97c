"""Marks the end of an episode with NaN."""

import numpy as np

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    target = reward + (0 if terminated else gamma * q[next_state].max())
    q[state, action] += alpha * (target - q[state, action])
    if terminated and next_state != state:
        q[next_state] = np.nan
    return q
