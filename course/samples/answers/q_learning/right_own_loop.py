"""Everything in one loop, without the other steps; seeds the world from rng."""

import numpy as np


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    n_states, n_actions = env.observation_space.n, env.action_space.n
    q = np.zeros((n_states, n_actions))
    for episode in range(episodes):
        seed = int(rng.integers(2**31)) if episode == 0 else None
        state, info = env.reset(seed=seed)
        while True:
            if rng.uniform() < epsilon:
                action = int(rng.integers(n_actions))
            else:
                action = int(rng.choice(np.flatnonzero(np.isclose(q[state], q[state].max()))))
            after, reward, terminated, truncated, info = env.step(action)
            future = 0 if terminated else np.max(q[after])
            q[state, action] += alpha * (reward + gamma * future - q[state, action])
            if terminated or truncated:
                break
            state = after
    return q
