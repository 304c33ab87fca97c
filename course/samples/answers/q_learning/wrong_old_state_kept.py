"""Goes on from where the last episode ended."""

import numpy as np

LOSES = "q_learning"


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.zeros((env.observation_space.n, env.action_space.n))
    state = 0
    for _ in range(episodes):
        env.reset()
        done = False
        while not done:
            action = epsilon_greedy(q, state, epsilon, rng)
            after, reward, terminated, truncated, _ = env.step(action)
            q = q_update(q, state, action, reward, after, terminated, alpha, gamma)
            state = after
            done = terminated or truncated
    return q
