"""Counts steps where it should count episodes."""

import numpy as np

LOSES = "q_learning"


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.zeros((env.observation_space.n, env.action_space.n))
    state, _ = env.reset()
    for _ in range(episodes):
        action = epsilon_greedy(q, state, epsilon, rng)
        after, reward, terminated, truncated, _ = env.step(action)
        q = q_update(q, state, action, reward, after, terminated, alpha, gamma)
        state = env.reset()[0] if terminated or truncated else after
    return q
