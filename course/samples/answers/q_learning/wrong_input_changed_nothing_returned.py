"""Changes the table it was given and returns nothing."""

LOSES = "q_update"


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    target = reward + (0 if terminated else gamma * q[next_state].max())
    q[state, action] += alpha * (target - q[state, action])
