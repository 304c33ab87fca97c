"""Adds the value of the next state after the end, too."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    q[state, action] += alpha * (reward + gamma * q[next_state].max() - q[state, action])
    return q
