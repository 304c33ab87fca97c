r"""A two-armed bandit whose better arm reverses, and simulated mice that play it.

Recordings of mice in this task are not public, so **everything here is simulated**: the sessions
are made by three policies that are known, and a known chain that switches among them. The task and
the state, the last three choices and outcomes, are those of Zhu et al. (2024); the probabilities of
reward, the policies and the chain are ours.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints, distributions, generator, number, read_only, shown, whole
from rl_lib._values import Value

ACTIONS = ("left", "right")
INTENTIONS = ("exploit", "explore", "disengage")
_MEMORY = 3
_PAIRS = 4  # action and outcome of a trial
_CHAIN = ((0.97, 0.02, 0.01), (0.05, 0.94, 0.01), (0.01, 0.02, 0.97))


class BanditSessions(NamedTuple):
    """Simulated sessions, and what an observer would not see."""

    steps: tuple[Ints, Ints, Ints, Ints, npt.NDArray[np.bool_]]
    """States, actions, next states (N,), offsets and endings: `Demonstrations(*steps)`."""
    intentions: Ints
    """Which policy made each choice, shape (N,)."""
    correct: npt.NDArray[np.bool_]
    """Whether each choice was the better arm, shape (N,)."""


@dataclass(frozen=True, eq=False)
class ReversalBandit(Value):
    r"""The task, and simulated mice that exploit, explore and disengage.

    The better arm pays with probability `better`, the other with `worse`. They change places once a
    block has at least `least` trials and the share of choices of the better arm in its last
    `window` trials is at least `criterion`.

    A state is what a mouse remembers: the last three trials, each one of four pairs
    2 · action + outcome, as a number in base 4 with the latest trial as its last digit.

    Parameters
    ----------
    better, worse : float in [0, 1]
        Probabilities of a reward; `worse` is at most `better`.
    criterion : float in [0, 1]
    window, least : int ≥ 1
        Trials; `window` is at most `least`, so that a window lies within a block.
    transition : array (3, 3)
        Probabilities of the next trial's intention given this one's. The first trial's is uniform.

    Raises
    ------
    ValueError, TypeError
        Naming the parameter.

    References
    ----------
    Zhu, H., De La Crompe, B., Kalweit, G., Schneider, A., Kalweit, M., Diester, I. & Boedecker, J.
    (2024). Multi-intention inverse Q-learning for interpretable behavior representation.
    Transactions on Machine Learning Research.

    Examples
    --------
    >>> task = ReversalBandit()
    >>> task.n_states, task.decode(task.next_state(0, action=1, outcome=1)).tolist()
    (64, [[0, 0], [0, 0], [1, 1]])
    """

    better: float = 0.75
    worse: float = 0.25
    criterion: float = 0.75
    window: int = 15
    least: int = 20
    transition: Array = _CHAIN  # type: ignore[assignment]  # made an array below

    def __post_init__(self) -> None:
        for name in ("better", "worse", "criterion"):
            number(name, getattr(self, name), 0, 1)
        if self.worse > self.better:
            raise ValueError(f"worse is {self.worse:g}; it must be at most better, {self.better:g}")
        whole("window", self.window, 1)
        if whole("least", self.least, 1) < self.window:
            raise ValueError(f"least is {self.least}; it must be at least window, {self.window}")
        k = len(INTENTIONS)
        chain = distributions("transition", self.transition, (k, k)).copy()
        object.__setattr__(self, "transition", read_only(chain))

    @property
    def n_states(self) -> int:
        """S = 4³."""
        return _PAIRS**_MEMORY

    @property
    def n_actions(self) -> int:
        """A = 2."""
        return len(ACTIONS)

    @property
    def action_names(self) -> tuple[str, ...]:
        """What the actions are called."""
        return ACTIONS

    @property
    def intention_names(self) -> tuple[str, ...]:
        """What the intentions are called."""
        return INTENTIONS

    def encode(self, trials: npt.ArrayLike) -> Ints:
        """The state of a mouse that remembers these trials.

        Parameters
        ----------
        trials : int array (…, 3, 2)
            Action and outcome (1 for a reward, else 0) of three trials, the latest last.

        Returns
        -------
        int array (…)

        Examples
        --------
        >>> int(ReversalBandit().encode([[0, 0], [0, 1], [1, 0]]))
        6
        """
        trials = np.asarray(trials)
        if trials.shape[-2:] != (_MEMORY, 2) or not np.isin(trials, (0, 1)).all():
            raise ValueError(
                f"trials is {shown(trials)}; it must have shape (…, {_MEMORY}, 2) and hold 0 and 1"
            )
        pairs = 2 * trials[..., 0] + trials[..., 1]
        return (pairs @ _PAIRS ** np.arange(_MEMORY)[::-1]).astype(np.intp)

    def decode(self, states: npt.ArrayLike) -> Ints:
        """Action and outcome of the last three trials in each state, (…) to (…, 3, 2)."""
        states = np.asarray(states)
        if states.dtype.kind not in "iu" or ((states < 0) | (states >= self.n_states)).any():
            raise ValueError(
                f"states is {shown(states)}; it must hold whole numbers in "
                f"{{0, …, {self.n_states - 1}}}"
            )
        pairs = states[..., None] // _PAIRS ** np.arange(_MEMORY)[::-1] % _PAIRS
        return np.stack(np.divmod(pairs, 2), axis=-1).astype(np.intp)

    def next_state(self, state: int, action: int, outcome: int) -> int:
        """The state after a trial: it is remembered, and the oldest is forgotten."""
        state = whole("state", state, 0, self.n_states - 1)
        action, outcome = whole("action", action, 0, 1), whole("outcome", outcome, 0, 1)
        return _after(state, action, outcome)

    @cached_property
    def policies(self) -> Array:
        r"""π(a|s) of the three intentions, shape (3, S, 2).

        The evidence for the right arm adds up 1 for a reward and −0.6 for none, with the sign of
        the arm and weights 1, 0.5 and 0.25 for the latest trial and those before. To exploit is to
        choose right with log-odds 4 times the evidence; to explore, 0.8 times it less 1.2 for each
        of the last two choices that were right, plus 1.2 for each that were left, so that arms are
        changed often; to disengage is to choose left with probability 0.85 whatever happened.
        """
        action, outcome = np.moveaxis(self.decode(np.arange(self.n_states)), -1, 0)
        side = 2 * action - 1
        evidence = (side * np.where(outcome == 1, 1.0, -0.6)) @ (0.25, 0.5, 1.0)
        away = -1.2 * side[:, 1:].sum(axis=1)
        biased = np.full(self.n_states, np.log(0.15 / 0.85))
        log_odds = np.stack((4 * evidence, 0.8 * evidence + away, biased))
        right = 1 / (1 + np.exp(-log_odds))
        return read_only(np.stack((1 - right, right), axis=-1))

    def simulate(
        self, n_sessions: int, n_trials: int, *, rng: np.random.Generator
    ) -> BanditSessions:
        """Sessions of simulated mice, all of one length; the sessions take each trial together.

        The first better arm is drawn by lot. Three choices at random come before the first trial,
        so that there is something to remember; they count for nothing and are not recorded.

        Parameters
        ----------
        n_sessions, n_trials : int ≥ 1
        rng : numpy.random.Generator

        Returns
        -------
        BanditSessions

        Examples
        --------
        >>> from rl_lib import Demonstrations
        >>> played = ReversalBandit().simulate(4, 500, rng=np.random.default_rng(0))
        >>> Demonstrations(*played.steps)
        Demonstrations(n_trajectories=4, n_steps=2000)
        """
        n, length = whole("n_sessions", n_sessions, 1), whole("n_trials", n_trials, 1)
        rng = generator(rng)
        states, actions, next_states, intentions = np.zeros((4, n, length), dtype=np.intp)
        correct = np.zeros((n, length), dtype=bool)
        good, state = rng.integers(2, size=n), np.zeros(n, dtype=np.intp)
        for _ in range(_MEMORY):
            action = rng.integers(2, size=n)
            state = _after(state, action, self._outcome(action == good, rng))
        intention, began = rng.integers(len(INTENTIONS), size=n), np.zeros(n, dtype=np.intp)
        switching = np.cumsum(self.transition, axis=1)[:, :-1]
        for t in range(length):
            if t:
                intention = (switching[intention] <= rng.random((n, 1))).sum(axis=1)
            states[:, t], intentions[:, t] = state, intention
            action = (rng.random(n) >= self.policies[intention, state, 0]).astype(np.intp)
            actions[:, t], correct[:, t] = action, action == good
            state = _after(state, action, self._outcome(action == good, rng))
            next_states[:, t] = state
            share = correct[:, max(t + 1 - self.window, 0) : t + 1].mean(axis=1)
            reverse = (t + 1 - began >= self.least) & (share >= self.criterion)
            good, began = np.where(reverse, 1 - good, good), np.where(reverse, t + 1, began)
        offsets, ended = np.arange(n + 1) * length, np.zeros(n, dtype=bool)
        steps = states.ravel(), actions.ravel(), next_states.ravel(), offsets, ended
        return BanditSessions(steps, intentions.ravel(), correct.ravel())

    def _outcome(self, correct: npt.NDArray[np.bool_], rng: np.random.Generator) -> Ints:
        chance = np.where(correct, self.better, self.worse)
        return (rng.random(len(correct)) < chance).astype(np.intp)


def _after(state: Any, action: Any, outcome: Any) -> Any:
    return (_PAIRS * state + 2 * action + outcome) % _PAIRS**_MEMORY
