r"""Recorded behaviour: trajectories of any lengths in flat arrays.

A trajectory is a sequence of steps (state, action, next state), made by a policy in some world, and
nothing about rewards: those are what inverse reinforcement learning looks for. All steps stand one
after the other in flat arrays; `offsets` says where each trajectory begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import (
    Array,
    Ints,
    at,
    distributions,
    finite_array,
    first,
    generator,
    is_truth_value,
    number,
    read_only,
    shown,
    truth_array,
    whole,
    whole_array,
)
from rl_lib._values import Value
from rl_lib.behaviour._records import UNKNOWN, read_frame, step_arrays
from rl_lib.behaviour._sampling import walk
from rl_lib.mdp import MDP


@dataclass(frozen=True, repr=False, eq=False)
class Demonstrations(Value):
    """Trajectories of behaviour; make them with `from_trajectories`, `from_pandas` or `sample`.

    Parameters
    ----------
    states, actions, next_states : int array (N,)
        The steps of all trajectories. A next state may be −1 (not recorded) in the last step of a
        trajectory.
    offsets : int array (n_trajectories + 1,)
        Trajectory i holds the steps offsets[i]:offsets[i + 1]. A trajectory may have no step at
        all, and then counts for nothing.
    terminated : bool array (n_trajectories,)
        Whether the episode ended; else the recording stopped before.
    observations : array (S, d), optional
        What was seen in each state, for those who know states by that alone; `from_observations`
        gives each visit a state of its own.

    Raises
    ------
    ValueError, TypeError
        Naming the trajectory and the step.

    Examples
    --------
    >>> walks = Demonstrations.from_trajectories([[(0, 1), (2, 0)], [(2, 0)]])
    >>> walks
    Demonstrations(n_trajectories=2, n_steps=3)
    >>> walks.next_states
    array([ 2, -1, -1])
    """

    states: Ints
    actions: Ints
    next_states: Ints
    offsets: Ints
    terminated: npt.NDArray[np.bool_]
    observations: Array | None = None

    def __post_init__(self) -> None:
        for name in ("states", "actions", "next_states", "offsets"):
            object.__setattr__(self, name, read_only(whole_array(name, getattr(self, name))))
        object.__setattr__(
            self, "terminated", read_only(truth_array("terminated", self.terminated).copy())
        )
        n = len(self.states)
        if not len(self.actions) == len(self.next_states) == n:
            raise ValueError(
                f"states, actions and next_states have {n}, {len(self.actions)} and "
                f"{len(self.next_states)} steps; they must have the same number"
            )
        ordered = len(self.offsets) > 0 and bool((np.diff(self.offsets) >= 0).all())
        if not ordered or self.offsets[0] != 0 or self.offsets[-1] != n:
            raise ValueError(f"offsets is {self.offsets}; it must rise from 0 to {n}")
        if len(self.terminated) != self.n_trajectories:
            raise ValueError(
                f"terminated has {len(self.terminated)} entries; "
                f"it must have one for each of {self.n_trajectories} trajectories"
            )
        last = np.zeros(n, dtype=bool)
        last[self.offsets[1:][self.lengths > 0] - 1] = True
        for name, low in (("states", 0), ("actions", 0), ("next_states", UNKNOWN)):
            self._refuse(name, getattr(self, name) < low, f"must be at least {low}")
        following = np.append(self.states[1:], 0)
        broken = ~last & (self.next_states != following)
        self._refuse("next_states", broken, "must be the state of the following step")
        if self.observations is not None:
            seen = finite_array("observations", self.observations)
            if seen.ndim != 2 or seen.shape[1] == 0:
                raise ValueError(f"observations has shape {seen.shape}; it must have shape (S, d)")
            for name in ("states", "next_states"):
                must = f"must be below {len(seen)}, the number of observations"
                self._refuse(name, getattr(self, name) >= len(seen), must)
            object.__setattr__(self, "observations", read_only(seen.copy()))

    def _refuse(self, name: str, mask: npt.NDArray[np.bool_], must: str) -> None:
        bad = first(mask)
        if bad is not None:
            trajectory = int(np.searchsorted(self.offsets, bad[0], side="right")) - 1
            where = f"trajectory {trajectory}, step {bad[0] - self.offsets[trajectory]}"
            raise ValueError(f"{at(name, bad)} ({where}) is {getattr(self, name)[bad]}; it {must}")

    def __repr__(self) -> str:
        return f"Demonstrations(n_trajectories={self.n_trajectories}, n_steps={self.n_steps})"

    def __len__(self) -> int:
        return self.n_trajectories

    @property
    def n_trajectories(self) -> int:
        """Number of trajectories."""
        return len(self.offsets) - 1

    @property
    def n_steps(self) -> int:
        """Number of steps of all trajectories together, N."""
        return len(self.states)

    @property
    def lengths(self) -> Ints:
        """Steps of each trajectory, shape (n_trajectories,)."""
        return np.diff(self.offsets)

    @property
    def begins(self) -> Ints:
        """First step of each trajectory that has one."""
        return self.offsets[:-1][self.lengths > 0]

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        """Whether the episode ended with each step, shape (N,)."""
        ended, some = np.zeros(self.n_steps, dtype=bool), self.lengths > 0
        ended[self.offsets[1:][some] - 1] = self.terminated[some]
        return ended

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether what followed each step is known: its next state, or an ending, shape (N,)."""
        return self.ended | (self.next_states != UNKNOWN)

    @property
    def times(self) -> Ints:
        """Number of each step within its trajectory, from 0, shape (N,)."""
        return np.arange(self.n_steps) - np.repeat(self.offsets[:-1], self.lengths)

    @classmethod
    def from_trajectories(
        cls, trajectories: Iterable[Any], *, terminated: bool | Iterable[bool] = False
    ) -> "Demonstrations":
        """From a list of trajectories, each a list of (state, action) or (state, action, next).

        Without next states, each step leads to the state of the following one, and where the last
        step led to is unknown.

        Parameters
        ----------
        trajectories : list of int arrays (T, 2) or (T, 3)
        terminated : bool, or list of bool
            Whether each episode ended with its last step.

        Examples
        --------
        >>> Demonstrations.from_trajectories([[(0, 1, 1), (1, 1, 2)]], terminated=True).next_states
        array([1, 2])
        """
        arrays = step_arrays(trajectories)
        flat = np.concatenate([np.zeros((0, 3), dtype=np.intp), *arrays])
        offsets = np.cumsum([0, *(len(steps) for steps in arrays)])
        if is_truth_value(terminated):
            terminated = [bool(terminated)] * len(arrays)
        elif isinstance(terminated, str) or not isinstance(terminated, Iterable):
            raise TypeError(f"terminated is {shown(terminated)}; it must be True or False")
        return cls(flat[:, 0], flat[:, 1], flat[:, 2], offsets, np.array(list(terminated)))

    @classmethod
    def from_observations(
        cls, trajectories: Iterable[tuple[Any, Any]], *, terminated: bool | Iterable[bool] = False
    ) -> "Demonstrations":
        """From pairs of what was seen, (T + 1, d) or (T, d), and what was done, (T,).

        Each visit is a state of its own. With T observations, what followed the last action is
        unknown.

        Examples
        --------
        >>> seen = [[0.1, 2.0], [0.3, 1.0], [0.7, 0.0]]
        >>> Demonstrations.from_observations([(seen, [1, 0])]).next_states
        array([1, 2])
        """
        tables, steps, n = [], [], 0
        for i, (seen, actions) in enumerate(trajectories):
            table = finite_array(f"trajectories[{i}], its observations,", seen)
            done = whole_array(f"trajectories[{i}], its actions,", actions)
            if table.ndim != 2 or len(table) - len(done) not in (0, 1):
                raise ValueError(
                    f"trajectories[{i}] has observations of shape {table.shape} and {len(done)} "
                    "actions; it must have as many observations as actions, or one more"
                )
            states = n + np.arange(len(done))
            following = np.where(states + 1 < n + len(table), states + 1, UNKNOWN)
            steps.append(np.column_stack((states, done, following)))
            tables.append(table)
            n += len(table)
        found = cls.from_trajectories(steps, terminated=terminated)
        return replace(found, observations=np.concatenate(tables)) if tables else found

    def select(self, which: npt.ArrayLike) -> "Demonstrations":
        """Some of the trajectories, in the order asked for, to train on or to hold out.

        Parameters
        ----------
        which : int array or bool array (n_trajectories,)
            Numbers of trajectories, or whether each is wanted.

        Returns
        -------
        Demonstrations

        Raises
        ------
        ValueError, TypeError
            Naming the first number that no trajectory has.

        Examples
        --------
        >>> walks = Demonstrations.from_trajectories([[(0, 1), (2, 0)], [(3, 0)], [(4, 1)]])
        >>> walks.select([2, 0]).states
        array([4, 0, 2])
        """
        wanted = np.asarray(which)
        if wanted.dtype == bool:
            if wanted.shape != (len(self),):
                raise ValueError(
                    f"which has shape {wanted.shape}; of truth values it must have ({len(self)},)"
                )
            wanted = np.flatnonzero(wanted)
        wanted = whole_array("which", wanted)
        bad = first((wanted < 0) | (wanted >= len(self)))
        if bad is not None:
            raise ValueError(
                f"{at('which', bad)} is {wanted[bad]}; it must be in {{0, …, {len(self) - 1}}}"
            )
        lengths = self.lengths[wanted]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        steps = np.repeat(self.offsets[wanted] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Demonstrations(
            self.states[steps],
            self.actions[steps],
            self.next_states[steps],
            offsets,
            self.terminated[wanted],
            self.observations,
        )

    def to_trajectories(self) -> list[Ints]:
        """A list of int arrays (T, 3): state, action, next state."""
        flat = np.column_stack((self.states, self.actions, self.next_states))
        return np.split(flat, self.offsets[1:-1]) if self.n_trajectories else []

    @classmethod
    def from_pandas(cls, frame: Any) -> "Demonstrations":
        """From a pandas DataFrame with a row for each step.

        Parameters
        ----------
        frame : pandas.DataFrame
            Columns `trajectory` (any label, another one for each episode), `state`, `action`, and
            where known `next_state`, `terminated` (True, False, 1 or 0; true only in the last row
            of a trajectory) and `step` (which counts up by one). Rows of a trajectory stand in the
            order of time.

        Raises
        ------
        ValueError, TypeError
            Naming the column and the row, counted from 0.

        Examples
        --------
        >>> import pandas as pd
        >>> Demonstrations.from_pandas(
        ...     pd.DataFrame({"trajectory": ["a", "a", "b"], "state": [0, 1, 0], "action": 0})
        ... ).next_states
        array([ 1, -1, -1])
        """
        return cls(*read_frame(frame))

    def to_pandas(self) -> Any:
        """A DataFrame with columns trajectory, step, state, action, next_state, terminated.

        It has a row for each step, and so none for a trajectory without steps.
        """
        import pandas as pd  # optional, and not needed elsewhere

        return pd.DataFrame(
            {
                "trajectory": np.repeat(np.arange(self.n_trajectories), self.lengths),
                "step": self.times,
                "state": self.states,
                "action": self.actions,
                "next_state": self.next_states,
                "terminated": self.ended,
            }
        )

    @classmethod
    def sample(
        cls,
        mdp: MDP,
        policy: npt.ArrayLike,
        n_trajectories: int,
        *,
        max_steps: int = 1_000,
        rng: np.random.Generator,
        start: npt.ArrayLike | None = None,
    ) -> "Demonstrations":
        """Let a policy act in a model; all trajectories take their next step together.

        Parameters
        ----------
        mdp : MDP
        policy : array (S, A), or (max_steps, S, A) for one that changes with time
            π(a|s); rows sum to 1.
        n_trajectories : int ≥ 1
        max_steps : int ≥ 1
            A trajectory this long stops without `terminated`.
        rng : numpy.random.Generator
        start : array (S,), optional
            Distribution of the first state; default: the model's own.

        Returns
        -------
        Demonstrations

        Examples
        --------
        >>> from rl_lib import russell_norvig, value_iteration
        >>> mdp = russell_norvig().mdp
        >>> best = value_iteration(mdp).policy
        >>> walks = Demonstrations.sample(mdp, best, 2_000, rng=np.random.default_rng(0))
        >>> bool(walks.terminated.all())
        True
        """
        n = whole("n_trajectories", n_trajectories, 1)
        max_steps = whole("max_steps", max_steps, 1)
        one = (mdp.n_states, mdp.n_actions)
        shape = (max_steps, *one) if np.ndim(policy) == 3 else one
        policy = distributions("policy", policy, shape)
        first_state = distributions("start", mdp.start if start is None else start, one[:1])
        return cls(*walk(mdp, policy, first_state, n, max_steps, generator(rng)))

    def pairs(self, n_states: int, n_actions: int) -> Ints:
        """Each step's row s · A + a of a table, shape (N,)."""
        n_states, n_actions = self._check_fit(n_states, n_actions)
        return self.states * n_actions + self.actions

    def counts(self, n_states: int, n_actions: int) -> Array:
        """How often each action was taken in each state, shape (S, A)."""
        pair = self.pairs(n_states, n_actions)
        counted = np.bincount(pair, minlength=n_states * n_actions)
        return counted.reshape(n_states, n_actions).astype(np.float64)

    def transition_counts(self, n_states: int, n_actions: int) -> Any:
        """How often each step was seen, CSR of shape (S·A, S); unknown successors are left out."""
        n_states, n_actions = self._check_fit(n_states, n_actions)
        known = self.next_states != UNKNOWN
        pair = (self.states * n_actions + self.actions)[known]
        entries = (np.ones(len(pair)), (pair, self.next_states[known]))
        return sparse.csr_array(sparse.coo_array(entries, shape=(n_states * n_actions, n_states)))

    def policy(self, n_states: int, n_actions: int, *, smoothing: float = 0.5) -> Array:
        r"""The policy that was seen, π(a|s) = (n(s, a) + c) / Σ_b (n(s, b) + c).

        A `smoothing` c above 0 gives actions never seen a probability above 0, as methods that
        take its logarithm need. The default is the estimate of Krichevsky and Trofimov (1981). A
        state never visited gets a uniform row, with smoothing or without.

        Parameters
        ----------
        n_states, n_actions : int ≥ 1
        smoothing : float ≥ 0

        Returns
        -------
        array (S, A)

        References
        ----------
        Krichevsky, R. E. & Trofimov, V. K. (1981). The performance of universal encoding.
        IEEE Transactions on Information Theory 27(2), 199–207.

        Examples
        --------
        >>> seen = Demonstrations.from_trajectories([[(0, 0), (0, 0), (0, 1)]])
        >>> seen.policy(2, 2, smoothing=0.5)
        array([[0.625, 0.375],
               [0.5  , 0.5  ]])
        """
        smoothing = number("smoothing", smoothing, 0)
        seen = self.counts(n_states, n_actions) + smoothing
        total = seen.sum(axis=1, keepdims=True)
        return np.divide(seen, total, out=np.full(seen.shape, 1 / n_actions), where=total > 0)

    def check(self, mdp: MDP) -> None:
        """An error that names the first step or ending that is impossible in the model, if any."""
        self._check_fit(mdp.n_states, mdp.n_actions)
        pair = self.states * mdp.n_actions + self.actions
        known = self.next_states != UNKNOWN
        # An ending without an exit state is recorded as a step to the state it left.
        stayed = ~known | (self.next_states == self.states)
        ends = self.ended & stayed & (mdp.end_probability.ravel()[pair] > 0)
        possible = ends | ~known
        if known.any():
            steps = mdp.transition_matrix[pair[known], self.next_states[known]]
            possible[known] |= np.asarray(steps).ravel() > 0
        self._refuse("next_states", ~possible, "cannot follow there in the model")
        exits = known & mdp.terminal[self.next_states]
        self._refuse(
            "next_states", self.ended & ~(ends | exits), "cannot end the episode in the model"
        )

    def _check_fit(self, n_states: int, n_actions: int) -> tuple[int, int]:
        n_states, n_actions = whole("n_states", n_states, 1), whole("n_actions", n_actions, 1)
        for name, high in (("states", n_states), ("next_states", n_states), ("actions", n_actions)):
            self._refuse(name, getattr(self, name) >= high, f"must be below {high}")
        return n_states, n_actions


def require_steps(demonstrations: Any) -> None:
    """An error for what is no `Demonstrations`, or one without a single step."""
    if not isinstance(demonstrations, Demonstrations):
        raise TypeError(f"demonstrations is {shown(demonstrations)}; it must be a Demonstrations")
    if not demonstrations.n_steps:
        raise ValueError("demonstrations holds no step; it must hold at least one")
