"""Correct answers to the steps that others build on, by the names of those steps."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rl_lib import MDP


def _action_values(mdp: MDP, v: Any) -> Any:
    return mdp.rewards + mdp.discount * (mdp.transitions @ v)


def _epsilon_greedy(q: Any, state: int, epsilon: float, rng: np.random.Generator) -> int:
    if rng.random() < epsilon:
        return int(rng.integers(len(q[state])))
    return int(rng.choice(np.flatnonzero(q[state] == np.max(q[state]))))


def _q_update(
    q: Any,
    state: int,
    action: int,
    reward: float,
    next_state: int,
    terminated: bool,
    alpha: float,
    gamma: float,
) -> Any:
    q = np.array(q, dtype=np.float64)
    target = reward + (0.0 if terminated else gamma * q[next_state].max())
    q[state, action] += alpha * (target - q[state, action])
    return q


CORRECT: dict[str, Callable[..., Any]] = {
    "action_values": _action_values,
    "epsilon_greedy": _epsilon_greedy,
    "q_update": _q_update,
}
