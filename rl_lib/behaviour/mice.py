r"""Simulated mice in the labyrinth, for where the recordings are not at hand.

They are thirsty, or on their way home, or looking around. Thirst takes a mouse to the water and is
gone there; looking around, it keeps going and now and then turns back, so that where it came from
matters. Nothing in them was fitted to mice.
"""

from typing import NamedTuple

import numpy as np

from rl_lib._check import Ints, generator, whole
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.behaviour.recordings import LabyrinthData
from rl_lib.planning.solvers import value_iteration
from rl_lib.policies import boltzmann
from rl_lib.worlds.labyrinth import Labyrinth

INTENTIONS = ("water", "home", "explore")
_SHARPNESS = 12.0  # of the two policies with an aim
_TURNS = 0.1  # how often a mouse that looks around turns back where it could go on
_THIRST, _BACK = 0.02, 0.01  # a step, while looking around


class SimulatedMice(NamedTuple):
    """Walks as `load_labyrinth` gives them, and what was intended."""

    data: LabyrinthData
    intentions: Ints
    """0 for water, 1 for home, 2 for looking around, shape (N,)."""


def simulate_mice(n: int = 238, n_steps: int = 500, *, rng: np.random.Generator) -> SimulatedMice:
    """Let mice walk that are after water, then home, then nothing.

    At the water a mouse is no longer thirsty and looks around; looking around, it gets thirsty with
    probability .02 a step, and wants home with .01; at home it looks around again.

    Parameters
    ----------
    n, n_steps : int ≥ 1
        Windows and their length; default: as many as there are of real mice.
    rng : numpy.random.Generator

    Returns
    -------
    SimulatedMice
        In the encoding "swirl"; each window is a run of its own, every fifth is a test window.

    Examples
    --------
    >>> found = simulate_mice(10, 200, rng=np.random.default_rng(0))
    >>> found.data.demonstrations, found.data.source
    (Demonstrations(n_trajectories=10, n_steps=2000), 'simulated')
    """
    n, n_steps = whole("n", n, 1), whole("n_steps", n_steps, 1)
    rng = generator(rng)
    world = Labyrinth("swirl")
    aims = np.stack([_policy(world, aim) for aim in (world.water, world.home)])
    states, actions, following, intentions = np.zeros((4, n, n_steps), dtype=np.intp)
    here, before = np.zeros(n, dtype=np.intp), np.full(n, -1)
    intention = np.full(n, INTENTIONS.index("explore"))
    for t in range(n_steps):
        change, exploring = rng.random(n), intention == 2
        intention[exploring & (change < _THIRST)] = 0
        intention[exploring & (change > 1 - _BACK) & (here != world.home)] = 1
        arrived = np.array((world.water, world.home, -1))[intention] == here
        intention[arrived] = 2
        looking = _look_around(world, here, before)
        policy = np.where((intention == 2)[:, None], looking, aims[np.minimum(intention, 1), here])
        action = (policy.cumsum(axis=1)[:, :-1] <= rng.random((n, 1))).sum(axis=1)
        there = world.targets[here, action]
        states[:, t], actions[:, t], following[:, t] = here, action, there
        intentions[:, t] = intention
        here, before = there, here
    offsets = np.arange(n + 1) * n_steps
    walks = Demonstrations(
        states.ravel(), actions.ravel(), following.ravel(), offsets, np.zeros(n, dtype=bool)
    )
    number = np.arange(n)
    every = number % 5 == 0
    transitions = world.mdp.to_dense().transitions
    data = LabyrinthData(
        walks, transitions, number, number[~every], number[every], world.encoding, "simulated"
    )
    return SimulatedMice(data, intentions.ravel())


def _policy(world: Labyrinth, aim: int) -> np.ndarray:
    rewards = (world.targets == aim) * 1.0
    q = value_iteration(world.mdp.with_rewards(rewards)).q
    return boltzmann(q, 1 / _SHARPNESS)


def _look_around(world: Labyrinth, here: Ints, before: Ints) -> np.ndarray:
    """Any way but the one it came, mostly; home and the dead ends have to be left."""
    ways = world.possible[here]
    back = ways & (world.targets[here] == before[:, None])
    on = ways & ~back
    turning = np.where(on.any(axis=1), np.where(back.any(axis=1), _TURNS, 0.0), 1.0)[:, None]
    policy = turning * back + (1 - turning) * on / np.maximum(on.sum(axis=1, keepdims=True), 1)
    return policy / policy.sum(axis=1, keepdims=True)
