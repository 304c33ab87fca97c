r"""Deep inverse Q-learning, without and with constraints: the whole training compiled.

A classifier π̃ of the demonstrated action, and networks for r, Q and Q^Sh (and Q^C and its own
Q^Sh), move towards the targets of `rl_lib.deep.targets`. These are computed from copies that
follow slowly, θ' ← (1 − τ) θ' + τ θ (Kalweit et al. 2020). Demonstrations are held where the
networks are; minibatches are drawn from them.

The published update changes r and Q at the action taken alone. Here all actions have a target by
default, which for r is the published equation read for each action, and for Q is r' + Q^Sh'. The
architecture and all numbers below are ours: those of the paper are not published.

This module needs jax and optax. They are imported when a network is first trained.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from rl_lib._check import shown
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.deep._training import Training, train
from rl_lib.deep.networks import DeepIQL
from rl_lib.deep.transitions import Transitions


def diql(
    transitions: Transitions | Demonstrations,
    n_actions: int,
    discount: float,
    *,
    features: npt.ArrayLike | None = None,
    update: Literal["all", "taken"] = "all",
    n_steps: int = 4000,
    hidden: tuple[int, ...] = (64, 64),
    batch: int = 64,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.01,
    tau: float = 0.01,
    held_out: float = 0.0,
    patience: int = 5,
    n_seeds: int = 1,
    progress: bool = False,
    rng: np.random.Generator,
) -> list[DeepIQL]:
    """Deep inverse Q-learning.

    Parameters
    ----------
    transitions : Transitions or Demonstrations
    n_actions : int ≥ 2
    discount : float in [0, 1]
    features : array (S, F), optional
        Of each state of the demonstrations; default: their observations.
    update : {"all", "taken"}
        Whether r and Q have targets for all actions, or, as published, for the one taken.
    n_steps : int ≥ 1
        Minibatches at most.
    hidden : tuple of int ≥ 1
        Units in each hidden layer; with `()` the networks are linear.
    batch : int ≥ 1
    learning_rate, weight_decay : float
        Of Adam with decoupled weight decay and a cosine schedule.
    tau : float in (0, 1]
        How fast the copies follow.
    held_out : float in [0, 1)
        Share of the transitions that say when to stop; 0 for none.
    patience : int ≥ 1
        Twentieths of the training without a better likelihood of what is held out, after which
        it ends. What is returned are the networks at the best.
    n_seeds : int ≥ 1
        Networks that are trained side by side from other starts and minibatches.
    progress : bool
        Whether a bar is shown.
    rng : numpy.random.Generator

    Returns
    -------
    list of DeepIQL
        One for each seed.

    Raises
    ------
    ModuleNotFoundError
        If jax is not installed: pip install "inverse-q-learning[deep]".
    ValueError
        If an action is outside 0 … n_actions − 1 or was never demonstrated, for then nothing says
        what it is worth.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. Advances in Neural Information Processing Systems 33.

    Examples
    --------
    >>> steps = Transitions(np.eye(2)[[0, 1]], [0, 1], np.eye(2)[[1, 0]], [False, False])
    >>> (found,) = diql(steps, 2, 0.5, n_steps=40, hidden=(), rng=np.random.default_rng(0))
    >>> found.policy(np.eye(2)).shape
    (2, 2)
    """
    training = Training(
        update, n_steps, hidden, batch, learning_rate, weight_decay, tau, held_out, patience,
        n_seeds, progress,
    )  # fmt: skip
    return train(_steps(transitions, features), None, n_actions, discount, training, rng)


def dciql(
    transitions: Transitions | Demonstrations,
    next_safe: npt.ArrayLike,
    n_actions: int,
    discount: float,
    *,
    features: npt.ArrayLike | None = None,
    update: Literal["all", "taken"] = "all",
    n_steps: int = 4000,
    hidden: tuple[int, ...] = (64, 64),
    batch: int = 64,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.01,
    tau: float = 0.01,
    held_out: float = 0.0,
    patience: int = 5,
    n_seeds: int = 1,
    progress: bool = False,
    rng: np.random.Generator,
) -> list[DeepIQL]:
    """Deep constrained inverse Q-learning: `diql`, and Q^C, whose maximum is over safe actions.

    Parameters
    ----------
    next_safe : boolean array (N, n_actions)
        Which actions are safe in the next state of each transition. Not looked at where the
        episode has ended. With demonstrations, those that are safe in each state, (S, n_actions).

    Raises
    ------
    ValueError
        As `diql`; and if no action is safe after a transition, naming its row.

    Notes
    -----
    The other arguments are those of `diql`. Act with `DeepIQL.act(observation, safe)`.
    """
    safe, steps = np.asarray(next_safe), _steps(transitions, features)
    if isinstance(transitions, Demonstrations):
        following = transitions.next_states[transitions.known]
        if safe.ndim != 2 or len(safe) <= following.max(initial=0):
            raise ValueError(
                f"next_safe has shape {safe.shape}; it must have a row for each state, and there "
                f"is a state {following.max()}"
            )
        safe = safe[following]
    shape = (len(steps.actions), n_actions)
    if safe.shape != shape or safe.dtype != bool:
        raise ValueError(
            f"next_safe has shape {safe.shape} and type {safe.dtype}; it must be boolean and of "
            f"shape {shape}"
        )
    empty = np.flatnonzero(~safe.any(axis=1) & ~steps.terminated)
    if len(empty):
        where = f"after transition {empty[0]}"
        if isinstance(transitions, Demonstrations):
            where = f"in state {following[empty[0]]}"
        raise ValueError(f"next_safe has no action {where}; at least one must be safe")
    safe = safe | steps.terminated[:, None]
    training = Training(
        update, n_steps, hidden, batch, learning_rate, weight_decay, tau, held_out, patience,
        n_seeds, progress,
    )  # fmt: skip
    return train(steps, safe, n_actions, discount, training, rng)


def _steps(given: Transitions | Demonstrations, features: npt.ArrayLike | None) -> Transitions:
    if isinstance(given, Demonstrations):
        return Transitions.of(given, features)
    if not isinstance(given, Transitions):
        raise TypeError(
            f"transitions is {shown(given)}; it must be a Transitions or a Demonstrations"
        )
    if features is not None:
        raise ValueError("features is given, but transitions has its own; it must be None")
    return given
