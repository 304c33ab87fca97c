r"""Is the reward in the dopamine? A table of pairs of syllables, asked with its controls.

What a reward knows beyond log π is one number for each syllable (`rl_lib.neurl.syllables`), and
each syllable has a level of dopamine of its own. So what n syllables show is not shown by n (n − 1)
pairs: chance is what comes out if syllables change their names in one of the two tables (Mantel
1967), after what is given was taken out of it (Dekker, Krackhardt & Snijders 2007), each
correlation measured by its own standard error (DiCiccio & Romano 2017). Intervals are over
recordings (the Bayesian bootstrap, Rubin 1981), and say nothing about other syllables.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata
from threadpoolctl import ThreadpoolController

from rl_lib._check import Array, generator, number, shown, whole, whole_array
from rl_lib.neurl.syllables import SyllablePairs, pair_tables

_MOST = 0.9999  # the widest interval
_NOTHING = 1e-8  # share of a table that rounding leaves where it is a sum of others


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


def explain_dopamine(
    pairs: SyllablePairs,
    what: str = "reward",
    given: Sequence[str] = (),
    *,
    groups: npt.ArrayLike | None = None,
    centre: str = "previous",
    rank: bool = False,
    discount: float = 0.95,
    smoothing: float = 0.5,
    more_than: int = 20,
    level: float = 0.95,
    n_renamings: int = 1_000,
    n_resamples: int = 200,
    n_halvings: int = 25,
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
    groups : int array (R,), optional
        Recordings with the same number are resampled and halved together, as those of one animal
        should be. Default: each on its own.
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
        Tables renamed, weightings of the groups, and ways to halve them.
    rng : numpy.random.Generator

    Returns
    -------
    Explained

    Raises
    ------
    ValueError, TypeError
        If a name is unknown, there are too few pairs or groups, or nothing is left of `what` once
        the rest is taken out: without the levels of both syllables, the reward *is* log π.

    References
    ----------
    Dekker, D., Krackhardt, D. & Snijders, T. A. B. (2007). Sensitivity of MRQAP tests to
    collinearity and autocorrelation conditions. Psychometrika 72(4), 563–581.

    DiCiccio, C. J. & Romano, J. P. (2017). Robust permutation tests for correlation and regression
    coefficients. Journal of the American Statistical Association 112(519), 1211–1220.

    Examples
    --------
    >>> from rl_lib import simulate_syllables, syllable_pairs
    >>> rng = np.random.default_rng(0)
    >>> made = simulate_syllables("log π", 40, levels=0, rng=rng)
    >>> pairs = syllable_pairs(made.syllables, made.dopamine)
    >>> found = explain_dopamine(pairs, "reward", rng=rng)
    >>> found.correlation > found.chance[1]
    True
    >>> found = explain_dopamine(pairs, "reward", ["log π"], rng=rng)
    >>> found.chance[0] < found.correlation < found.chance[1]
    True
    """
    if not isinstance(pairs, SyllablePairs):
        raise TypeError(f"pairs is {shown(pairs)}; it must be what `syllable_pairs` returns")
    n, (group, n_groups) = pairs.counts.shape[1], _groups(groups, len(pairs.counts))
    if isinstance(given, str):
        raise TypeError(f"given is {shown(given)}; it must be a sequence of names")
    names = (what, *given)
    more_than, level = (
        whole("more_than", more_than, 0),
        number("level", level, 0, _MOST, above=True),
    )
    n_renamings = whole("n_renamings", n_renamings, 2)
    n_resamples = whole("n_resamples", n_resamples, 2)
    n_halvings, rng = whole("n_halvings", n_halvings, 2), generator(rng)

    resamples = n_groups * rng.dirichlet(np.ones(n_groups), n_resamples)
    halves = rng.permuted(np.tile(np.arange(n_groups) % 2, (n_halvings, 1)), axis=1)
    weights = np.concatenate((np.ones((1, n_groups)), resamples, halves, 1 - halves))[:, group]
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
    with _threads().limit(limits=1, user_api="blas"):  # small steps: more would wait
        # Tables (cells along the last axis) as seen, resampled, and from one half and the other.
        basis = _basis(levels, cells)[cells]
        others = [_out(table[:, cells], basis) for table in z]
        of_x, of_y = (_left(_out(table[:, cells], basis), others) for table in (x, y))
        if np.linalg.norm(of_x[0]) <= _NOTHING * np.linalg.norm(x[0, cells]):
            raise ValueError(
                f"nothing is left of {what!r} without {names[1:]} and {centre!r} levels"
            )
        r = _correlation(of_x, of_y)

        design = np.concatenate((levels, *(table[0][..., None] for table in z)), axis=-1)
        renaming = rng.permuted(np.tile(np.arange(n), (n_renamings, 1)), axis=1)
        renamed = _renamed(x[0], design, cells, renaming)
        # Rare pairs are noisy, and far from 0 in the table: each renaming has its own error.
        error = _error(of_x[0], of_y[0]) / _error(renamed, of_y[0])
        by_chance = error * _correlation(renamed, of_y[0])

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


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _groups(groups: npt.ArrayLike | None, n: int) -> tuple[Any, int]:
    """The group of each recording, from 0, and how many there are."""
    given = np.arange(n) if groups is None else whole_array("groups", groups)
    if len(given) != n:
        raise ValueError(f"groups has {len(given)} entries; it must have one for each of {n}")
    names, group = np.unique(given, return_inverse=True)
    if len(names) < 2:
        what = "recordings" if groups is None else "groups"
        raise ValueError(f"{what}: there is {len(names)}; there must be at least 2")
    return group, len(names)


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


def _basis(design: Array, cells: Any) -> Array:
    """Combinations of the columns of a design (n, n, k) that are orthonormal over some cells."""
    size = np.linalg.norm(design[cells], axis=0)
    design = design / np.where(size > 0, size, 1)
    inside = design[cells]
    squared, v = np.linalg.eigh(inside.T @ inside)
    kept = squared > 1e-10
    return design @ (v[:, kept] / np.sqrt(squared[kept]))


def _renamed(table: Array, design: Array, cells: Any, renaming: Any) -> Array:
    """What is left of a table without a design, with other names, (B, m)."""
    everywhere = _basis(design, cells)
    inside = everywhere[cells]
    rest = table - everywhere @ (inside.T @ table[cells])
    return _out(rest[renaming[:, :, None], renaming[:, None, :]][:, cells], inside)


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


def _error(a: Array, b: Array) -> Array:
    """Standard error of `_correlation` where some pairs are noisier than others (White 1980)."""
    size = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.linalg.norm(a * b, axis=-1) / np.where(size > 0, size, 1)


def _stepped_up(r: Any) -> float:
    """From the agreement of two halves to the reliability of the whole (Spearman–Brown)."""
    return float(2 * r / (1 + r))
