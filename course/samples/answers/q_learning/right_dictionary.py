"""A dictionary of rows."""

import numpy as np


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    n_states, n_actions = env.observation_space.n, env.action_space.n
    rows = {s: np.zeros(n_actions) for s in range(n_states)}
    for _ in range(episodes):
        (s, _), over = env.reset(), False
        while not over:
            best = np.flatnonzero(rows[s] == rows[s].max())
            a = int(rng.integers(n_actions) if rng.random() < epsilon else rng.choice(best))
            after, r, terminated, truncated, _ = env.step(a)
            target = r if terminated else r + gamma * rows[after].max()
            rows[s][a] += alpha * (target - rows[s][a])
            s, over = after, terminated or truncated
    return np.array([rows[s] for s in range(n_states)])
