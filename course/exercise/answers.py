"""Correct answers to the steps that others build on, by the names of those steps."""

import inspect
import sys
from collections.abc import Callable, Iterable
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
    q = np.array(q)  # a table of whole numbers stays one
    target = reward + (0.0 if terminated else gamma * q[next_state].max())
    q[state, action] += alpha * (target - q[state, action])
    return q


def _soft_backup(mdp: MDP, v: Any) -> Any:
    soft = np.logaddexp.reduce(_action_values(mdp, v), axis=1)
    return np.where(mdp.terminal, 0.0, soft)


def _soft_policies(mdp: MDP, horizon: int) -> Any:
    v, policies = np.zeros(mdp.n_states), []
    for _ in range(horizon):
        q = _action_values(mdp, v)
        policies.append(np.exp(q - np.logaddexp.reduce(q, axis=1, keepdims=True)))
        v = _soft_backup(mdp, v)
    return np.array(policies[::-1])


def _visits(mdp: MDP, policies: Any) -> Any:
    state, total = mdp.start, np.zeros(mdp.rewards.shape)
    for policy in policies:
        taken = np.where(mdp.terminal, 0.0, state)[:, None] * policy
        total += taken
        state = mdp.discount * np.einsum("sa,sat->t", taken, mdp.transitions)
    return total


def _eta(policy: Any, q_shifted: Any) -> Any:
    return np.log(policy) - q_shifted


def _closed_form_reward(eta: Any) -> Any:
    return eta - np.mean(eta, axis=1, keepdims=True)


CORRECT: dict[str, Callable[..., Any]] = {
    "action_values": _action_values,
    "epsilon_greedy": _epsilon_greedy,
    "q_update": _q_update,
    "soft_backup": _soft_backup,
    "soft_policies": _soft_policies,
    "visits": _visits,
    "eta": _eta,
    "closed_form_reward": _closed_form_reward,
}


def source_of(names: Iterable[str]) -> str:
    """Source of these answers and of what they call, and of nothing else.

    Parameters
    ----------
    names : names in `CORRECT`

    Returns
    -------
    str
        Python that can be run alone.
    """
    module = sys.modules[__name__]
    wanted = [CORRECT[name].__name__ for name in names]
    for name in wanted:  # grows on the way
        called = getattr(module, name).__code__.co_names
        wanted += [
            c for c in called if c.startswith("_") and hasattr(module, c) and c not in wanted
        ]
    head = "from typing import Any\nimport numpy as np\nfrom rl_lib import MDP\n"
    return head + "\n\n".join(inspect.getsource(getattr(module, name)) for name in wanted)
