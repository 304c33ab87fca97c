"""What a model is made from: transitions in either form, rewards paired with them, tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import (
    Array,
    at,
    distributions,
    finite_array,
    finite_number,
    first,
    index,
    is_truth_value,
    read_only,
    rounding,
    shown,
)

ROW_ROUNDING = 1e-9  # a row within this of 1 sums to 1


class OutcomeTable(NamedTuple):
    """Every outcome of a model in flat arrays, for compiled sampling.

    Outcomes of row s·A + a stand at offsets[row]:offsets[row + 1]. A uniform draw beyond the last
    `cumulative` of a row ends the episode and pays `end_reward[row]`.
    """

    offsets: npt.NDArray[np.integer]
    next_state: npt.NDArray[np.integer]
    cumulative: Array
    reward: Array
    end_reward: Array
    terminal: npt.NDArray[np.bool_]


def dense_transitions(transitions: Any) -> Array:
    p = finite_array("transitions", transitions)
    if p.ndim != 3 or p.shape[0] != p.shape[2] or 0 in p.shape:
        raise ValueError(f"transitions has shape {p.shape}; it must have shape (S, A, S)")
    total, tolerance = p.sum(axis=2), rounding(transitions)
    _check_rows(p.ravel(), total, tolerance, lambda k: np.unravel_index(k, p.shape))
    scale = _to_one(total, tolerance)
    return read_only(p.copy() if scale is None else p * scale[..., None])


def sparse_transitions(transitions: Any) -> tuple[Any, int]:
    """CSR of float64 on the caller's buffers where they are of that kind; and A."""
    tolerance = rounding(transitions)
    try:
        p = sparse.csr_array(transitions, dtype=np.float64, copy=False)
        p.check_format(full_check=True)  # compiled loops go wherever the indices point
    except ValueError as problem:
        raise ValueError(f"transitions is no valid CSR matrix: {problem}") from None
    rows, n_states = p.shape
    if n_states == 0 or rows == 0 or rows % n_states:
        raise ValueError(f"transitions has shape {p.shape}; a sparse one must have shape (S·A, S)")
    finite_array("transitions.data", p.data)
    m = rows // n_states

    def where(k: int) -> tuple[int, ...]:
        row = int(np.searchsorted(p.indptr, k, side="right")) - 1
        return row // m, row % m, int(p.indices[k])

    total = p.sum(axis=1)
    _check_rows(p.data, total.reshape(n_states, m), tolerance, where)
    scale = _to_one(total, tolerance)
    data = p.data if scale is None else p.data * np.repeat(scale, np.diff(p.indptr))
    parts = (read_only(data), read_only(p.indices), read_only(p.indptr))
    return sparse.csr_array(parts, shape=p.shape, copy=False), m


def _to_one(total: Array, tolerance: float) -> Array | None:
    """Factors that make rows of coarser numbers than float64 sum to 1 where they are meant to.

    Else a row of float32 that sums to .99999999 would end an episode after 10⁸ steps.
    """
    if tolerance <= ROW_ROUNDING:
        return None
    near = (np.abs(total - 1) <= tolerance) & (total > 0)
    return np.divide(1.0, total, out=np.ones_like(total), where=near)


def _check_rows(data: Array, total: Array, tolerance: float, where: Any) -> None:
    bad = first(data < 0)
    if bad is not None:
        name = at("transitions", where(bad[0]))
        raise ValueError(f"{name} is {data[bad]:g}; a probability must lie in [0, 1]")
    bad = first(total > 1 + tolerance)
    if bad is not None:
        name = at("transitions", bad)
        raise ValueError(f"{name} sums to {total[bad]:.10g}; a row may sum to at most 1")


def pair_rewards(rewards: Any, matrix: Any, n_actions: int) -> tuple[Array, Array]:
    """The reward of each stored entry of `matrix`, and what an ending pays, (S, A)."""
    (rows, n), m = matrix.shape, n_actions
    given_sparse = sparse.issparse(rewards)
    rewards = sparse.csr_array(rewards) if given_sparse else finite_array("rewards", rewards)
    lead = (rows,) if given_sparse else (n, m)
    if rewards.shape not in [(*lead, n), (*lead, n + 1)]:
        raise ValueError(
            f"rewards has shape {rewards.shape}; it must be (S, A) = {(n, m)}, or by outcome "
            f"{(*lead, n)}, or {(*lead, n + 1)} with what an ending pays in the last column"
        )
    ends = np.zeros((n, m))
    if rewards.shape[-1] == n + 1:
        last = rewards[:, [n]].toarray() if given_sparse else rewards[..., n]
        ends, rewards = last.reshape(n, m).copy(), rewards[..., :n]
    if given_sparse:
        paid = finite_array("rewards.data", rewards.data)
        same_rows = np.array_equal(rewards.indptr, matrix.indptr)
        if same_rows and np.array_equal(rewards.indices, matrix.indices):
            return paid, ends
    row_of_entry = np.repeat(np.arange(rows), np.diff(matrix.indptr))
    if not given_sparse:
        return rewards.reshape(matrix.shape)[row_of_entry, matrix.indices], ends
    rewards = sparse.coo_array(rewards)
    rewards.sum_duplicates()
    keys = rewards.row.astype(np.int64) * n + rewards.col
    order = np.argsort(keys)
    wanted = row_of_entry * n + matrix.indices
    found = np.searchsorted(keys[order], wanted)
    keys, values = np.append(keys[order], -1), np.append(rewards.data[order], 0.0)
    return np.where(keys[found] == wanted, values[found], 0.0), ends


