"""Rows that are one list under many names."""

LOSES = "q_learning"


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = [[0.0] * env.action_space.n] * env.observation_space.n
    for _ in range(episodes):
        state, _ = env.reset()
        over = False
        while not over:
            if rng.random() < epsilon:
                action = int(rng.integers(len(q[state])))
            else:
                action = q[state].index(max(q[state]))
            after, reward, terminated, truncated, _ = env.step(action)
            follows = 0.0 if terminated else gamma * max(q[after])
            q[state][action] += alpha * (reward + follows - q[state][action])
            state, over = after, terminated or truncated
    return q
