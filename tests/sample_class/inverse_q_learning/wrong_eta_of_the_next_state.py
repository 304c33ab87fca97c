"""η of the state in which it arrived."""

import numpy as np

LOSES = "iql_update"


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
    q, q_shifted, reward, counts = q.copy(), q_shifted.copy(), reward.copy(), counts.copy()
    counts[state, action] += 1
    smooth = counts + smoothing
    follows = 0 if terminated else gamma * q[next_state].max()
    q_shifted[state, action] += alpha * (follows - q_shifted[state, action])
    e = eta(smooth / smooth.sum(axis=1, keepdims=True), q_shifted)[next_state]
    target = e[action] + np.delete(reward[state] - e, action).mean()
    reward[state, action] += alpha_r * (target - reward[state, action])
    q[state, action] += alpha * (reward[state, action] + follows - q[state, action])
    return q, q_shifted, reward, counts
