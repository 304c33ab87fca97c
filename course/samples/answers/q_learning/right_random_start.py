"""Begins with small random values, and learns in a loop over steps."""


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = 0.01 * rng.normal(size=(env.observation_space.n, env.action_space.n))
    finished = 0
    state = None
    while finished < episodes:
        if state is None:
            state, _ = env.reset()
        action = epsilon_greedy(q, state, epsilon, rng)
        after, reward, terminated, truncated, _ = env.step(action)
        q = q_update(q, state, action, reward, after, terminated, alpha, gamma)
        state = after
        if terminated or truncated:
            finished, state = finished + 1, None
    return q
