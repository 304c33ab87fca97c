"""A thousand episodes, whatever was asked for."""

import numpy as np

LOSES = "q_learning"


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(1000):
        state, _ = env.reset()
        done = False
        while not done:
            action = epsilon_greedy(q, state, epsilon, rng)
            after, reward, terminated, truncated, _ = env.step(action)
            q = q_update(q, state, action, reward, after, terminated, alpha, gamma)
            state = after
            done = terminated or truncated
    return q
