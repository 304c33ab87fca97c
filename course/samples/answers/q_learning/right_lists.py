"""Plain lists of lists."""


def epsilon_greedy(q, state, epsilon, rng):
    row = list(q[state])
    actions = range(len(row))
    if rng.random() >= epsilon:
        actions = [a for a in actions if row[a] == max(row)]
    return actions[int(rng.integers(len(actions)))]


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    table = [list(row) for row in q]
    future = 0.0 if terminated else max(table[next_state])
    table[state][action] += alpha * (reward + gamma * future - table[state][action])
    return table


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = [[0.0] * int(env.action_space.n) for _ in range(int(env.observation_space.n))]
    while episodes > 0:
        state = env.reset()[0]
        over = False
        while not over:
            action = epsilon_greedy(q, state, epsilon, rng)
            step = env.step(action)
            q = q_update(q, state, action, step[1], step[0], step[2], alpha, gamma)
            state, over = step[0], step[2] or step[3]
        episodes -= 1
    return q
