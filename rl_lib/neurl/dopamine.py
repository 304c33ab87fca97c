r"""Is the reward in the dopamine? A table of pairs of syllables, asked with its controls.

States are syllables, and an action is the next one: never the same again, and where it leads is
certain. Then the reward in which Σ_a r(s, a) = 0 (`iavi`) has a form that shows what is in it,

    r(s, a) = log π(a|s) − κ d(a) − c(s),   κ = γ / (1 + γ / (n − 1)),
    d(a) = max_b log π(b|a) − mean_b log π(b|a),

with c(s) such that each row sums to 0: acting at random forgets at once where it came from, and so
V = d / (1 + γ / (n − 1)) up to a constant. What the reward knows beyond log π is one number for
each syllable, d(a). Dopamine that follows it is shown by n syllables, not by n (n − 1) pairs.

So chance is what comes out if syllables change their names in one of two tables (Mantel 1967;
Krackhardt 1988), after what is given was taken out of it (Dekker, Krackhardt & Snijders 2007).
Intervals are over recordings (the Bayesian bootstrap, Rubin 1981), for these syllables alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from rl_lib._check import Array, at, finite_array, first, generator, number, shown, whole, whole_array

_NOTHING = 1e-8  # share of a table that rounding leaves where it is a sum of others


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


class Explained(NamedTuple):
    """How one table goes with dopamine over pairs of syllables, given others."""

    correlation: float
    """Of what is left of the two once what is given is taken out of both."""
    low: float
    """Lower end of the interval over recordings."""
    high: float
    """Upper end."""
    p: float
    """Share of renamed tables that go with dopamine at least as closely, in either direction."""
    chance: tuple[float, float]
    """Where the correlation of renamed tables lies with probability `level`."""
    n_pairs: int
    """Pairs looked at."""
    reliability: tuple[float, float]
    """Of the table and of dopamine: correlation between halves of the recordings, stepped up."""
    across: float
    """The table from one half of the recordings against dopamine from the other."""

    @property
    def ceiling(self) -> float:
        """The correlation that noise in the two would leave of 1; NaN if halves do not agree."""
        table, dopamine = self.reliability
        return float(np.sqrt(table * dopamine)) if min(table, dopamine) > 0 else np.nan


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
        raise ValueError(f"{at('syllables', bad)} is {x[bad]}, as is the next; neighbours must differ")
    n_recordings, length = x.shape
    reach = max(length - 2, 0)
    lag = whole("lag", lag, -reach, reach)

    recording, time = np.nonzero((x[:, :-1] < n) & (x[:, 1:] < n))
    time = time + 1
    kept = (time + lag >= 0) & (time + lag < length)
    recording, time = recording[kept], time[kept]
    cell = (recording * n + x[recording, time - 1]) * n + x[recording, time]
    values = (None, y[recording, time + lag], np.log(_since(x))[recording, time])
    size = n_recordings * n * n
    sums = [np.bincount(cell, value, size).reshape(n_recordings, n, n) for value in values]
    return SyllablePairs(sums[0].astype(np.float64), *sums[1:])


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
    discount : float in [0, 1)
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
    array([[ 0.  ,  0.36, -0.36],
           [ 0.18,  0.  , -0.18],
           [ 0.18, -0.18,  0.  ]])
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
        # γV is the part of log π that adds to a row's: least squares over all pairs, in closed form.
        by_next, m = log_policy.sum(axis=-2), n - 1
        value = (by_next * m + mean * m) / (m * m - 1)
        state = value / gamma + value / m - decided
        tables["state reward"] = (state - state.mean(axis=-1, keepdims=True))[..., None, :] * off
    return tables


def explain_dopamine(
    pairs: SyllablePairs,
    what: str = "reward",
    given: Sequence[str] = (),
    *,
    centre: str = "previous",
    rank: bool = False,
    discount: float = 0.95,
    smoothing: float = 0.5,
    more_than: int = 20,
    level: float = 0.95,
    n_renamings: int = 2_000,
    n_resamples: int = 400,
    n_halvings: int = 50,
    rng: np.random.Generator,
) -> Explained:
    """How one table goes with dopamine over pairs of syllables, given others.

    Parameters
    ----------
    pairs : SyllablePairs
    what : str
        A table of `pair_tables`: what is to explain the dopamine.
    given : sequence of str
        Tables that are taken out of both first, by least squares.
    centre : {"previous", "both", "none"}
        What else is taken out: a level for each previous syllable, for each previous and each next
        one, or one for all pairs.
    rank : bool
        Whether ranks stand in the place of all tables.
    discount, smoothing : float
        As in `pair_tables`.
    more_than : int ≥ 0
        Only pairs seen more often are looked at.
    level : float in (0, 1)
        Of the interval, and of the range of chance.
    n_renamings, n_resamples, n_halvings : int ≥ 2
        Tables renamed, weightings of the recordings, and ways to halve them.
    rng : numpy.random.Generator

    Returns
    -------
    Explained

    Raises
    ------
    ValueError, TypeError
        If a name is unknown, too few pairs or recordings are there, or nothing is left of `what`
        once the rest is taken out: without the levels of both syllables, a reward *is* log π.

    References
    ----------
    Dekker, D., Krackhardt, D. & Snijders, T. A. B. (2007). Sensitivity of MRQAP tests to
    collinearity and autocorrelation conditions. Psychometrika 72(4), 563–581.

    Examples
    --------
    >>> from rl_lib import simulate_syllables
    >>> rng = np.random.default_rng(0)
    >>> made = simulate_syllables("reward", rng=rng)
    >>> pairs = syllable_pairs(made.syllables, made.dopamine)
    >>> found = explain_dopamine(pairs, "reward", ["log π"], rng=rng)
    >>> found.correlation > found.chance[1]
    True
    """
    if not isinstance(pairs, SyllablePairs):
        raise TypeError(f"pairs is {shown(pairs)}; it must be what `syllable_pairs` returns")
    n_recordings, n = pairs.counts.shape[:2]
    if n_recordings < 2:
        raise ValueError(f"pairs has {n_recordings} recording; it must have at least 2")
    names = (what, *given)
    more_than, level = whole("more_than", more_than, 0), number("level", level, 0, 1, above=True)
    n_renamings = whole("n_renamings", n_renamings, 2)
    n_resamples = whole("n_resamples", n_resamples, 2)
    n_halvings, rng = whole("n_halvings", n_halvings, 2), generator(rng)

    resamples = rng.dirichlet(np.ones(n_recordings), n_resamples) * n_recordings
    halves = np.tile(np.arange(n_recordings) % 2, (n_halvings, 1))
    halves = rng.permuted(halves, axis=1)
    weights = np.concatenate((np.ones((1, n_recordings)), resamples, halves, 1 - halves))
    counts, dopamine, novelty = pairs.means(weights)
    tables = pair_tables(counts, novelty, discount=discount, smoothing=smoothing)
    for name in names:
        if name not in tables or names.count(name) > 1:
            known = ", ".join(map(repr, tables))
            raise ValueError(f"{shown(name)} is among {names}; they must differ and be of {known}")
    off = ~np.eye(n, dtype=bool)
    cells = off & (counts[0] > more_than) & (counts > 0).all(axis=0)
    x, *z = (_ranks(tables[name], off) if rank else tables[name] for name in names)
    y = _ranks(dopamine, cells) if rank else dopamine

    levels = _levels(n, centre)
    n_pairs = int(cells.sum())
    if n_pairs < levels.shape[-1] + len(names) + 2:
        raise ValueError(f"more_than is {more_than}; it leaves {n_pairs} pairs, which are too few")
    basis = _basis(levels[cells])
    others = [_out(table[:, cells], basis) for table in z]
    of_x, of_y = (_left(_out(table[:, cells], basis), others) for table in (x, y))
    if np.linalg.norm(of_x[0]) <= _NOTHING * np.linalg.norm(x[0, cells]):
        raise ValueError(f"nothing is left of {what!r} without {names[1:]} and {centre!r} levels")
    r = _correlation(of_x, of_y)

    design = np.concatenate((levels, *(table[0][..., None] for table in z)), axis=-1)
    fitted = design @ np.linalg.lstsq(design[cells], x[0][cells], rcond=None)[0]
    renaming = rng.permuted(np.tile(np.arange(n), (n_renamings, 1)), axis=1)
    renamed = (x[0] - fitted)[renaming[:, :, None], renaming[:, None, :]][:, cells]
    by_chance = _correlation(_out(renamed, _basis(design[cells])), of_y[0])

    spread = np.arctanh(r[1 : n_resamples + 1]).std(ddof=1) * norm.ppf((1 + level) / 2)
    low, high = np.tanh(np.arctanh(r[0]) + spread * np.array((-1, 1)))
    as_close = (np.abs(by_chance) >= np.abs(r[0]) - 1e-12).sum()
    chance = np.quantile(by_chance, ((1 - level) / 2, (1 + level) / 2))
    (x_1, x_2), (y_1, y_2) = (v[n_resamples + 1 :].reshape(2, n_halvings, -1) for v in (of_x, of_y))
    agreement = [_correlation(x_1, x_2).mean(), _correlation(y_1, y_2).mean()]
    across = (_correlation(x_1, y_2) + _correlation(x_2, y_1)).mean() / 2
    return Explained(
        float(r[0]),
        float(low),
        float(high),
        float((1 + as_close) / (1 + n_renamings)),
        (float(chance[0]), float(chance[1])),
        n_pairs,
        (_stepped_up(agreement[0]), _stepped_up(agreement[1])),
        float(across),
    )


def _since(x: Any) -> Array:
    """Syllables since the same one was last done, or since before the recording, shape (R, T)."""
    time = np.broadcast_to(np.arange(x.shape[1]), x.shape)
    order = np.argsort(x, axis=1, kind="stable")
    same, when = np.take_along_axis(x, order, 1), np.take_along_axis(time, order, 1)
    last = np.full(x.shape, -1)
    last[:, 1:] = np.where(same[:, 1:] == same[:, :-1], when[:, :-1], -1)
    since = np.empty(x.shape)
    np.put_along_axis(since, order, when - last, 1)
    return since


def _levels(n: int, centre: str) -> Array:
    """Columns to regress on, shape (n, n, k)."""
    each, same = np.eye(n), np.ones((n, n, 1))
    previous = np.broadcast_to(each[:, None], (n, n, n))
    found = {
        "none": same,
        "previous": previous,
        "both": np.concatenate((previous, np.broadcast_to(each[None], (n, n, n))), axis=-1),
    }
    if not (isinstance(centre, str) and centre in found):
        raise ValueError(f"centre is {shown(centre)}; it must be 'none', 'previous' or 'both'")
    return found[centre]


def _ranks(tables: Array, cells: Any) -> Array:
    """Ranks among some cells of each table, 0 elsewhere."""
    ranks = np.zeros(tables.shape)
    ranks[..., cells] = rankdata(tables[..., cells], axis=-1)
    return ranks


def _basis(design: Array) -> Array:
    """An orthonormal basis of what its columns span."""
    u, size, _ = np.linalg.svd(design, full_matrices=False)
    return u[:, size > 1e-10 * size.max(initial=0)]


def _out(values: Array, basis: Array) -> Array:
    """What is left of rows of values (..., m) off the space that a basis (m, k) spans."""
    return values - (values @ basis) @ basis.T


def _left(values: Array, others: Sequence[Array]) -> Array:
    """What is left of each row of values without the same row of the others, (B, m)."""
    if not others:
        return values
    z = np.stack(others, axis=-1)
    gram = np.einsum("bmk,bml->bkl", z, z)
    weights = np.linalg.pinv(gram, hermitian=True) @ np.einsum("bmk,bm->bk", z, values)[..., None]
    return values - (z @ weights)[..., 0]


def _correlation(a: Array, b: Array) -> Array:
    """Of rows of residuals, whose means are 0."""
    size = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(axis=-1) / np.where(size > 0, size, 1)


def _stepped_up(r: Any) -> float:
    """From the agreement of two halves to the reliability of the whole (Spearman–Brown)."""
    return float(2 * r / (1 + r))
