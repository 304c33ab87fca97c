r"""The model: a finite Markov decision process, validated once and then frozen.

A model holds the transition probabilities p(s'|s, a), the rewards and the discount γ. Three
conventions carry the whole library:

**One order.** Dense transitions have shape (S, A, S'); sparse ones are CSR of shape (S·A, S') with
row s·A + a. Expected rewards r(s, a) have shape (S, A).

**Termination is in the model.** A row of p may sum to less than 1. The missing probability ends
the episode, and what follows is worth 0. An exit cell is a state whose rows are all empty, so
solvers need no special case for it: r + γ P v is 0 there.

**Rewards by outcome are kept.** Planning needs only r(s, a) = E[R | s, a]; sampling needs the
reward of the outcome that happened. Trying to enter the +1 exit and slipping pays nothing.
"""

import warnings
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import Array, distributions, finite_array, number, read_only, shown, whole
from rl_lib._tables import (
    ROW_ROUNDING,
    OutcomeTable,
    dense_transitions,
    outcome_table,
    pair_rewards,
    read_table,
    sparse_transitions,
)

_PARTS = (
    "transitions", "rewards", "outcome_rewards", "end_rewards", "discount", "start",
    "n_states", "n_actions",
)  # fmt: skip
_DENSE_ENTRIES = 2_000_000  # models up to this many (s, a, s') are easier to read dense


class Outcomes(NamedTuple):
    """What may follow one action in one state: four arrays of the same length."""

    probability: Array
    next_state: npt.NDArray[np.intp]
    reward: Array
    terminated: npt.NDArray[np.bool_]


