"""Writes into the row of the next state."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    target = reward + (0 if terminated else gamma * q[next_state].max())
    q[next_state, action] += alpha * (target - q[next_state, action])
    return q
