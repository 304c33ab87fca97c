"""The model that recordings show: what to give to a method that needs one, where none is known."""

import numpy as np
from scipy import sparse

from rl_lib._check import Ints
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.mdp import MDP


def empirical_mdp(
    demonstrations: Demonstrations, n_states: int, n_actions: int, discount: float
) -> MDP:
    r"""Transitions as often as they were seen, p(s'|s, a) = n(s, a, s') / n(s, a).

    An action never tried in a state is thought to lead where those that were tried lead on
    average, so that what is unknown neither attracts nor repels; from a state never visited nothing
    is known, and the episode ends there.

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
        Sparse, with rewards of 0; trajectories start where the recorded ones did.

    Examples
    --------
    >>> walks = Demonstrations.from_trajectories([[(0, 0, 0), (0, 0, 1), (1, 0, 1)]])
    >>> empirical_mdp(walks, 2, 2, 0.9).to_dense().transitions[0]
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    require_steps(demonstrations)
    rewards = np.zeros_like(demonstrations.counts(n_states, n_actions))
    pair = demonstrations.states * rewards.shape[1] + demonstrations.actions
    known = np.bincount(pair[demonstrations.known], minlength=rewards.size)
    goes_on = demonstrations.known & ~demonstrations.ended
    entries = (np.ones(goes_on.sum()), (pair[goes_on], demonstrations.next_states[goes_on]))
    counts = sparse.csr_array(sparse.coo_array(entries, shape=(rewards.size, n_states)))
    seen = sparse.diags_array(1 / np.maximum(known, 1)) @ counts
    filled = seen + _average_of_tried(known.reshape(rewards.shape)) @ seen
    start = np.bincount(demonstrations.states[demonstrations.begins], minlength=n_states)
    return MDP(sparse.csr_array(filled), rewards, discount, start=start / start.sum())


def _average_of_tried(counts: Ints) -> sparse.csr_array:
    """From rows s·A + a of actions never tried to those of the state that were, CSR (S·A, S·A)."""
    n_states, n_actions = counts.shape
    tried = counts > 0
    state, never = np.nonzero(~tried & tried.any(axis=1, keepdims=True))
    which, other = np.nonzero(tried[state])
    share = 1 / tried.sum(axis=1)[state[which]]
    rows, columns = (state * n_actions + never)[which], state[which] * n_actions + other
    shape = (n_states * n_actions, n_states * n_actions)
    return sparse.csr_array(sparse.coo_array((share, (rows, columns)), shape=shape))
