"""The model that recordings show: what to give to a method that needs one, where none is known."""

import numpy as np
from scipy import sparse

from rl_lib._check import Array
from rl_lib._records import UNKNOWN
from rl_lib.demonstrations import Demonstrations
from rl_lib.mdp import MDP


def empirical_mdp(
    demonstrations: Demonstrations, n_states: int, n_actions: int, discount: float
) -> MDP:
    r"""Transitions as often as they were seen, p(s'|s, a) = n(s, a, s') / n(s, a).

    An action never tried in a state is thought to lead where those that were tried lead on
    average; from a state never visited nothing is known, and the episode ends there. So that what
    is unknown neither attracts nor repels.

    Parameters
    ----------
    demonstrations : Demonstrations
        Steps whose successor was not recorded do not count.
    n_states, n_actions : int ≥ 1
    discount : float in [0, 1]
        γ.

    Returns
    -------
    MDP
        Sparse, with rewards of 0.

    Examples
    --------
    >>> walks = Demonstrations.from_trajectories([[(0, 0, 0), (0, 0, 1), (1, 0, 1)]])
    >>> empirical_mdp(walks, 2, 2, 0.9).to_dense().transitions[0]
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    demonstrations.counts(n_states, n_actions)  # an error for what does not fit
    pair = demonstrations.states * n_actions + demonstrations.actions
    goes_on = ~demonstrations.ended & (demonstrations.next_states != UNKNOWN)
    known = np.bincount(
        pair[goes_on | demonstrations.ended], minlength=n_states * n_actions
    ).astype(np.float64)
    entries = (1 / known[pair[goes_on]], (pair[goes_on], demonstrations.next_states[goes_on]))
    seen = sparse.csr_array(sparse.coo_array(entries, shape=(len(known), n_states)))
    filled = seen + _average_of_tried(known.reshape(n_states, n_actions)) @ seen
    return MDP(sparse.csr_array(filled), np.zeros((n_states, n_actions)), discount)


def _average_of_tried(counts: Array) -> sparse.csr_array:
    """From rows s·A + a of actions never tried to those of the state that were, CSR (S·A, S·A)."""
    n_states, n_actions = counts.shape
    tried = counts > 0
    state, never = np.nonzero(~tried & tried.any(axis=1, keepdims=True))
    which, other = np.nonzero(tried[state])
    share = 1 / tried.sum(axis=1)[state[which]]
    rows, columns = (state * n_actions + never)[which], state[which] * n_actions + other
    shape = (n_states * n_actions, n_states * n_actions)
    return sparse.csr_array(sparse.coo_array((share, (rows, columns)), shape=shape))
