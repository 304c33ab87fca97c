"""Moves the rewards of all actions of the state, as the library does."""

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
    e = eta(smooth / smooth.sum(axis=1, keepdims=True), q_shifted)[state]
    gap = reward[state] - e
    reward[state] += alpha_r * (e + (gap.sum() - gap) / (len(gap) - 1) - reward[state])
    q[state, action] += alpha * (reward[state, action] + follows - q[state, action])
    return q, q_shifted, reward, counts
