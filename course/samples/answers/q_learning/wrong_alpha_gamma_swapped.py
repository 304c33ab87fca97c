"""α and γ have changed places."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    target = reward + (0 if terminated else alpha * q[next_state].max())
    q[state, action] += gamma * (target - q[state, action])
    return q
