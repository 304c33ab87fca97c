"""Markov decision processes, reinforcement learning and its inverse: the library of the course."""

from rl_lib.mdp import MDP
from rl_lib.planning import Solution, boltzmann, evaluate_policy, greedy, value_iteration
from rl_lib.worlds.env import MDPEnv
from rl_lib.worlds.gridworld import GridWorld, cliff, russell_norvig
from rl_lib.worlds.response_task import ResponseTask

__all__ = [
    "MDP",
    "GridWorld",
    "MDPEnv",
    "ResponseTask",
    "Solution",
    "boltzmann",
    "cliff",
    "evaluate_policy",
    "greedy",
    "russell_norvig",
    "value_iteration",
]
