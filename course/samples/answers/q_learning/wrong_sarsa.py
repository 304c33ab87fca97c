"""Learns from the action taken next, not from the best one."""

import numpy as np

LOSES = "q_learning"


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, _ = env.reset()
        action = epsilon_greedy(q, state, epsilon, rng)
        done = False
        while not done:
            after, reward, terminated, truncated, _ = env.step(action)
            following = epsilon_greedy(q, after, epsilon, rng)
            target = reward + (0 if terminated else gamma * q[after, following])
            q[state, action] += alpha * (target - q[state, action])
            state, action = after, following
            done = terminated or truncated
    return q
