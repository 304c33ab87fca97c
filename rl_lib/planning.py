r"""Planning: the optimal policy of a known model, with a guarantee on its values.

The Bellman optimality operator T v (s) = max_a [r(s, a) + γ Σ_{s'} p(s'|s, a) v(s')] contracts
distances by γ, so its only fixed point is v*, and any v is at most ‖T v − v‖ / (1 − γ) away from it
(Puterman 1994, theorem 6.2.3 and section 6.3). That residual of the *returned* values is what
every solver here reports and stops on. At γ = 1 there is no such bound, and the residual itself
has to do.

Methods
-------
`in_place`
    Value iteration as on the slides: one array, swept in the order of the states.
`synchronous`
    The operator itself: v ← T v.
`modified_policy_iteration`
    After each improving sweep, cheaper sweeps evaluate the policy just found (Puterman & Shin
    1978). They run in place and in alternating directions, so that values travel across a grid in
    one sweep. Where no episode ever ends, all values are also shifted by the middle of MacQueen's
    bounds (MacQueen 1966).
"""

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph, linalg

from rl_lib import _sweeps
from rl_lib._check import Array, distributions, finite_array, number, whole
from rl_lib._compiled import COMPILED
from rl_lib.mdp import MDP

METHODS = ("auto", "in_place", "synchronous", "modified_policy_iteration")
_DIRECT_STATES = 5_000


class Solution(NamedTuple):
    """Values of a policy and how far they can be trusted."""

    v: Array
    """Values, shape (S,)."""
    q: Array
    """Action values r + γ P v of exactly these `v`, shape (S, A)."""
    policy: Array
    """The policy, rows sum to 1, shape (S, A)."""
    sweeps: int
    """Passes over all states; 0 for a direct solution."""
    residual: float
    """max |T v − v| of the returned v."""
    error_bound: float
    """max |v − true v| is at most this: residual / (1 − γ), infinite at γ = 1."""
    converged: bool
    """Whether `tol` was met: by the error bound, at γ = 1 by the residual."""


def value_iteration(
    mdp: MDP, *, tol: float = 1e-8, max_iter: int = 100_000, method: str = "auto"
) -> Solution:
    r"""Optimal values v* and a greedy policy (Bellman 1957; Sutton & Barto 2018, section 4.4).

    Parameters
    ----------
    mdp : MDP
    tol : float > 0
        Largest allowed error bound (at γ = 1: residual).
    max_iter : int ≥ 1
        Largest number of sweeps.
    method : {"auto", "in_place", "synchronous", "modified_policy_iteration"}
        "auto" is modified policy iteration; without numba, "synchronous" for large models.

    Returns
    -------
    Solution
        With a warning if `tol` was not met.

    Examples
    --------
    >>> from rl_lib import russell_norvig
    >>> world = russell_norvig()
    >>> world.to_grid(value_iteration(world.mdp).v).round(3)
    array([[0.812, 0.868, 0.918, 0.   ],
           [0.762,   nan, 0.66 , 0.   ],
           [0.705, 0.655, 0.611, 0.388]])
    """
    tol, max_iter = number("tol", tol, 0, above=True), whole("max_iter", max_iter, 1)
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
    if method == "auto":
        small = mdp.n_states * mdp.n_actions <= 1_000
        method = "modified_policy_iteration" if COMPILED or small else "synchronous"
    gamma = mdp.discount
    # A last change of c leaves a residual of at most γc; the margin covers rounding.
    change = 0.99 * tol * ((1 - gamma) / gamma if 0 < gamma < 1 else 1)
    v = np.zeros(mdp.n_states)
    if method == "synchronous":
        sweeps = _synchronous(mdp, v, change, max_iter)
    elif method == "in_place":
        sweeps = _sweeps.in_place(_sweeps.arrays(mdp), v, change, max_iter)
    else:
        closed = gamma < 1 and not mdp.end_probability.any()
        v[:] = _lower_bound(mdp, closed)
        model = _sweeps.arrays(mdp)
        sweeps = _sweeps.modified_policy_iteration(model, closed, v, change, max_iter)
    q = mdp.action_values(v)
    return _certified(mdp, v, q, greedy(q), q.max(axis=1), sweeps, tol)


