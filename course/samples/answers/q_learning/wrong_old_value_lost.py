"""(1 − α) is forgotten."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    q[state, action] = alpha * (reward + (0 if terminated else gamma * q[next_state].max()))
    return q
