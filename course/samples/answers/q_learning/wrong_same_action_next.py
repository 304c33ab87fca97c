"""Looks up the same action in the next state, not the best one."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = q.copy()
    target = reward + (0 if terminated else gamma * q[next_state, action])
    q[state, action] += alpha * (target - q[state, action])
    return q
