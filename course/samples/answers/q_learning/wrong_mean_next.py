"""The mean over the next actions instead of the maximum."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    target = reward + (0 if terminated else gamma * q[next_state].mean())
    q[state, action] += alpha * (target - q[state, action])
    return q
