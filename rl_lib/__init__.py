"""Markov decision processes, reinforcement learning and its inverse: the library of the course."""

from rl_lib.learning import Learned, by_visits, linear, q_learning, sarsa
from rl_lib.mdp import MDP
from rl_lib.planning import Solution, boltzmann, evaluate_policy, greedy, value_iteration
from rl_lib.plots import (
    plot_learning_curves,
    plot_policy,
    plot_q,
    plot_values,
    plot_world,
)
from rl_lib.worlds.env import MDPEnv
from rl_lib.worlds.gridworld import GridWorld, cliff, russell_norvig
from rl_lib.worlds.response_task import ResponseTask

__all__ = [
    "MDP",
    "GridWorld",
    "Learned",
    "MDPEnv",
    "ResponseTask",
    "Solution",
    "boltzmann",
    "by_visits",
    "cliff",
    "evaluate_policy",
    "greedy",
    "linear",
    "plot_learning_curves",
    "plot_policy",
    "plot_q",
    "plot_values",
    "plot_world",
    "q_learning",
    "russell_norvig",
    "sarsa",
    "value_iteration",
]
