"""Sweeps over all states, compiled: the inner loops of planning.

A sweep reads `v` and writes `out`. With two arrays it is synchronous, as in the Bellman operator;
with one array for both it is in place, as on the slides (Gauss–Seidel): states later in the sweep
already see the new values. Sweeps return the least and the greatest change. They take the parts of
a model one by one: to hand a tuple to compiled code takes as long as a sweep over a small model.
"""

# mypy: disable-error-code="no-untyped-def"

from typing import Any, NamedTuple

import numpy as np

from rl_lib._check import Array
from rl_lib._compiled import compiled

VALUE_ROUNDING = 4e-16  # changes below this share of the largest value are noise


class Model(NamedTuple):
    """A model as the sweeps take it; of one policy, with a row for each state."""

    offsets: Any
    """Where the successors of each row s·A + a begin, and one more."""
    successors: Any
    probability: Array
    rewards: Array
    """(S, A), or (S,) under a policy."""
    discount: float


def arrays(matrix: Any, rewards: Array, discount: float) -> Model:
    """The model of transitions (S·A, S), or (S, S) under a policy."""
    # Unsigned indices spare the compiled loop a test for negative ones: nearly twice the speed.
    offsets, successors = (
        index.view(np.uint32) if index.dtype == np.int32 else index
        for index in (matrix.indptr, matrix.indices)
    )
    return Model(offsets, successors, matrix.data, rewards, float(discount))


@compiled
def improve(offsets, successors, probability, rewards, discount, v, out, policy, backwards):
    """out(s) ← max_a [r(s, a) + γ Σ p(s'|s, a) v(s')], and a maximising action into `policy`."""
    n, m = rewards.shape
    low, high = np.inf, -np.inf
    for i in range(n):
        s = n - 1 - i if backwards else i
        best, choice = -np.inf, 0
        for j in range(m):
            a = m - 1 - j if backwards else j  # memory is read in one direction
            expected = 0.0
            for k in range(offsets[s * m + a], offsets[s * m + a + 1]):
                expected += probability[k] * v[successors[k]]
            value = rewards[s, a] + discount * expected
            if value > best:
                best, choice = value, a
        change = best - v[s]
        low, high = min(low, change), max(high, change)
        out[s], policy[s] = best, choice
    return low, high


@compiled
def evaluate(offsets, successors, probability, rewards, discount, v, out, backwards):
    """out(s) ← r(s) + γ Σ p(s'|s) v(s') under one policy."""
    n = len(rewards)
    low, high = np.inf, -np.inf
    for i in range(n):
        s = n - 1 - i if backwards else i
        expected = 0.0
        for k in range(offsets[s], offsets[s + 1]):
            expected += probability[k] * v[successors[k]]
        value = rewards[s] + discount * expected
        change = value - v[s]
        low, high = min(low, change), max(high, change)
        out[s] = value
    return low, high


@compiled
def follow(model, policy):
    """The rows that a policy uses, side by side in memory: what `evaluate` sweeps over."""
    offsets, successors, probability, rewards, discount = model
    n, m = rewards.shape
    chosen_offsets = np.zeros(n + 1, dtype=offsets.dtype)
    for s in range(n):
        row = s * m + policy[s]
        chosen_offsets[s + 1] = chosen_offsets[s] + offsets[row + 1] - offsets[row]
    chosen_successors = np.empty(chosen_offsets[n], dtype=successors.dtype)
    chosen_probability = np.empty(chosen_offsets[n])
    chosen_rewards = np.empty(n)
    for s in range(n):
        here, there = offsets[s * m + policy[s]], chosen_offsets[s]
        for j in range(chosen_offsets[s + 1] - there):
            chosen_successors[there + j] = successors[here + j]
            chosen_probability[there + j] = probability[here + j]
        chosen_rewards[s] = rewards[s, policy[s]]
    return Model(chosen_offsets, chosen_successors, chosen_probability, chosen_rewards, discount)


@compiled
def follow_changes(model, policy, before, chosen):
    """Bring `chosen` from the policy `before` to `policy`; False where a row does not fit."""
    offsets, successors, probability, rewards, _ = model
    n, m = rewards.shape
    chosen_offsets, chosen_successors, chosen_probability, chosen_rewards, _ = chosen
    for s in range(n):
        if policy[s] != before[s]:
            row, there = s * m + policy[s], chosen_offsets[s]
            here, length = offsets[row], offsets[row + 1] - offsets[row]
            if length != chosen_offsets[s + 1] - there:
                return False
            for j in range(length):
                chosen_successors[there + j] = successors[here + j]
                chosen_probability[there + j] = probability[here + j]
            chosen_rewards[s] = rewards[s, policy[s]]
    return True


def in_place(model: Model, v: Array, change: float, max_iter: int) -> int:
    """The loop of the slides: sweep in place until no value changes by more than `change`."""
    policy = np.zeros(len(v), dtype=np.int32)
    for sweep in range(1, max_iter + 1):  # noqa: B007
        low, high = improve(*model, v, v, policy, False)
        if not max(high, -low) > max(change, VALUE_ROUNDING * np.abs(v).max()):
            break
    return sweep


def modified_policy_iteration(
    model: Model, closed: bool, v: Array, change: float, max_iter: int
) -> int:
    """Alternate an improvement with sweeps that evaluate the policy it found; returns sweeps.

    Where no episode ever ends (`closed`), sweeps are synchronous and the error that all states
    share is removed at once, by MacQueen's bounds: v* − out lies between γ/(1 − γ) times the
    least and the greatest change. Elsewhere sweeps are in place, in alternating directions.
    """
    discount = model.discount
    policy = np.zeros(len(v), dtype=np.int32)
    chosen: Any = None
    followed: Any = None
    out = v.copy() if closed else v
    sweeps, backwards = 0, not closed

    def remaining(low: float, high: float) -> float:
        # Half the spread is what a shift to the middle leaves.
        return (high - low) / 2 if closed else max(high, -low)

    while True:
        low, high = improve(*model, v, out, policy, backwards)
        sweeps += 1
        size = remaining(low, high)
        done = sweeps >= max_iter or not size > max(change, VALUE_ROUNDING * np.abs(v).max())
        if closed:
            # The lower bound keeps v ≤ T v, on which convergence rests; the middle is the best
            # guess to end with.
            v[:] = out + discount / (1 - discount) * ((low + high) / 2 if done else low)
        if done:
            return sweeps
        settled = followed is not None and np.array_equal(policy, followed)
        if not settled:
            if followed is None or not follow_changes(model, policy, followed, chosen):
                chosen = follow(model, policy)
            followed = policy.copy()
        # A policy that will change again need not be evaluated to the end.
        share = 0.0 if settled else 0.3 if closed else 0.1
        enough = max(share * size, change / 2)
        for _ in range(100):
            backwards = not (backwards or closed)
            low, high = evaluate(*chosen, v, out, backwards)
            sweeps += 1
            if closed:
                v[:] = out
            if not remaining(low, high) > enough or sweeps >= max_iter:
                break
