r"""Hidden intentions of ragged trajectories: filtered, smoothed, and the most probable path.

An intention z is a Markov chain with start ρ and transitions Λ; in it, step t is likely with
b_t(z) = π_z(a_t | …). With messages that sum to 1 (Rabiner 1989, section V.A), nothing underflows:

    predicted  p_t(z) = Σ_y f_{t−1}(y) Λ(y, z),   p_0 = ρ
    evidence   e_t = Σ_z p_t(z) b_t(z) = p(a_t | a_{<t}, s_{≤t})
    filtered   f_t(z) = p_t(z) b_t(z) / e_t
    backward   β_t(y) = Σ_z Λ(y, z) b_{t+1}(z) β_{t+1}(z) / e_{t+1},   β_last = 1
    smoothed   g_t(z) = f_t(z) β_t(z)

The loops run compiled; without numba the same steps are taken by all trajectories together.
"""

# mypy: disable-error-code="no-untyped-def"

from typing import NamedTuple

import numpy as np

from rl_lib._check import Array, Ints
from rl_lib._compiled import COMPILED, compiled


class Chain(NamedTuple):
    """How intentions begin and follow each other."""

    start: Array
    """ρ, shape (K,)."""
    transition: Array
    """Λ, shape (K, K)."""


def filter_steps(likelihood: Array, chain: Chain, offsets: Ints) -> tuple[Array, Array]:
    """Filtered intentions (N, K), and the evidence of each step (N,), from b, shape (N, K)."""
    filtered, evidence = np.empty(likelihood.shape), np.empty(len(likelihood))
    run = _filter_loop if COMPILED else _filter_together
    run(likelihood, chain.start, chain.transition, offsets, filtered, evidence)
    return filtered, evidence


def smooth_steps(
    likelihood: Array, filtered: Array, evidence: Array, chain: Chain, offsets: Ints
) -> tuple[Array, Array]:
    """Smoothed intentions (N, K), and how often each followed each, as expected, (K, K)."""
    smoothed, pairs = np.empty(likelihood.shape), np.zeros(chain.transition.shape)
    run = _smooth_loop if COMPILED else _smooth_together
    run(likelihood, filtered, evidence, chain.transition, offsets, smoothed, pairs)
    return smoothed, pairs


class Expected(NamedTuple):
    """What all trajectories tell together: all that an M-step needs."""

    log_likelihood: float
    counts: Array
    """Σ_t g_t(z) by what was seen in step t, shape (M, K)."""
    begins: Array
    """Σ g_0(z) over trajectories, shape (K,)."""
    switches: Array
    """How often each followed each, as expected, shape (K, K)."""


def expected_counts(seen: Ints, emission: Array, chain: Chain, offsets: Ints) -> Expected:
    """The E-step, where in each step one of M things was seen, of probabilities (M, K)."""
    counts, begins = np.zeros(emission.shape), np.zeros(chain.start.shape)
    if COMPILED:
        switches = np.zeros(chain.transition.shape)
        total = _count_loop(seen, emission, *chain, offsets, counts, begins, switches)
        return Expected(total, counts, begins, switches)
    likelihood = emission[seen]
    filtered, evidence = filter_steps(likelihood, chain, offsets)
    smoothed, switches = smooth_steps(likelihood, filtered, evidence, chain, offsets)
    for z in range(len(begins)):
        counts[:, z] = np.bincount(seen, smoothed[:, z], len(emission))
    begins += smoothed[offsets[:-1][np.diff(offsets) > 0]].sum(axis=0)
    return Expected(float(np.log(evidence).sum()), counts, begins, switches)


@compiled
def _filter_loop(likelihood, start, transition, offsets, filtered, evidence):
    n_intentions = len(start)
    for i in range(len(offsets) - 1):
        for t in range(offsets[i], offsets[i + 1]):
            total = 0.0
            for z in range(n_intentions):
                predicted = start[z]
                if t > offsets[i]:
                    predicted = 0.0
                    for y in range(n_intentions):
                        predicted += filtered[t - 1, y] * transition[y, z]
                filtered[t, z] = predicted * likelihood[t, z]
                total += filtered[t, z]
            evidence[t] = total
            for z in range(n_intentions):
                filtered[t, z] /= total


