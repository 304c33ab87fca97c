"""Normalises counts over the whole table, which shifts all η of a state alike."""


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
    pi = (counts + smoothing) / (counts + smoothing).sum()
    follows = gamma * q[next_state].max() * (not terminated)
    q_shifted[state, action] += alpha * (follows - q_shifted[state, action])
    gap = reward[state] - eta(pi, q_shifted)[state]
    error = (gap.sum() - gap[action]) / (len(gap) - 1) - gap[action]
    reward[state, action] += alpha_r * error
    q[state, action] += alpha * (reward[state, action] + follows - q[state, action])
    return q, q_shifted, reward, counts
