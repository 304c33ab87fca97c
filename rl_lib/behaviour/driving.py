"""Driving on the highway and writing it down, in as many processes as there are cores."""

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints, number, whole

Floats = npt.NDArray[np.float32]
Truths = npt.NDArray[np.bool_]
VIOLATIONS = ("", "gap", "keep right")


class Driver(Protocol):
    """Whoever chooses the lane."""

    def act(self, observation: Floats, safe: Truths) -> int:
        """An action, for 20 features and which of the three actions are safe."""
        ...


class Drives(NamedTuple):
    """n decisions, one after the other; a row for each."""

    observations: Floats
    """What the driver saw, shape (n, 20)."""
    safe: Truths
    """Which actions were safe then, shape (n, 3)."""
    actions: Ints
    rewards: Array
    next_observations: Floats
    """What it saw a second later, shape (n, 20)."""
    next_safe: Truths
    """Which actions were safe then, shape (n, 3)."""
    speeds: Array
    """At the end of that second, in metres per second."""
    violations: Ints
    """Place in `VIOLATIONS`; 0 is none."""
    collisions: Truths
    first: Truths
    """Whether an episode begins here."""

    @property
    def mean_speed(self) -> float:
        """Metres per second."""
        return float(self.speeds.mean())

    @property
    def n_violations(self) -> int:
        """How many actions were not safe."""
        return int((self.violations > 0).sum())

    @property
    def n_collisions(self) -> int:
        """How often another car was touched."""
        return int(self.collisions.sum())


class NetworkDriver(NamedTuple):
    """A network of rectified linear layers that gives each action a value; the best safe one wins.

    Examples
    --------
    >>> bias = np.array([0.0, 2.0, 1.0], dtype=np.float32)
    >>> driver = NetworkDriver(((np.zeros((20, 3), dtype=np.float32), bias),))
    >>> driver.act(np.zeros(20, dtype=np.float32), np.array([True, False, True]))
    2
    """

    layers: tuple[tuple[Floats, Floats], ...]
    """Weights (inputs, outputs) and biases (outputs,) of each layer."""

    def q(self, observations: npt.ArrayLike) -> Floats:
        """Values of the actions, shape (…, 3)."""
        x = np.asarray(observations, dtype=np.float32)
        for weights, biases in self.layers[:-1]:
            x = np.maximum(x @ weights + biases, 0)
        weights, biases = self.layers[-1]
        return x @ weights + biases

    def act(self, observation: Floats, safe: Truths) -> int:
        """The best action among those that are safe."""
        if not np.any(safe):
            raise ValueError(f"safe is {safe}; at least one action must be safe")
        return int(np.where(safe, self.q(observation), -np.inf).argmax())


class RandomDriver:
    """One of the safe actions, each as likely as the others."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)

    def act(self, observation: Floats, safe: Truths) -> int:
        """Any safe action."""
        return int(self._rng.choice(np.flatnonzero(safe)))


def drive(
    driver: Driver,
    n: int,
    *,
    env: Any,
    seed: int,
    masked: bool = True,
    epsilon: float = 0.0,
) -> Drives:
    """Drive for n seconds.

    Parameters
    ----------
    driver : object with ``act(observation, safe)``
    n : int
        Decisions, at least 1; episode follows episode.
    env : Highway
    seed : int
        Of the traffic, and of the exploration.
    masked : bool
        Whether the driver is told which actions are safe; if not, all are said to be.
    epsilon : float
        Probability with which an action is drawn at random from the three.

    Returns
    -------
    Drives
    """
    n, epsilon = whole("n", n, 1), number("epsilon", epsilon, 0, 1)
    rng = np.random.default_rng([whole("seed", seed, 0), 1])
    told = Drives(
        np.empty((n, 20), dtype=np.float32), np.empty((n, 3), dtype=bool),
        np.empty(n, dtype=np.intp), np.empty(n), np.empty((n, 20), dtype=np.float32),
        np.empty((n, 3), dtype=bool), np.empty(n), np.empty(n, dtype=np.intp),
        np.empty(n, dtype=bool), np.zeros(n, dtype=bool),
    )  # fmt: skip
    every, over = np.ones(3, dtype=bool), True
    random, drawn = rng.random(n), rng.integers(3, size=n)
    for t in range(n):
        if over:
            observation, info = env.reset(seed=seed if t == 0 else None)
            told.first[t] = True
        safe = info["safe"]
        if random[t] < epsilon:
            action = int(drawn[t])
        else:
            action = driver.act(observation, safe if masked else every)
        told.observations[t], told.safe[t], told.actions[t] = observation, safe, action
        observation, told.rewards[t], _, over, info = env.step(action)
        told.next_observations[t], told.next_safe[t] = observation, info["safe"]
        told.speeds[t], told.collisions[t] = info["speed"], info["collision"]
        told.violations[t] = VIOLATIONS.index(info["violation"])
    return told


class Fleet:
    """Processes with a highway each, for as long as the ``with`` block lasts.

    Parameters
    ----------
    processes : int
    **options
        Of each `Highway`.
    """

    def __init__(self, processes: int = 2, **options: Any) -> None:
        self._pool = ProcessPoolExecutor(
            whole("processes", processes, 1),
            multiprocessing.get_context("spawn"),
            initializer=_open,
            initargs=(options,),
        )

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def drive(self, driver: Driver, n: int, seeds: Sequence[int], **options: Any) -> list[Drives]:
        """`drive` with each of the seeds, at the same time where there are processes enough.

        Raises
        ------
        RuntimeError
            If a process died.
        """
        jobs = [self._pool.submit(_drive, driver, n, seed, options) for seed in seeds]
        return [job.result() for job in jobs]


_environments: list[Any] = []


def _open(options: dict[str, Any]) -> None:
    from rl_lib.worlds.highway import Highway

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _environments.append(Highway(**options))


def _leave_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _drive(driver: Driver, n: int, seed: int, options: dict[str, Any]) -> Drives:
    return drive(driver, n, env=_environments[0], seed=seed, **options)
