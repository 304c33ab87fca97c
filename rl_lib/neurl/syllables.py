r"""Pairs of neighbouring syllables: how often, with how much dopamine, and worth what.

States are syllables, and an action is the next one: never the same again, and where it leads is
certain. Then the reward in which Σ_a r(s, a) = 0 (`iavi`) has a form that shows what is in it,

    r(s, a) = log π(a|s) − κ d(a) − c(s),   κ = γ / (1 + γ / (n − 1)),
    d(a) = max_b log π(b|a) − mean_b log π(b|a),

with c(s) such that each row sums to 0. For acting at random forgets at once where it came from, and
so V = d / (1 + γ / (n − 1)) up to a constant. What the reward knows beyond log π is one number d(a)
for each syllable: how decided it leaves the animal.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints, at, finite_array, first, number, whole, whole_array


class SyllablePairs(NamedTuple):
    """Sums over the transitions from syllable s to a of each recording, shape (R, n, n)."""

    counts: Array
    """How many there were."""
    dopamine: Array
    """Dopamine at the transition, or so many syllables from it."""
    novelty: Array
    """Logarithm of the syllables since a was last done, or since the recording began."""

    def means(self, weights: npt.ArrayLike) -> tuple[Array, Array, Array]:
        """Counts, mean dopamine and mean novelty, where recordings have weights (..., R).

        Means of what never happened are NaN.
        """
        flat = [np.asarray(weights) @ each.reshape(len(each), -1) for each in self]
        n = self.counts.shape[1]
        counts, dopamine, novelty = (each.reshape(*each.shape[:-1], n, n) for each in flat)
        with np.errstate(invalid="ignore"):
            return counts, dopamine / counts, novelty / counts


def syllable_pairs(
    syllables: npt.ArrayLike, dopamine: npt.ArrayLike, n_syllables: int = 20, *, lag: int = 0
) -> SyllablePairs:
    """Sum dopamine over pairs of neighbouring syllables, recording by recording.

    Parameters
    ----------
    syllables : int array (R, T)
        As `load_syllables` gives them: neighbours differ.
    dopamine : array (R, T)
    n_syllables : int ≥ 3
        n; transitions from or to syllables n, n + 1, … are left out.
    lag : int
        Dopamine is taken so many syllables after the next one; −1 is the syllable before it.

    Returns
    -------
    SyllablePairs
        The first syllable of a recording enters as a previous one alone.

    Raises
    ------
    ValueError, TypeError
        If shapes differ, dopamine is not finite, a syllable is below 0 or repeats at once.

    Examples
    --------
    >>> pairs = syllable_pairs([[0, 1, 2, 0, 1]], [[0.0, 1.0, 2.0, 3.0, 5.0]], 3)
    >>> pairs.means([1])[1][0]
    array([nan,  3., nan])
    """
    x, n = whole_array("syllables", syllables, 2), whole("n_syllables", n_syllables, 3)
    y = finite_array("dopamine", dopamine, x.shape)
    bad = first(x < 0)
    if bad is not None:
        raise ValueError(f"{at('syllables', bad)} is {x[bad]}; it must be at least 0")
    bad = first(x[:, 1:] == x[:, :-1])
    if bad is not None:
        raise ValueError(
            f"{at('syllables', bad)} is {x[bad]}, as is the next; neighbours must differ"
        )
    n_recordings, length = x.shape
    reach = max(length - 2, 0)
    lag = whole("lag", lag, -reach, reach)

    recording, time = np.nonzero((x[:, :-1] < n) & (x[:, 1:] < n))
    time = time + 1
    kept = (time + lag >= 0) & (time + lag < length)
    recording, time = recording[kept], time[kept]
    cell = (recording * n + x[recording, time - 1]) * n + x[recording, time]
    shape = (n_recordings, n, n)

    def summed(values: Array) -> Array:
        return np.bincount(cell, values, n_recordings * n * n).reshape(shape).astype(np.float64)

    return SyllablePairs(
        summed(np.ones(len(cell))),
        summed(y[recording, time + lag]),
        summed(np.log(_since(x))[recording, time]),
    )


def pair_tables(
    counts: npt.ArrayLike,
    novelty: npt.ArrayLike | None = None,
    *,
    discount: float = 0.95,
    smoothing: float = 0.5,
) -> dict[str, Array]:
    """What could be in the dopamine of a transition from s to a, each shape (..., n, n).

    Parameters
    ----------
    counts : array (..., n, n)
        How often a followed s; the diagonal is not looked at.
    novelty : array (..., n, n), optional
        Mean logarithm of the syllables since a was last done; 0 where NaN.
    discount : float in [0, 1]
        γ per syllable.
    smoothing : float > 0
        Added to each count off the diagonal.

    Returns
    -------
    dict
        - `reward`: that of `iavi`, Σ_a r(s, a) = 0.
        - `log π`: of a after s.
        - `frequency`: the logarithm of how often a was done at all.
        - `novelty`, if given.
        - `state reward`: of a, from `state_reward`, up to a constant; only for γ > 0.

        The diagonals are 0 and mean nothing.

    Examples
    --------
    >>> tables = pair_tables([[0, 30, 10], [20, 0, 20], [20, 20, 0]])
    >>> tables["reward"].round(2)
    array([[ 0.  ,  0.53, -0.53],
           [-0.17,  0.  ,  0.17],
           [-0.17,  0.17,  0.  ]])
    """
    gamma = number("discount", discount, 0, 1)
    smoothing = number("smoothing", smoothing, 0, above=True)
    counts = finite_array("counts", counts)
    n = counts.shape[-1] if counts.ndim else 0
    if counts.ndim < 2 or counts.shape[-2] != n or n < 3:
        raise ValueError(f"counts has shape {counts.shape}; it must be (..., n, n) with n ≥ 3")
    off = ~np.eye(n, dtype=bool)
    smooth = np.where(off, counts + smoothing, 0.0)
    log_policy = np.log(np.where(off, smooth / smooth.sum(axis=-1, keepdims=True), 1.0))
    mean = log_policy.sum(axis=-1) / (n - 1)
    decided = np.where(off, log_policy, -np.inf).max(axis=-1) - mean
    reward = log_policy - gamma / (1 + gamma / (n - 1)) * decided[..., None, :]
    reward = np.where(off, reward, 0.0)
    reward -= np.where(off, reward.sum(axis=-1, keepdims=True) / (n - 1), 0.0)
    frequency = np.log(smooth.sum(axis=-2) / smooth.sum(axis=(-1, -2))[..., None])
    tables = {"reward": reward, "log π": log_policy, "frequency": frequency[..., None, :] * off}
    if novelty is not None:
        tables["novelty"] = np.nan_to_num(np.asarray(novelty, dtype=np.float64)) * off
    if gamma > 0:
        # γV is what log π has in each column, by least squares over all pairs.
        by_next, m = log_policy.sum(axis=-2), n - 1
        value = (by_next * m + mean * m) / (m * m - 1)
        state = value / gamma + value / m - decided
        tables["state reward"] = (state - state.mean(axis=-1, keepdims=True))[..., None, :] * off
    return tables


def _since(x: Ints) -> Array:
    """Syllables since the same one was last done, or since before the recording, shape (R, T)."""
    time = np.broadcast_to(np.arange(x.shape[1]), x.shape)
    order = np.argsort(x, axis=1, kind="stable")
    same, when = np.take_along_axis(x, order, 1), np.take_along_axis(time, order, 1)
    last = np.full(x.shape, -1)
    last[:, 1:] = np.where(same[:, 1:] == same[:, :-1], when[:, :-1], -1)
    since = np.empty(x.shape)
    np.put_along_axis(since, order, when - last, 1)
    return since
