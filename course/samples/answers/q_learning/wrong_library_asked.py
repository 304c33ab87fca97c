"""Asks the library."""

import rl_lib

LOSES = "q_learning"


def q_learning(env, episodes, alpha, epsilon, gamma, rng):
    return rl_lib.q_learning(
        env, episodes=episodes, step_size=alpha, epsilon=epsilon, discount=gamma, rng=rng
    ).q