class MDP:
    r"""A finite Markov decision process ⟨S, A, p, r, γ⟩ (Puterman 1994, chapter 2).

    Parameters
    ----------
    transitions : array (S, A, S) or scipy sparse (S·A, S)
        p(s'|s, a) ≥ 0. A row may sum to less than 1; the rest ends the episode. Numbers in float32
        are rounded: rows of theirs within 1e-6 of 1 are made to sum to 1 (in float64, 1e-9 is let
        pass). A dense array is copied, the buffers of a CSR matrix are shared: do not write to
        them afterwards.
    rewards : array (S, A), (S, A, S) or (S, A, S + 1), or scipy sparse (S·A, S) or (S·A, S + 1)
        Expected rewards r(s, a), or rewards by outcome r(s, a, s'). In the forms by outcome an
        ending pays 0, or what stands in column S where there is one. A sparse matrix with the
        structure of `transitions` is paired with it entry by entry, so that two outcomes may lead
        to one state with different rewards.
    discount : float in [0, 1]
        γ. With γ = 1, every policy in use has to terminate.
    start : int, array (S,), optional
        The start state or its distribution. Default: uniform over the states that are not
        terminal.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, its value and what it must be.

    References
    ----------
    Puterman, M. L. (1994). Markov Decision Processes: Discrete Stochastic Dynamic Programming.
    Wiley.

    Examples
    --------
    Waiting (action 0) keeps a reward of 1 coming; leaving (action 1) pays 3 and ends.

    >>> mdp = MDP([[[1.0], [0.0]]], rewards=[[1.0, 3.0]], discount=0.5)
    >>> mdp.action_values([4.0])
    array([[3., 3.]])
    >>> mdp.outcomes(0, 1).terminated
    array([ True])
    """

    def __init__(self, transitions: Any, rewards: Any, discount: float, *, start: Any = None):
        self._discount = number("discount", discount, 0, 1)
        if sparse.issparse(transitions):
            self._transitions, n_actions = sparse_transitions(transitions)
        else:
            self._transitions = dense_transitions(transitions)
            n_actions = self._transitions.shape[1]
        self._n_states, self._n_actions = self._transitions.shape[-1], n_actions
        self._set_rewards(rewards)
        self._start = self._start_distribution(start)

    @property
    def transitions(self) -> Any:
        """p(s'|s, a): dense (S, A, S) or CSR (S·A, S), as given."""
        return self._transitions

    @property
    def rewards(self) -> Array:
        """r(s, a) = E[R | s, a], shape (S, A)."""
        return self._rewards

    @property
    def discount(self) -> float:
        """γ in [0, 1]."""
        return self._discount

    @property
    def start(self) -> Array:
        """Distribution of the first state, shape (S,)."""
        return self._start

    @property
    def n_states(self) -> int:
        """S."""
        return self._n_states

    @property
    def n_actions(self) -> int:
        """A."""
        return self._n_actions

    @property
    def is_sparse(self) -> bool:
        """Whether `transitions` is CSR."""
        return sparse.issparse(self._transitions)

    def __reduce__(self) -> tuple[Any, ...]:
        return MDP.from_parts, (self.to_parts(),)  # so that copies are read-only, too

    def __repr__(self) -> str:
        form = "sparse" if self.is_sparse else "dense"
        size = f"n_states={self.n_states}, n_actions={self.n_actions}"
        return f"MDP({size}, discount={self.discount:g}, {form})"

    def action_values(self, v: npt.ArrayLike) -> Array:
        r"""One step of lookahead, q(s, a) = r(s, a) + γ Σ_{s'} p(s'|s, a) v(s').

        Parameters
        ----------
        v : array (S,)

        Returns
        -------
        array (S, A)

        Examples
        --------
        >>> MDP([[[1.0]]], [[2.0]], 0.5).action_values([10.0])
        array([[7.]])
        """
        v = finite_array("v", v, (self.n_states,))
        expected = self._transitions @ v
        return self._rewards + self._discount * expected.reshape(self._rewards.shape)

    def outcomes(self, state: int, action: int) -> Outcomes:
        """What may follow `action` in `state`, in the form of Gymnasium's tables.

        An ending without an exit state is the last outcome; its next state is `state` itself, the
        last thing an observer sees.

        Returns
        -------
        Outcomes
            Arrays probability, next_state, reward, terminated, of one length.
        """
        state = whole("state", state, 0, self.n_states - 1)
        action = whole("action", action, 0, self.n_actions - 1)
        row, table = state * self.n_actions + action, self.table
        here = slice(table.offsets[row], table.offsets[row + 1])
        probability = self.transition_matrix.data[here]
        next_state = table.next_state[here].astype(np.intp)
        reward, terminated = table.reward[here], table.terminal[next_state]
        ending = self.end_probability.flat[row]
        if ending > 0:
            probability = np.append(probability, ending)
            next_state = np.append(next_state, state)
            reward = np.append(reward, table.end_reward[row])
            terminated = np.append(terminated, True)
        return Outcomes(probability, next_state, reward, terminated)

    @cached_property
    def end_probability(self) -> Array:
        """Probability that the episode ends at once, 1 − Σ_{s'} p(s'|s, a), shape (S, A)."""
        missing = 1 - self._transitions.sum(axis=-1).reshape(self.n_states, self.n_actions)
        return read_only(np.where(missing > ROW_ROUNDING, missing, 0.0))

    @cached_property
    def terminal(self) -> npt.NDArray[np.bool_]:
        """States in which nothing more can happen: empty rows and no reward, shape (S,)."""
        over = (self.end_probability >= 1 - ROW_ROUNDING) & (self._rewards == 0)
        return read_only(over.all(axis=1))

    @cached_property
    def transition_matrix(self) -> Any:
        """p(s'|s, a) as CSR of shape (S·A, S); no copy where the model is sparse."""
        if self.is_sparse:
            return self._transitions
        return sparse.csr_array(self._transitions.reshape(-1, self.n_states))

    @cached_property
    def table(self) -> OutcomeTable:
        """Every outcome in flat arrays, made once, for compiled sampling."""
        ends = self.end_probability.ravel(), self._end_rewards.ravel()
        paid = self._outcome_rewards
        if paid is None:
            paid = np.repeat(self._rewards.ravel(), np.diff(self.transition_matrix.indptr))
        return outcome_table(self.transition_matrix, paid, *ends, self.terminal)

    def to_dense(self) -> "MDP":
        """The same model with `transitions` as an (S, A, S) array; every outcome is kept."""
        dense = object.__new__(MDP)
        dense.__dict__.update(self.__dict__)
        array = self.transition_matrix.toarray().reshape(self.n_states, self.n_actions, -1)
        dense._transitions = read_only(array)
        dense.transition_matrix = self.transition_matrix
        return dense

    def with_rewards(self, rewards: Any) -> "MDP":
        """The same dynamics under other rewards; transitions are shared, not copied.

        Parameters
        ----------
        rewards : as in `MDP`

        Returns
        -------
        MDP

        Examples
        --------
        >>> MDP([[[1.0]]], [[2.0]], 0.5).with_rewards([[3.0]]).rewards
        array([[3.]])
        """
        other = object.__new__(MDP)
        other.__dict__.update(self.__dict__)
        for name in ("table", "terminal"):  # these depend on the rewards
            other.__dict__.pop(name, None)
        other._set_rewards(rewards)
        return other

    def to_parts(self) -> dict[str, Any]:
        """Everything a model is made of, as arrays, sparse matrices and numbers by name.

        `from_parts` makes the same model of them, to the last bit: for another process, say.

        Examples
        --------
        >>> mdp = MDP([[[1.0]]], [[2.0]], 0.5)
        >>> MDP.from_parts(mdp.to_parts()).rewards
        array([[2.]])
        """
        parts = {name: getattr(self, f"_{name}") for name in _PARTS}
        if not self.is_sparse and "transition_matrix" in vars(self):
            parts["transition_matrix"] = self.transition_matrix  # two outcomes may share a state
        return parts

    @classmethod
    def from_parts(cls, parts: dict[str, Any]) -> "MDP":
        """The model of which `to_parts` gave the parts.

        Parameters
        ----------
        parts : dict
            Not checked again, and not to be written to afterwards.
        """
        mdp = object.__new__(cls)
        for name, part in parts.items():
            if sparse.issparse(part):
                views = tuple(map(read_only, (part.data, part.indices, part.indptr)))
                part = sparse.csr_array(views, shape=part.shape, copy=False)
            elif isinstance(part, np.ndarray):
                part = read_only(part)
            vars(mdp)["transition_matrix" if name == "transition_matrix" else f"_{name}"] = part
        return mdp

    @classmethod
    def from_gymnasium(cls, env: Any, discount: float) -> "MDP":
        """The model behind a tabular Gymnasium environment (toy_text), read from its table `P`.

        States that are only ever entered by ending an episode, and where none begins, become exit
        states. Where an ending leads to any other state, the row loses its probability instead.
        Time limits are not part of the model.

        Parameters
        ----------
        env : gymnasium.Env
            With `env.unwrapped.P[state][action]`, a list of (probability, next state, reward,
            terminated), and `initial_state_distrib` (in old Gym, `isd`) where the start is known.
            Where it is not, a state that only endings lead to keeps its actions if they are more
            than unpaid steps to itself, and a warning says so.
        discount : float in [0, 1]

        Raises
        ------
        TypeError, ValueError
            If the environment has no such table, or naming the entry of it that is wrong.

        Examples
        --------
        >>> import gymnasium
        >>> MDP.from_gymnasium(gymnasium.make("FrozenLake-v1"), discount=0.99)
        MDP(n_states=16, n_actions=4, discount=0.99, dense)
        """
        world = getattr(env, "unwrapped", env)
        if not hasattr(world, "P"):
            raise TypeError(
                f"env is {shown(env)}; it must have a table of outcomes, env.unwrapped.P"
            )
        start = getattr(world, "initial_state_distrib", getattr(world, "isd", None))
        transitions, rewards, unclear = read_table(world.P, start)
        if unclear:
            warnings.warn(
                f"env says nothing of where it starts, and only endings lead to state {unclear[0]}:"
                " its actions are kept, as those of a start. If it is an exit, say so by "
                "env.unwrapped.initial_state_distrib",
                stacklevel=2,
            )
        mdp = cls(transitions, rewards, discount, start=start)
        small = mdp.n_states**2 * mdp.n_actions <= _DENSE_ENTRIES
        return mdp.to_dense() if small else mdp

    def _set_rewards(self, rewards: Any) -> None:
        n, m = self._n_states, self._n_actions
        if np.shape(rewards) == (n, m) and not sparse.issparse(rewards):
            self._rewards = self._end_rewards = read_only(finite_array("rewards", rewards).copy())
            self._outcome_rewards = None
            return
        matrix = self.transition_matrix
        by_outcome, ends = pair_rewards(rewards, matrix, m)
        self._outcome_rewards, self._end_rewards = read_only(by_outcome), read_only(ends)
        paid = sparse.csr_array(
            (matrix.data * by_outcome, matrix.indices, matrix.indptr), shape=matrix.shape
        )
        self._rewards = read_only(paid.sum(axis=1).reshape(n, m) + self.end_probability * ends)

    def _start_distribution(self, start: Any) -> Array:
        if start is None:
            alive = ~self.terminal
            return read_only(alive / max(alive.sum(), 1))
        if np.ndim(start) == 0:
            start = np.eye(1, self.n_states, whole("start", start, 0, self.n_states - 1))[0]
        return read_only(distributions("start", start, (self.n_states,)).copy())
