"""The soft Bellman equation: its fixed point by Newton's method, its recursion to a horizon."""

from typing import Any

import numpy as np

from rl_lib._check import Array
from rl_lib.mdp import MDP
from rl_lib.planning._evaluation import policy_matrix, solve_linear


def soft_maximum(q: Array, temperature: float, terminal: Any) -> tuple[Array, Array]:
    """T log Σ_a exp(q / T), 0 in terminal states, and the policy that attains it."""
    top = q.max(axis=1)
    weights = np.exp((q - top[:, None]) / temperature)
    total = weights.sum(axis=1)
    return np.where(terminal, 0.0, top + temperature * np.log(total)), weights / total[:, None]


def fixed_point(
    mdp: MDP,
    rewards: Array,
    terminal: Any,
    v: Array,
    temperature: float,
    target: float,
    max_iter: int,
) -> tuple[Array, Array, Array, Array, int]:
    """Newton's method from `v` until the residual is at most `target`, or rounding is in the way.

    Returns v, q, the policy, T v and the iterations.
    """
    matrix, gamma = mdp.transition_matrix, mdp.discount
    sweeps, before = 0, np.inf
    while True:
        q = rewards + gamma * (matrix @ v).reshape(rewards.shape)
        backup, policy = soft_maximum(q, temperature, terminal)
        residual = float(np.abs(backup - v).max())
        stuck = residual <= 1e-13 * np.abs(q).max() and residual > before / 2  # by rounding
        if residual <= target or stuck or sweeps == max_iter or not residual < np.inf:
            return v, q, policy, backup, sweeps
        step, _ = solve_linear(policy_matrix(mdp, policy), backup - v, gamma, 0.01 * residual)
        v, before = v + step, residual
        sweeps += 1


def backward(
    mdp: MDP, rewards: Array, terminal: Any, horizon: int, temperature: float = 1.0
) -> tuple[Array, Array, Array]:
    """Soft values, action values and the policy of every step, (horizon, …)."""
    matrix, gamma = mdp.transition_matrix, mdp.discount
    v, q = np.zeros((horizon, mdp.n_states)), np.empty((horizon, *rewards.shape))
    policy = np.empty_like(q)
    q[-1] = rewards
    for time in reversed(range(horizon)):
        v[time], policy[time] = soft_maximum(q[time], temperature, terminal)
        if time:
            q[time - 1] = rewards + gamma * (matrix @ v[time]).reshape(rewards.shape)
    return v, q, policy
