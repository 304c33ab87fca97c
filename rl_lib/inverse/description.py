r"""What recorded choices tell of the reward behind them, and what they cannot tell.

A Boltzmann agent, π(a|s) ∝ exp Q(s, a), shows by each choice what the others would have cost it:

    r(s, a) = log π(a|s) − max_b log π(b|s).

This is the reward in the gauge in which every state is worth V(s) = 0, in units of the agent's
temperature. It needs neither a model of the world nor a discount, it explains the behaviour
perfectly under any, and every other reward that does is r(s, a) + V(s) − γ Σ_{s'} p(s'|s, a) V(s')
for some V (see `iavi`). So it is all that choices alone can say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import Array, Ints, generator, number, whole
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps

_LARGEST = 10_000_000  # pairs of a state and an action
_AT_ONCE = 4_000_000  # numbers drawn
_ROWS = 20  # of a printed table


@dataclass(frozen=True, eq=False)
class Description:
    """What was seen, what it says of the reward, and what stays unknown."""

    n_trajectories: int
    n_ended: int
    """Trajectories whose episode ended; the others were left before."""
    counts: Ints
    """How often each action was taken in each state, shape (S, A)."""
    policy: Array
    """The behaviour seen, smoothed, shape (S, A)."""
    reward: Array
    """What each action gives up against the commonest one, at most 0, shape (S, A)."""
    low: Array
    """Lower end of its interval, shape (S, A); NaN where the action was taken too rarely."""
    high: Array
    """Upper end."""
    level: float
    """Probability that an interval holds the truth."""
    min_taken: int
    """How often an action must be taken to be given an interval."""
    state_names: tuple[str, ...]
    action_names: tuple[str, ...]

    @property
    def visits(self) -> Ints:
        """Decisions made in each state, shape (S,)."""
        return self.counts.sum(axis=1)

    @property
    def never_visited(self) -> Ints:
        """States in which no decision was seen."""
        return np.flatnonzero(self.visits == 0)

    @property
    def never_taken(self) -> Ints:
        """Actions that were never taken anywhere."""
        return np.flatnonzero(self.counts.sum(axis=0) == 0)

    @property
    def choices(self) -> Ints:
        """How many different actions were taken in each state, shape (S,)."""
        return (self.counts > 0).sum(axis=1)

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """Pairs of state and action that are given an interval, shape (S, A)."""
        return self.counts >= self.min_taken

    @property
    def cannot_be_told(self) -> tuple[str, ...]:
        """What these recordings leave open, and what any number of such recordings would."""
        n, (s, a) = int((self.visits > 0).sum()), self.counts.shape
        here = []
        if len(self.never_visited):
            here.append(
                f"states never visited: {len(self.never_visited)} of {s} "
                f"({_listed(self.state_names, self.never_visited)}); nothing is known of them"
            )
        if len(self.never_taken):
            here.append(
                f"actions never taken: {len(self.never_taken)} of {a} "
                f"({_listed(self.action_names, self.never_taken)}); they may be bad or unknown"
            )
        single = int((self.choices == 1).sum())
        if single:
            here.append(
                f"how much worse the others are where one action was always taken: {single} of {n} "
                "visited states; there is no upper bound"
            )
        return (
            *here,
            f"the gauge: one number V(s) for each of {n} visited states; adding V(s) − γ E V(s') "
            "to the reward changes no choice",
            "the discount γ: for each γ from 0 to 1 there is a reward that explains these "
            "choices equally well",
            "discount and holding cost apart from each other: impatience (a smaller γ) and a cost "
            "of every step make much the same choices; another treat or another wait would tell",
            "the temperature: rewards are in units of it; one choice rarely made may be bad, or "
            "made by an agent with little noise",
        )

    def to_pandas(self) -> Any:
        """A DataFrame with a row for each pair of a visited state and an action."""
        import pandas as pd  # optional, and not needed elsewhere

        s, a = np.nonzero(np.broadcast_to(self.visits[:, None] > 0, self.counts.shape))
        return pd.DataFrame(
            {
                "state": [self.state_names[i] for i in s],
                "action": [self.action_names[i] for i in a],
                "taken": self.counts[s, a],
                "share": self.policy[s, a],
                "reward": self.reward[s, a],
                "low": self.low[s, a],
                "high": self.high[s, a],
            }
        )

    def __str__(self) -> str:
        visited = np.flatnonzero(self.visits)
        shown = np.sort(visited[np.argsort(-self.visits[visited], kind="stable")[:_ROWS]])
        n, m = self.counts.shape
        lines = [
            f"{self.counts.sum()} decisions in {self.n_trajectories} trajectories, "
            f"{self.n_ended} of which ended;",
            f"{len(visited)} of {n} states visited, "
            f"{m - len(self.never_taken)} of {m} actions taken.",
            "",
            f"reward: what an action gives up, in units of temperature, with its "
            f"{self.level:.0%} interval",
            f"(where it was taken at least {self.min_taken} times)",
            "",
            *_aligned(
                [
                    ("state", "action", "taken", "share", "reward", "interval"),
                    *(self._row(s, a) for s in shown for a in range(m)),
                ]
            ),
        ]
        if len(visited) > len(shown):
            lines.append(f"… and {len(visited) - len(shown)} states visited less often")
        wrapped = (fill(text, 76, subsequent_indent="  ") for text in self.cannot_be_told)
        return "\n".join([*lines, "", "cannot be told:", *(f"- {text}" for text in wrapped)])

    def _row(self, s: int, a: int) -> tuple[str, ...]:
        told = self.told[s, a]
        return (
            self.state_names[s],
            self.action_names[a],
            str(self.counts[s, a]),
            f"{self.policy[s, a]:.3f}",
            _two_digits(self.reward[s, a]),
            f"{_two_digits(self.low[s, a])} to {_two_digits(self.high[s, a])}"
            if told
            else "too few",
        )


def describe(
    demonstrations: Demonstrations,
    *,
    n_states: int | None = None,
    n_actions: int | None = None,
    state_names: Sequence[str] | None = None,
    action_names: Sequence[str] | None = None,
    smoothing: float = 0.5,
    level: float = 0.95,
    min_taken: int = 20,
    n_resamples: int = 1_000,
    rng: np.random.Generator,
) -> Description:
    r"""What recorded choices say of the reward behind them, with intervals, and what they do not.

    Intervals are those of the Bayesian bootstrap over trajectories (Rubin 1981): each is weighted
    with a draw of Exp(1), and each count gets a draw of Gamma(c) besides, c the `smoothing`. Where
    a trajectory visits a state once, that is the posterior Dirichlet(n(s, ·) + c) of the behaviour;
    where it comes back, that its decisions belong together is taken into account.

    Parameters
    ----------
    demonstrations : Demonstrations
    n_states, n_actions : int ≥ 1, optional
        S and A. Default: as many as the recordings name.
    state_names, action_names : sequence of str, optional
        What to call them. Default: their numbers.
    smoothing : float > 0
        c, added to every count.
    level : float in (0, 1)
        Probability that an interval is to hold the truth.
    min_taken : int ≥ 1
        An action taken less often in a state gets no interval there.
    n_resamples : int ≥ 1
    rng : numpy.random.Generator

    Returns
    -------
    Description
        `print` shows it as a table, `to_pandas` gives it all, `plots.description` draws it.

    Raises
    ------
    ValueError, TypeError
        If there is no step, or a state or an action beyond n_states or n_actions.

    References
    ----------
    Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9(1), 130–134.

    Examples
    --------
    >>> from rl_lib import rat
    >>> rng = np.random.default_rng(0)
    >>> found = describe(rat("noisy").demonstrate(500, rng=rng), n_states=30, rng=rng)
    >>> found.never_visited[:3], int(found.counts[0, 1])
    (array([22, 23, 24]), 7)
    >>> found.reward[0].round(2), bool(np.isnan(found.low[0, 1]))
    (array([ 0.  , -4.19]), True)
    """
    require_steps(demonstrations)
    n = _size("n_states", n_states, demonstrations.states, demonstrations.next_states)
    m = _size("n_actions", n_actions, demonstrations.actions)
    if n * m > _LARGEST:
        raise ValueError(
            f"demonstrations names {n} states and {m} actions; number them from 0 without gaps, "
            f"so that there are at most {_LARGEST} pairs"
        )
    smoothing = number("smoothing", smoothing, 0, above=True)
    level = number("level", level, 0, 1, above=True)
    min_taken, n_resamples = whole("min_taken", min_taken, 1), whole("n_resamples", n_resamples, 1)
    counts = demonstrations.counts(n, m).astype(np.intp)
    policy = demonstrations.policy(n, m, smoothing=smoothing)
    low, high = np.full((2, n, m), np.nan)
    decided = np.flatnonzero((counts >= min_taken).any(axis=1))
    generator(rng)
    for part in np.array_split(decided, max(1, -(-len(decided) * m * n_resamples // _AT_ONCE))):
        drawn = _resampled(demonstrations, part, counts.shape, smoothing, n_resamples, rng)
        edges = np.quantile(_given_up(drawn), [(1 - level) / 2, (1 + level) / 2], axis=0)
        low[part], high[part] = np.where(counts[part] >= min_taken, edges, np.nan)
    return Description(
        demonstrations.n_trajectories,
        int(demonstrations.terminated.sum()),
        counts,
        policy,
        _given_up(np.log(policy)),
        low,
        high,
        level,
        min_taken,
        _names("state_names", state_names, n),
        _names("action_names", action_names, m),
    )


def _given_up(logs: Array) -> Array:
    return logs - logs.max(axis=-1, keepdims=True)


def _resampled(
    demonstrations: Demonstrations,
    states: Ints,
    shape: tuple[int, int],
    smoothing: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> Array:
    """Logarithms of counts in some states, trajectories drawn anew, (n_resamples, states, A)."""
    place = np.full(shape[0], -1)
    place[states] = np.arange(len(states))
    place = place[demonstrations.states]
    here = place >= 0
    trajectory = np.repeat(np.arange(len(demonstrations)), demonstrations.lengths)[here]
    pair = place[here] * shape[1] + demonstrations.actions[here]
    entries = (np.ones(len(pair)), (pair, trajectory))
    of_each = sparse.csr_array(
        sparse.coo_array(entries, shape=(len(states) * shape[1], len(demonstrations)))
    )
    drawn = rng.standard_gamma(smoothing, (n_resamples, of_each.shape[0]))
    for some in np.array_split(drawn, -(-n_resamples * len(demonstrations) // _AT_ONCE)):
        some += (of_each @ rng.standard_exponential((len(demonstrations), len(some)))).T
    tiny = np.finfo(np.float64).tiny  # a draw of Gamma(c) may be too small for a float
    return np.log(np.maximum(drawn, tiny)).reshape(n_resamples, len(states), shape[1])


def _size(name: str, given: int | None, *seen: Ints) -> int:
    needed = max(int(array.max()) for array in seen) + 1
    return needed if given is None else whole(name, given, 1)


def _names(name: str, given: Sequence[str] | None, n: int) -> tuple[str, ...]:
    names = tuple(map(str, range(n) if given is None else given))
    if len(names) != n:
        raise ValueError(f"{name} has {len(names)} entries; it must have {n}")
    return names


def _two_digits(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _listed(names: tuple[str, ...], which: Ints, at_most: int = 8) -> str:
    more = ", …" if len(which) > at_most else ""
    return ", ".join(names[i] for i in which[:at_most]) + more


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows of words as lines, names to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            word.ljust(width) if k < 2 else word.rjust(width)
            for k, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
