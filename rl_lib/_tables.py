"""What a model is made from: transitions in either form, rewards paired with them, tables."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import Array, at, finite_array, first, read_only

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
    _check_rows(p.ravel(), p.sum(axis=2), lambda k: np.unravel_index(k, p.shape))
    return read_only(p.copy())


def sparse_transitions(transitions: Any) -> tuple[Any, int]:
    """CSR of float64 on the caller's buffers where they are of that kind; and A."""
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

    _check_rows(p.data, p.sum(axis=1).reshape(n_states, m), where)
    parts = (read_only(p.data), read_only(p.indices), read_only(p.indptr))
    return sparse.csr_array(parts, shape=p.shape, copy=False), m


def _check_rows(data: Array, total: Array, where: Any) -> None:
    bad = first(data < 0)
    if bad is not None:
        name = at("transitions", where(bad[0]))
        raise ValueError(f"{name} is {data[bad]:g}; a probability must lie in [0, 1]")
    bad = first(total > 1 + ROW_ROUNDING)
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


def read_table(table: Any, start: Any) -> tuple[Any, Any]:
    """Transitions and rewards, paired CSR, of a table[state][action] as Gymnasium has them."""
    n, m = len(table), len(table[0])
    rows = [
        (s, a, p, s2, r, done)
        for s in range(n)
        for a in range(m)
        for p, s2, r, done in table[s][a]
        if p > 0
    ]
    s, a, p, s2, r, done = (np.array(column) for column in zip(*rows, strict=True))
    bad = first(~((s2 >= 0) & (s2 < n) & (s2 == np.floor(s2))))
    if bad is not None:
        name = at("env.P", (int(s[bad]), int(a[bad])))
        raise ValueError(f"{name} leads to {s2[bad]}; it must be a state in {{0, …, {n - 1}}}")
    s2, done = s2.astype(np.int64), done.astype(bool)
    exits = np.zeros(n, dtype=bool)
    exits[s2[done]] = True
    exits[s2[~done]] = False
    if start is not None:
        exits &= np.asarray(start) == 0
    row, alive = s * m + a, ~exits[s]
    ends = alive & done & ~exits[s2]
    stays = alive & ~ends
    end_reward = np.zeros(n * m)
    end_reward[row[ends]] = r[ends]
    clash = first(ends & (end_reward[row] != r))
    if clash is not None:
        raise ValueError(
            f"{at('env.P', (int(s[clash]), int(a[clash])))} ends with different rewards"
        )
    offsets = np.concatenate(([0], np.cumsum(np.bincount(row[stays], minlength=n * m))))
    transitions = sparse.csr_array((p[stays], s2[stays], offsets), shape=(n * m, n))
    rewards = sparse.csr_array((r[stays].astype(float), s2[stays], offsets), shape=(n * m, n))
    rewards = sparse.hstack([rewards, sparse.csr_array(end_reward[:, None])], format="csr")
    return transitions, rewards
