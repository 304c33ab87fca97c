"""The others by a mask."""

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
    q, q_shifted = q.copy(), q_shifted.copy()
    reward, counts = reward.copy(), counts.astype(float)
    after = gamma * np.max(q[next_state]) * (not terminated)
    counts[state, action] += 1
    q_shifted[state, action] += alpha * (after - q_shifted[state, action])
    n = counts[state] + smoothing
    e = np.log(n / n.sum()) - q_shifted[state]
    mask = np.arange(len(e)) != action
    target = e[action] + (reward[state] - e)[mask].mean()
    reward[state, action] += alpha_r * (target - reward[state, action])
    q[state, action] += alpha * (reward[state, action] + after - q[state, action])
    return [q, q_shifted, reward, counts]