def outcome_table(
    matrix: Any, reward: Array, end_probability: Array, end_reward: Array, terminal: Any
) -> OutcomeTable:
    """The table of a model's transitions (S·A, S) and of what each of them pays."""
    counts = np.diff(matrix.indptr)
    total = np.cumsum(matrix.data)
    before = np.concatenate(([0.0], total))[matrix.indptr[:-1]]
    cumulative = total - np.repeat(before, counts)
    # Rounding must not leave a gap that would end an episode which cannot end.
    certain = (end_probability == 0) & (counts > 0)
    cumulative[matrix.indptr[1:][certain] - 1] = 1.0
    return OutcomeTable(matrix.indptr, matrix.indices, cumulative, reward, end_reward, terminal)


def read_table(table: Any, start: Any) -> tuple[Any, Any, list[int]]:
    """Transitions and rewards, paired CSR, of a table[state][action] as Gymnasium has them.

    And the states that only endings lead to and that could still be a start, where none is given:
    they keep their actions.
    """
    n, m, rows = _outcomes(table)
    s, a, p, s2, r, done = (np.array(column) for column in zip(*rows, strict=True))
    row = s * m + a
    total = np.bincount(row, p, minlength=n * m)
    bad = first(np.abs(total - 1) > rounding(p))
    if bad is not None:
        name = f"env.P[{bad[0] // m}][{bad[0] % m}]"
        raise ValueError(f"{name} has probabilities that sum to {total[bad]:.10g}, not to 1")
    if start is not None:
        start = distributions("env.initial_state_distrib", start, (n,))
    after_ending, within = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    after_ending[s2[done]], within[s2[~done]] = True, True
    exits = after_ending & ~within
    unclear = []
    if start is None:
        more = np.zeros(n, dtype=bool)  # than unpaid steps to itself
        more[s[(p > 0) & ((s2 != s) | (r != 0))]] = True
        unclear = np.flatnonzero(exits & more).tolist()
        exits &= ~more
    else:
        exits &= start == 0
    alive = ~exits[s] & (p > 0)
    ends = alive & done & ~exits[s2]
    stays = alive & ~ends
    end_reward = np.zeros(n * m)
    end_reward[row[ends]] = r[ends]
    clash = first(ends & (end_reward[row] != r))
    if clash is not None:
        name = f"env.P[{s[clash]}][{a[clash]}]"
        raise ValueError(f"{name} ends with different rewards; there may be one")
    offsets = np.concatenate(([0], np.cumsum(np.bincount(row[stays], minlength=n * m))))
    transitions = sparse.csr_array((p[stays], s2[stays], offsets), shape=(n * m, n))
    rewards = sparse.csr_array((r[stays], s2[stays], offsets), shape=(n * m, n))
    rewards = sparse.hstack([rewards, sparse.csr_array(end_reward[:, None])], format="csr")
    return transitions, rewards, unclear


def _outcomes(table: Any) -> tuple[int, int, list[tuple[Any, ...]]]:
    """States, actions, and (s, a, p, s', r, terminated) of each outcome, every one of them checked.

    An entry that is not there, or that holds something else, is named.
    """
    n = _length("env.P", table, "states")
    states = [_entry("env.P", table, state) for state in range(n)]
    m = max(_length(f"env.P[{s}]", actions, "actions") for s, actions in enumerate(states))
    rows: list[tuple[Any, ...]] = []
    for s, actions in enumerate(states):
        for a in range(m):
            name = f"env.P[{s}][{a}]"
            outcomes = _entry(f"env.P[{s}]", actions, a)
            for k in range(_length(name, outcomes, "outcomes")):
                outcome = outcomes[k]
                if not isinstance(outcome, Sequence) or len(outcome) != 4:
                    raise ValueError(
                        f"{name}[{k}] is {shown(outcome)}; it must be "
                        "(probability, next state, reward, terminated)"
                    )
                p, s2, r, done = outcome
                if not 0 <= finite_number(f"{name}[{k}], the probability,", p) <= 1 + 1e-6:
                    raise ValueError(f"{name}[{k}], the probability, is {p}; it must lie in [0, 1]")
                s2 = index(f"{name}[{k}], the next state,", s2, 0, n)
                r = finite_number(f"{name}[{k}], the reward,", r)
                if not is_truth_value(done):
                    what = f"{name}[{k}], terminated,"
                    raise ValueError(f"{what} is {shown(done)}; it must be True or False")
                rows.append((s, a, p, s2, r, bool(done)))
    return n, m, rows


def _length(name: str, value: Any, of: str) -> int:
    if not isinstance(value, (Mapping, Sequence, np.ndarray)) or isinstance(value, str):
        raise TypeError(f"{name} is {shown(value)}; it must be a dict or a list of {of}")
    if len(value) == 0:
        raise ValueError(f"{name} has no {of}; it must have at least one")
    return len(value)


def _entry(name: str, holder: Any, key: int) -> Any:
    """holder[key]; looked up with care, since a defaultdict would make what is missing."""
    if key in holder if isinstance(holder, Mapping) else key < len(holder):
        return holder[key]
    keys = list(holder) if isinstance(holder, Mapping) else f"{len(holder)} entries"
    raise ValueError(f"{name} has no entry {key}; it has {keys!s:.80}")
