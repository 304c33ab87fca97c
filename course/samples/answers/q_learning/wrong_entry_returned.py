"""Returns the new entry instead of the table."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    target = reward + (0 if terminated else gamma * q[next_state].max())
    return q[state, action] + alpha * (target - q[state, action])
