r"""Behaviour that remembers: the state before as part of the state.

With states (s_{t−1}, s_t), whatever works on a model and demonstrations works on behaviour that
depends on where it came from, π(a | s_{t−1}, s_t), exactly and unchanged: counts, closed-form
rewards, intentions (as in SWIRL's S-2, Ke et al. 2025).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rl_lib._check import Ints, at, first
from rl_lib.behaviour._records import UNKNOWN
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.mdp import MDP


@dataclass(frozen=True, eq=False)
class Remembering:
    """A model whose states are pairs, and what they are pairs of."""

    mdp: MDP
    """States are the steps (s, s') that are possible, and one beginning for each state."""
    previous: Ints
    """The state before, −1 at the beginning of a trajectory, shape (C,)."""
    state: Ints
    """The present state, shape (C,)."""

    def demonstrations(self, demonstrations: Demonstrations) -> Demonstrations:
        """The same behaviour, told in pairs.

        Raises
        ------
        ValueError
            Naming the first step that is impossible in the model.
        """
        n_states = int(self.state.max()) + 1
        demonstrations.pairs(n_states, self.mdp.n_actions)  # refuses what is outside the model
        before = np.append(UNKNOWN, demonstrations.states[:-1])[: demonstrations.n_steps]
        before[demonstrations.begins] = UNKNOWN
        states = self._number("states", before, demonstrations.states, n_states)
        # An ending without an exit state is recorded as a step to the state it left.
        left = demonstrations.ended & (demonstrations.next_states == demonstrations.states)
        known = ~left & (demonstrations.next_states != UNKNOWN)
        following = np.where(left, states, UNKNOWN)
        following[known] = self._number(
            "next_states", demonstrations.states[known], demonstrations.next_states[known], n_states
        )
        return Demonstrations(
            states,
            demonstrations.actions,
            following,
            demonstrations.offsets,
            demonstrations.terminated,
        )

    def _number(self, name: str, before: Ints, now: Ints, n_states: int) -> Ints:
        keys, wanted = self.previous * n_states + self.state, before * n_states + now
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        bad = first(keys[found] != wanted)
        if bad is not None:
            raise ValueError(
                f"{at(name, bad)} is {now[bad]} after {before[bad]}, which is impossible in the "
                "model"
            )
        return found


def remember(mdp: MDP) -> Remembering:
    """The model in which the state before belongs to the state.

    Parameters
    ----------
    mdp : MDP

    Returns
    -------
    Remembering

    Examples
    --------
    Two rooms and a door that is always open: four steps, two beginnings.

    >>> rooms = MDP([[[1.0, 0], [0, 1]], [[0, 1], [1, 0]]], np.zeros((2, 2)), 0.9)
    >>> pairs = remember(rooms)
    >>> pairs.mdp.n_states, pairs.previous, pairs.state
    (6, array([-1, -1,  0,  0,  1,  1]), array([0, 1, 0, 1, 0, 1]))
    >>> walk = Demonstrations.from_trajectories([[(0, 1), (1, 0), (1, 1)]])
    >>> pairs.demonstrations(walk).states
    array([0, 3, 5])
    """
    n, m, matrix = mdp.n_states, mdp.n_actions, mdp.transition_matrix
    source = np.repeat(np.arange(n * m), np.diff(matrix.indptr)) // m
    steps = np.unique(source[matrix.data > 0] * n + matrix.indices[matrix.data > 0])
    previous = np.concatenate((np.full(n, UNKNOWN), steps // n))
    state = np.concatenate((np.arange(n), steps % n))
    rows = (state[:, None] * m + np.arange(m)).ravel()
    chosen = sparse.csr_array(matrix[rows])
    chosen.eliminate_zeros()
    here = np.repeat(rows // m, np.diff(chosen.indptr))
    following = n + np.searchsorted(steps, here * n + chosen.indices)
    transitions = sparse.csr_array(
        (chosen.data, following, chosen.indptr), shape=(len(rows), len(state))
    )
    start = np.concatenate((mdp.start, np.zeros(len(steps))))
    pairs = MDP(transitions, mdp.rewards[state], mdp.discount, start=start)
    return Remembering(pairs, previous, state)
