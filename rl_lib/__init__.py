"""Markov decision processes, reinforcement learning and its inverse: the library of the course."""

from rl_lib.agents import Agent, boltzmann_expert, lapsing, rat, soft_expert
from rl_lib.demonstrations import Demonstrations
from rl_lib.empirical import empirical_mdp
from rl_lib.inverse.iavi import Recovered, anchored_reward, iavi, state_reward
from rl_lib.inverse.iql import IQL, ciql, iql
from rl_lib.inverse.judging import (
    epic_distance,
    expected_value_difference,
    log_likelihood,
    reward_correlation,
    sum_zero_reward,
)
from rl_lib.inverse.maxent import MaxEnt, maxent_irl
from rl_lib.learning import Learned, by_visits, linear, q_learning, sarsa
from rl_lib.mdp import MDP
from rl_lib.occupancy import occupancy
from rl_lib.planning import (
    Solution,
    boltzmann,
    evaluate_policy,
    greedy,
    soft_value_iteration,
    value_iteration,
)
from rl_lib.plots import (
    plot_learning_curves,
    plot_objectworld,
    plot_policy,
    plot_q,
    plot_values,
    plot_world,
)
from rl_lib.worlds.env import MDPEnv
from rl_lib.worlds.gridworld import GridWorld, cliff, russell_norvig
from rl_lib.worlds.objectworld import Objectworld
from rl_lib.worlds.response_task import ResponseTask

__all__ = [
    "IQL",
    "MDP",
    "Agent",
    "Demonstrations",
    "GridWorld",
    "Learned",
    "MDPEnv",
    "MaxEnt",
    "Objectworld",
    "Recovered",
    "ResponseTask",
    "Solution",
    "anchored_reward",
    "boltzmann",
    "boltzmann_expert",
    "by_visits",
    "ciql",
    "cliff",
    "empirical_mdp",
    "epic_distance",
    "evaluate_policy",
    "expected_value_difference",
    "greedy",
    "iavi",
    "iql",
    "lapsing",
    "linear",
    "log_likelihood",
    "maxent_irl",
    "occupancy",
    "plot_learning_curves",
    "plot_objectworld",
    "plot_policy",
    "plot_q",
    "plot_values",
    "plot_world",
    "q_learning",
    "rat",
    "reward_correlation",
    "russell_norvig",
    "sarsa",
    "soft_expert",
    "soft_value_iteration",
    "state_reward",
    "sum_zero_reward",
    "value_iteration",
]
