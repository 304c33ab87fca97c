"""Episodes as a generator of steps."""

import numpy as np


def steps(env, choose):
    state, _ = env.reset()
    while True:
        action = choose(state)
        after, reward, terminated, truncated, _ = env.step(action)
        yield state, action, reward, after, terminated
        if terminated or truncated:
            return
        state = after


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    table = np.zeros((env.observation_space.n, env.action_space.n))

    def choose(state):
        return epsilon_greedy(table, state, epsilon, rng)

    for _ in range(episodes):
        for step in steps(env, choose):
            table = q_update(table, *step, alpha, gamma)
    return table