@compiled
def _smooth_loop(likelihood, filtered, evidence, transition, offsets, smoothed, pairs):
    n_intentions = len(transition)
    after, weight = np.ones(n_intentions), np.ones(n_intentions)
    for i in range(len(offsets) - 1):
        after[:] = 1.0
        for t in range(offsets[i + 1] - 1, offsets[i] - 1, -1):
            for z in range(n_intentions):
                smoothed[t, z] = filtered[t, z] * after[z]
                weight[z] = likelihood[t, z] * after[z] / evidence[t]
            if t == offsets[i]:
                break
            for y in range(n_intentions):
                after[y] = 0.0
                for z in range(n_intentions):
                    step = transition[y, z] * weight[z]
                    after[y] += step
                    pairs[y, z] += filtered[t - 1, y] * step


@compiled
def _count_loop(seen, emission, start, transition, offsets, counts, begins, switches):
    # One trajectory at a time: tables of all steps would not stay in the cache.
    log_likelihood = 0.0
    for i in range(len(offsets) - 1):
        here = seen[offsets[i] : offsets[i + 1]]
        if len(here) == 0:
            continue
        whole, likelihood = np.array([0, len(here)]), emission[here]
        filtered, evidence = np.empty(likelihood.shape), np.empty(len(here))
        smoothed = np.empty(likelihood.shape)
        _filter_loop(likelihood, start, transition, whole, filtered, evidence)
        _smooth_loop(likelihood, filtered, evidence, transition, whole, smoothed, switches)
        log_likelihood += np.log(evidence).sum()
        begins += smoothed[0]
        for t in range(len(here)):
            for z in range(len(start)):
                counts[here[t], z] += smoothed[t, z]
    return log_likelihood


@compiled
def most_probable(log_likelihood, log_start, log_transition, offsets):
    """The most probable path of intentions given all steps (Viterbi 1967), shape (N,)."""
    n, n_intentions = log_likelihood.shape
    path = np.empty(n, dtype=np.intp)
    came_from = np.empty((n, n_intentions), dtype=np.intp)
    best, following = np.empty(n_intentions), np.empty(n_intentions)
    for i in range(len(offsets) - 1):
        first, end = offsets[i], offsets[i + 1]
        if first == end:
            continue
        for z in range(n_intentions):
            best[z] = log_start[z] + log_likelihood[first, z]
        for t in range(first + 1, end):
            for z in range(n_intentions):
                choice = 0
                for y in range(1, n_intentions):
                    if best[y] + log_transition[y, z] > best[choice] + log_transition[choice, z]:
                        choice = y
                came_from[t, z] = choice
                following[z] = best[choice] + log_transition[choice, z] + log_likelihood[t, z]
            best[:] = following
        path[end - 1] = best.argmax()
        for t in range(end - 1, first, -1):
            path[t - 1] = came_from[t, path[t]]
    return path


def _filter_together(likelihood, start, transition, offsets, filtered, evidence):
    for t, now in _steps(offsets):
        predicted = filtered[now - 1] @ transition if t else start
        joint = predicted * likelihood[now]
        evidence[now] = joint.sum(axis=1)
        filtered[now] = joint / evidence[now][:, None]


def _smooth_together(likelihood, filtered, evidence, transition, offsets, smoothed, pairs):
    # `smoothed` holds the messages back until they are used.
    ends = offsets[1:][np.diff(offsets) > 0] - 1
    smoothed[ends] = 1.0
    for t, now in reversed(list(_steps(offsets))):
        weight = likelihood[now] * smoothed[now] / evidence[now][:, None]
        if t:
            pairs += transition * (filtered[now - 1].T @ weight)
            smoothed[now - 1] = weight @ transition.T
        smoothed[now] *= filtered[now]


def _steps(offsets):
    """For each time within a trajectory, the places of all steps that have it."""
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")
    begins, ordered = offsets[:-1][order], -lengths[order]
    for t in range(int(lengths.max(initial=0))):
        yield t, begins[: np.searchsorted(ordered, -t)] + t
