"""The algorithm of the slides, line by line."""

import numpy as np


def epsilon_greedy(q, state, epsilon, rng):
    n_actions = q.shape[1]
    if rng.random() < epsilon:
        return rng.integers(n_actions)
    best = [a for a in range(n_actions) if q[state, a] == max(q[state])]
    return rng.choice(best)


def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    new = q.copy()
    if terminated:
        target = reward
    else:
        target = reward + gamma * np.max(q[next_state])
    new[state, action] = q[state, action] + alpha * (target - q[state, action])
    return new


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        s, _ = env.reset()
        done = False
        while not done:
            a = epsilon_greedy(q, s, epsilon, rng)
            s2, r, terminated, truncated, _ = env.step(a)
            q = q_update(q, s, a, r, s2, terminated, alpha, gamma)
            s = s2
            done = terminated or truncated
    return q
