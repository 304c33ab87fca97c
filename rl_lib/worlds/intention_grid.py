r"""A grid world with two intentions: an agent that sets out for a goal may give up and go home.

The simulated benchmark of Zhu et al. (2024). The agent starts in the corner (0, 0) and is after
the goal in the opposite one. On a barrier it may lose heart, and once more at a set time; from
then on it is after the corner where it began.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import (
    Array,
    Ints,
    distributions,
    finite_number,
    generator,
    number,
    read_only,
    whole,
)
from rl_lib._values import Value
from rl_lib.mdp import MDP

ACTIONS = ("stay", "up", "right", "down", "left")
INTENTIONS = ("goal", "abandon")
_STEPS = ((0, 0), (-1, 0), (0, 1), (1, 0), (0, -1))
_SIZE = 5
_BARRIERS = ((2, 0), (2, 1), (0, 2), (1, 2), (2, 2))  # column, row


class IntentionWalks(NamedTuple):
    """Simulated trajectories, and what was intended in each step."""

    steps: tuple[Ints, Ints, Ints, Ints, npt.NDArray[np.bool_]]
    """States, actions, next states (N,), offsets and endings: `Demonstrations(*steps)`."""
    intentions: Ints
    """0 for the goal, 1 for having abandoned it, shape (N,)."""


@dataclass(frozen=True, eq=False)
class IntentionGrid(Value):
    r"""The 5×5 grid, what pays under each intention, and when the intention switches.

    State 5 · row + column, rows from the top; actions stay, up, right, down, left; a move over the
    edge stays. A barrier can be walked on. Before each step, an agent that is after the goal gives
    it up with probability `barrier_switch` on a barrier, and with probability `late_switch` in step
    `late` (counted from 0), one apart from the other. It never takes up the goal again.

    An episode stops on entering either corner. The corner (0, 0), where it begins, has to be left
    before it can be entered.

    Parameters
    ----------
    noise : float in [0, 1]
        Probability that the action is replaced by a uniformly random one.
    barrier_switch, late_switch : float in [0, 1]
    late : int ≥ 0
    reward : float
        Paid on arriving at the corner that is intended, and again for each step that stays there.
    discount : float in [0, 1]
        γ.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.

    References
    ----------
    Zhu, H., De La Crompe, B., Kalweit, G., Schneider, A., Kalweit, M., Diester, I. & Boedecker, J.
    (2024). Multi-intention inverse Q-learning for interpretable behavior representation.
    Transactions on Machine Learning Research.

    Examples
    --------
    >>> world = IntentionGrid()
    >>> world.mdp
    MDP(n_states=25, n_actions=5, discount=0.9, dense)
    >>> world.switch_probability([0, 2, 0, 2], [0, 0, 8, 8])
    array([0.  , 0.3 , 0.5 , 0.65])
    """

    noise: float = 0.1
    barrier_switch: float = 0.3
    late_switch: float = 0.5
    late: int = 8
    reward: float = 1.0
    discount: float = 0.9

    def __post_init__(self) -> None:
        for name in ("noise", "barrier_switch", "late_switch", "discount"):
            number(name, getattr(self, name), 0, 1)
        whole("late", self.late, 0)
        finite_number("reward", self.reward)

    @property
    def action_names(self) -> tuple[str, ...]:
        """What the actions are called."""
        return ACTIONS

    @property
    def intention_names(self) -> tuple[str, ...]:
        """What the intentions are called."""
        return INTENTIONS

    @property
    def start(self) -> int:
        """The state in which an episode begins, and to which the agent returns."""
        return 0

    @property
    def goal(self) -> int:
        """The state that is the goal."""
        return _SIZE**2 - 1

    @cached_property
    def barriers(self) -> npt.NDArray[np.bool_]:
        """Whether there is a barrier on each cell, shape (S,)."""
        mask = np.zeros((_SIZE, _SIZE), dtype=bool)
        for column, row in _BARRIERS:
            mask[row, column] = True
        return read_only(mask.ravel())

    @cached_property
    def mdp(self) -> MDP:
        """The dynamics, and the rewards of the goal; no state of the model is an exit.

        So values count what staying in a corner would go on to pay, although recordings stop there.
        """
        row, column = np.divmod(np.arange(_SIZE**2), _SIZE)
        moved = np.zeros((_SIZE**2, len(_STEPS), _SIZE**2))
        for action, (down, right) in enumerate(_STEPS):
            to_row = np.clip(row + down, 0, _SIZE - 1)
            to_column = np.clip(column + right, 0, _SIZE - 1)
            moved[np.arange(len(row)), action, to_row * _SIZE + to_column] = 1
        p = (1 - self.noise) * moved + self.noise * moved.mean(axis=1, keepdims=True)
        return MDP(p, self.reward * p[:, :, self.goal], self.discount, start=self.start)

    @cached_property
    def rewards(self) -> Array:
        """Expected rewards under the intentions "goal" and "abandon", shape (2, S, A)."""
        corners = self.mdp.transitions[:, :, [self.goal, self.start]]
        return read_only(self.reward * np.moveaxis(corners, -1, 0))

    def switch_probability(self, states: npt.ArrayLike, times: npt.ArrayLike) -> Array:
        """Probability of giving up the goal before the step taken in a state at a time.

        Parameters
        ----------
        states, times : int array (N,)
            Times count the steps of an episode from 0.

        Returns
        -------
        array (N,)
        """
        by_barrier = self.barrier_switch * self.barriers[np.asarray(states)]
        by_time = self.late_switch * (np.asarray(times) == self.late)
        return 1 - (1 - by_barrier) * (1 - by_time)

    def simulate(
        self,
        n: int,
        policies: npt.ArrayLike,
        *,
        max_steps: int = 100,
        rng: np.random.Generator,
    ) -> IntentionWalks:
        """Let agents walk that act by one policy for each intention.

        Parameters
        ----------
        n : int ≥ 1
            Trajectories; the paper has 1 024.
        policies : array (2, S, A)
            π(a|s) under "goal" and "abandon"; rows sum to 1.
        max_steps : int ≥ 1
            A trajectory this long stops.
        rng : numpy.random.Generator

        Returns
        -------
        IntentionWalks
            The action recorded is the one chosen, not the random one that may replace it. No
            trajectory is marked as ended: the model has no exits, and the recording stops on
            arrival, which is the last next state.

        Examples
        --------
        Greedy experts, as in the paper:

        >>> from rl_lib import Demonstrations, value_iteration
        >>> world = IntentionGrid()
        >>> experts = [value_iteration(world.mdp.with_rewards(r)).policy for r in world.rewards]
        >>> walks = world.simulate(1_024, experts, rng=np.random.default_rng(0))
        >>> Demonstrations(*walks.steps).n_trajectories
        1024
        """
        n, max_steps = whole("n", n, 1), whole("max_steps", max_steps, 1)
        mdp, rng = self.mdp, generator(rng)
        shape = (len(INTENTIONS), mdp.n_states, mdp.n_actions)
        choosing = np.cumsum(distributions("policies", policies, shape), axis=-1)
        leading = np.cumsum(mdp.transitions, axis=-1)
        state, intention = np.full(n, self.start), np.zeros(n, dtype=np.intp)
        who, parts = np.arange(n), []  # the trajectories that still go on, and their steps
        for time in range(max_steps):
            here = state[who]
            gives_up = rng.random(len(who)) < self.switch_probability(here, time)
            intention[who] |= gives_up
            action = _draw(choosing[intention[who], here], rng)
            there = _draw(leading[here, action], rng)
            parts.append((who, here, action, there, intention[who]))
            state[who] = there
            arrived = (there == self.goal) | ((there == self.start) & (here != self.start))
            who = who[~arrived]
            if not len(who):
                break
        owner, states, actions, next_states, intentions = map(
            np.concatenate, zip(*parts, strict=True)
        )
        order = np.argsort(owner, kind="stable")
        offsets = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=n))))
        ended = np.zeros(n, dtype=bool)
        steps = states[order], actions[order], next_states[order], offsets, ended
        return IntentionWalks(steps, intentions[order])


def _draw(cumulative: Array, rng: np.random.Generator) -> Ints:
    """One outcome for each row of cumulative probabilities (N, M)."""
    draw = rng.random(len(cumulative))[:, None] * cumulative[:, -1:]
    return (cumulative <= draw).sum(axis=1)
