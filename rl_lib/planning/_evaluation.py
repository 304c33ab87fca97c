"""The values of one policy: a linear system v = r + γ P v, solved as its size and shape allow."""

# mypy: disable-error-code="no-untyped-def"

import warnings
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lapack
from scipy.sparse import csgraph, linalg

from rl_lib._check import Array
from rl_lib._compiled import COMPILED, compiled
from rl_lib._tables import ROW_ROUNDING
from rl_lib.mdp import MDP
from rl_lib.planning import _sweeps

DIRECT_STATES = 5_000
DENSE_STATES = 200  # up to here a dense solution is several times as fast as a sparse one
_MAX_SWEEPS = 1_000_000


def chosen_transitions(mdp: MDP, policy: Array) -> Any:
    """P_π(s'|s) = Σ_a π(a|s) p(s'|s, a) as CSR (S, S)."""
    n, m = policy.shape
    choose = sparse.csr_array(
        (policy.ravel(), np.arange(n * m), np.arange(0, n * m + 1, m)), shape=(n, n * m)
    )
    chosen = sparse.csr_array(choose @ mdp.transition_matrix)
    chosen.eliminate_zeros()  # a step that is never taken closes no cycle
    return chosen


def policy_matrix(mdp: MDP, policy: Array) -> Any:
    """P_π for a solution among many: dense where that is fastest, else CSR."""
    if mdp.n_states > DENSE_STATES:
        return chosen_transitions(mdp, policy)
    transitions = mdp.transitions
    if mdp.is_sparse:
        transitions = transitions.toarray().reshape(*policy.shape, -1)
    return (policy[:, None] @ transitions)[:, 0]


def solve_linear(chosen: Any, reward: Array, discount: float, tol: float) -> tuple[Array, int]:
    """The v of v = reward + discount · chosen v, and the sweeps it took (0: a direct solution).

    Sweeps stop when the residual is at most `tol`.
    """
    n = len(reward)
    if isinstance(chosen, np.ndarray):
        return lapack.dgesv(np.eye(n) - discount * chosen, reward)[2], 0
    order = _backward_order(chosen)
    if order is not None:
        v = np.zeros(n)
        _backward_pass(chosen.indptr, chosen.indices, chosen.data, reward, discount, order, v)
        return v, 1
    if n <= DIRECT_STATES:
        return linalg.spsolve(sparse.csc_array(sparse.eye_array(n) - discount * chosen), reward), 0
    change = 0.99 * tol / max(discount, 0.5)  # a last change of c leaves a residual of at most γc
    v = np.zeros(n)
    if not COMPILED:
        return v, _iterate(chosen, reward, discount, v, change)
    closed = discount < 1 and bool((chosen.sum(axis=1) > 1 - ROW_ROUNDING).all())
    model = _sweeps.arrays(chosen, reward[:, None], discount)
    sweeps = _sweeps.modified_policy_iteration(model, closed, v, change, _MAX_SWEEPS)
    return v, sweeps


def expected_visits(chosen: Any, start: Array, discount: float, tol: float) -> Array:
    """The μ of μ = start + discount · chosenᵀ μ: how often each state is met, discounted.

    Sweeps stop when the error of all visits together is at most the share `tol` of them.
    """
    n, visits = len(start), start.copy()
    if isinstance(chosen, np.ndarray):
        return lapack.dgesv(np.eye(n) - discount * chosen.T, start)[2]
    if n <= DIRECT_STATES:
        return linalg.spsolve(sparse.eye_array(n, format="csc") - discount * chosen.T, start)
    arriving = chosen.T
    for _ in range(_MAX_SWEEPS):
        before, visits = visits, start + discount * (arriving @ visits)
        # The step contracts the sum of all visits, so that is what has to settle.
        change, total = np.abs(visits - before).sum(), np.abs(visits).sum()
        if not change > max(tol * (1 - discount) * total, 4e-16 * total):
            return visits
    warnings.warn(f"visits still change by {change:.2g} after {_MAX_SWEEPS} sweeps", stacklevel=3)
    return visits


def require_ending(chosen: Any, who: str = "policy") -> None:
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
            f"{who} never ends an episode from {len(stuck)} states, state {stuck[0]} among them; "
            "at discount 1 every state must be able to reach an ending, and the rows of a terminal "
            "state must be empty"
        )


def _iterate(chosen: Any, reward: Array, discount: float, v: Array, change: float) -> int:
    for sweep in range(1, _MAX_SWEEPS + 1):  # noqa: B007
        before = v.copy()
        v[:] = reward + discount * (chosen @ v)
        if not np.abs(v - before).max() > max(change, 4e-16 * np.abs(v).max()):
            break
    return sweep


def _backward_order(chosen: Any) -> Any:
    """The states in an order in which successors come first; None if there is a cycle."""
    n_components, _ = csgraph.connected_components(chosen, connection="strong")
    n = chosen.shape[0]
    if n_components < n or chosen.diagonal().any():
        return None
    order = np.empty(n, dtype=np.intp)
    _depth_first(chosen.indptr, chosen.indices, order)
    return order


@compiled
def _depth_first(offsets, successors, order):
    """Postorder of a depth-first search: a state is written when all its successors are."""
    n = len(offsets) - 1
    seen = np.zeros(n, dtype=np.bool_)
    at = offsets[:-1].copy()  # the next successor to look at
    stack = np.empty(n, dtype=np.intp)
    written = 0
    for root in range(n):
        if seen[root]:
            continue
        seen[root], stack[0], depth = True, root, 0
        while depth >= 0:
            s = stack[depth]
            if at[s] < offsets[s + 1]:
                t = successors[at[s]]
                at[s] += 1
                if not seen[t]:
                    depth += 1
                    seen[t], stack[depth] = True, t
            else:
                order[written] = s
                written += 1
                depth -= 1


@compiled
def _backward_pass(offsets, successors, probability, reward, discount, order, v):
    for s in order:
        expected = 0.0
        for k in range(offsets[s], offsets[s + 1]):
            expected += probability[k] * v[successors[k]]
        v[s] = reward[s] + discount * expected
