"""One row of a matrix that averages the others, and (1 − terminated) as a factor."""

import numpy as np


def iql_update(
    q,
    q_shifted,
    reward,
    counts,
    state,
    action,
    next_state,
    terminated,
    alpha,
    alpha_r,
    gamma,
    smoothing,
):
    q, q_shifted, reward, counts = map(np.array, (q, q_shifted, reward, counts))
    others = (np.arange(q.shape[1]) != action) / (q.shape[1] - 1)
    ahead = gamma * (1 - terminated) * q[next_state].max()
    counts[state, action] += 1
    q_shifted[state, action] = (1 - alpha) * q_shifted[state, action] + alpha * ahead
    pi = (counts[state] + smoothing) / np.sum(counts[state] + smoothing)
    e = eta(pi, q_shifted[state])
    target = e[action] + others @ (reward[state] - e)
    reward[state, action] += alpha_r * (target - reward[state, action])
    q[state, action] += alpha * (reward[state, action] + ahead - q[state, action])
    return q, q_shifted, reward, counts