def evaluate_policy(mdp: MDP, policy: npt.ArrayLike, *, tol: float = 1e-8) -> Solution:
    r"""Values of a policy: the solution of v = r_π + γ P_π v (Sutton & Barto 2018, eq. 4.4).

    Solved directly up to 5 000 states and by sweeps above.

    Parameters
    ----------
    mdp : MDP
    policy : array (S, A)
        π(a|s); rows sum to 1.
    tol : float > 0
        Largest allowed error bound (at γ = 1: residual).

    Returns
    -------
    Solution
        Its `policy` is the given one, its `q` are the action values q_π.

    Raises
    ------
    ValueError
        If rows of `policy` are no distributions, or γ = 1 and the policy may never end.

    Examples
    --------
    A step costs 1 and succeeds every other time: it takes two steps on average.

    >>> evaluate_policy(MDP([[[0.5]]], [[-1.0]], discount=1.0), [[1.0]]).v
    array([-2.])
    """
    policy = distributions("policy", policy, (mdp.n_states, mdp.n_actions))
    number("tol", tol, 0, above=True)
    n, m, gamma = mdp.n_states, mdp.n_actions, mdp.discount
    choose = sparse.csr_array(
        (policy.ravel(), np.arange(n * m), np.arange(0, n * m + 1, m)), shape=(n, n * m)
    )
    chosen = sparse.csr_array(choose @ mdp.transition_matrix)
    reward = (policy * mdp.rewards).sum(axis=1)
    if gamma == 1:
        _require_ending(chosen)
    sweeps = 0
    if n <= _DIRECT_STATES:
        v = linalg.spsolve(sparse.csc_array(sparse.eye_array(n) - gamma * chosen), reward)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said once, below
            one_action = MDP(chosen, reward[:, None], gamma)
            v, *_, sweeps, _, _, _ = value_iteration(one_action, tol=tol)
    q = mdp.action_values(v)
    return _certified(mdp, v, q, policy, (policy * q).sum(axis=1), sweeps, tol)


def greedy(q: npt.ArrayLike) -> Array:
    """The policy that takes the best action, the first of equals, one-hot.

    Parameters
    ----------
    q : array (S, A)

    Returns
    -------
    array (S, A)

    Examples
    --------
    >>> greedy([[0.0, 2.0, 2.0]])
    array([[0., 1., 0.]])
    """
    q = _action_values(q)
    policy = np.zeros(q.shape)
    policy[np.arange(len(q)), q.argmax(axis=1)] = 1
    return policy


def boltzmann(q: npt.ArrayLike, temperature: float = 1.0) -> Array:
    r"""The policy π(a|s) ∝ exp(q(s, a) / temperature).

    Parameters
    ----------
    q : array (S, A)
    temperature : float > 0
        Small: nearly greedy. Large: nearly uniform. Unit of the rewards.

    Returns
    -------
    array (S, A)

    Examples
    --------
    >>> boltzmann([[0.0, np.log(3.0)]]).round(12)
    array([[0.25, 0.75]])
    """
    q = _action_values(q)
    number("temperature", temperature, 0, above=True)
    weights = np.exp((q - q.max(axis=1, keepdims=True)) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def _action_values(q: npt.ArrayLike) -> Array:
    array = finite_array("q", q)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"q has shape {array.shape}; it must have shape (S, A)")
    return array


def _lower_bound(mdp: MDP, closed: bool) -> float:
    """A number below every v*, from the best immediate rewards.

    From below, good news spreads over a grid in one sweep; from above, every cell has to be
    talked out of its optimism one living reward at a time.
    """
    if mdp.discount == 1:
        return 0.0
    worst = float(mdp.rewards.max(axis=1).min())
    return (worst if closed else min(worst, 0.0)) / (1 - mdp.discount)


def _synchronous(mdp: MDP, v: Array, change: float, max_iter: int) -> int:
    for sweep in range(1, max_iter + 1):  # noqa: B007
        before = v.copy()
        v[:] = mdp.action_values(v).max(axis=1)
        if not np.abs(v - before).max() > max(change, 4e-16 * np.abs(v).max()):
            break
    return sweep


def _certified(
    mdp: MDP, v: Array, q: Array, policy: Array, backup: Array, sweeps: int, tol: float
) -> Solution:
    residual = float(np.abs(backup - v).max())
    error_bound = residual / (1 - mdp.discount) if mdp.discount < 1 else np.inf
    reached = residual if mdp.discount == 1 else error_bound
    if not reached <= tol:
        kind = "residual" if mdp.discount == 1 else "error bound"
        warnings.warn(
            f"tol is {tol:g}, but after {sweeps} sweeps the {kind} is {reached:.2g}", stacklevel=3
        )
    return Solution(v, q, policy, sweeps, residual, error_bound, bool(reached <= tol))


def _require_ending(chosen: sparse.csr_array) -> None:
    """An error unless every state can reach an ending under the transitions (S, S)."""
    n = chosen.shape[0]
    ends = np.flatnonzero(chosen.sum(axis=1) < 1 - 1e-9)
    steps = sparse.coo_array(chosen)
    moving = steps.data > 0
    source = np.concatenate((steps.col[moving], np.full(len(ends), n)))
    target = np.concatenate((steps.row[moving], ends))
    graph = sparse.csr_array((np.ones(len(source)), (source, target)), shape=(n + 1, n + 1))
    reached = csgraph.breadth_first_order(graph, n, return_predecessors=False)
    stuck = np.setdiff1d(np.arange(n), reached)
    if len(stuck):
        raise ValueError(
            f"policy never ends an episode from {len(stuck)} states, state {stuck[0]} among them; "
            "at discount 1 every state must be able to reach an ending"
        )
