"""An endless loop with a break."""

import numpy as np


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    q = np.zeros([env.observation_space.n, env.action_space.n])
    for _ in range(episodes):
        s = env.reset()[0]
        while True:
            a = epsilon_greedy(q, s, epsilon, rng)
            s2, r, terminated, truncated, _ = env.step(a)
            q = q_update(q, s, a, r, s2, terminated, alpha, gamma)
            if terminated or truncated:
                break
            s = s2
    return q
