"""(1 − α) q + α target, with (1 − terminated) as a factor."""

import numpy as np


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = np.array(q)
    target = reward + gamma * (1 - terminated) * q[next_state].max()
    q[state, action] = (1 - alpha) * q[state, action] + alpha * target
    return q
