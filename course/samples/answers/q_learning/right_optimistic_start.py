"""Begins with high values everywhere."""

import numpy as np


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.full((env.observation_space.n, env.action_space.n), 1.0)
    for _ in range(episodes):
        state, _ = env.reset()
        terminated = truncated = False
        while not (terminated or truncated):
            action = epsilon_greedy(q, state, epsilon, rng)
            last = state
            state, reward, terminated, truncated, _ = env.step(action)
            q = q_update(q, last, action, reward, state, terminated, alpha, gamma)
    return q
