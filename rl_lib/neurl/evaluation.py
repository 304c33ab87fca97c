r"""How well a release is decoded: one table for every method, and what each of them was told.

A method gives the probability of a release in each bin, given that the lever is held. The release
is predicted in the first bin in which it exceeds a threshold ε: .6, or one that is tuned. That says
little of how good the probabilities are (a calibrated one need never exceed .6), and so the
log-likelihood of the bin of release stands beside it.

Methods are compared within what they know. *Causal* ones know the activity before a bin, and the
time; *whole trial* ones also what follows it, the movement after the release included; the *oracle*
knows the simulated latents. Folds go by trial. Everything that is fitted, scaling and rewards
included, is fitted on training trials; a fifth of them is kept out of the networks' training, to
choose configurations, temperatures, offsets and thresholds by. Then the chosen are trained again,
on all training trials.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from rl_lib._check import Array, Ints, finite_array, number, whole_array
from rl_lib.neurl.recording import NEVER

EPSILON = 0.6
"""The threshold of the published evaluation."""
_GRID = np.linspace(0.02, 0.98, 97)
_SMALL = 1e-6


class Scores(NamedTuple):
    """What one method scores in each fold, shape (folds,)."""

    name: str
    rule: str
    """"0.6" or "tuned", the threshold; "mode" or "draw" where a bin is predicted as it is."""
    information: str
    """"behaviour", "causal", "whole trial", "oracle", or "shuffled" for a control."""
    exact: Array
    """Share of the trials whose release is predicted in its bin."""
    near_1: Array
    """Within one bin of it."""
    near_2: Array
    """Within two bins."""
    log_likelihood: Array
    """Mean log-probability of the bin of release, in nats; NaN where there is no probability."""
    threshold: Array
    """ε; NaN where there is none."""

    def interval(self, measure: str, level: float = 0.95) -> tuple[float, float]:
        """Mean over folds, and half the width of its t interval.

        Folds share training trials, so that the interval is too narrow rather than too wide.
        """
        return mean_interval(getattr(self, measure), level)


def mean_interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Mean, and half the width of its t interval.

    Examples
    --------
    >>> mean, half = mean_interval([0.2, 0.4, 0.6])
    >>> round(mean, 3), round(half, 3)
    (0.4, 0.497)
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    if n < 2:
        return float(values.mean()), np.nan
    half = student.isf((1 - level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(values.mean()), float(half)


def predicted_release(hazard: npt.ArrayLike, threshold: float = EPSILON) -> Ints:
    """First bin in which the probability of a release exceeds a threshold.

    Parameters
    ----------
    hazard : array (trials, S)
        P(release in a bin | held until then).
    threshold : float in [0, 1]

    Returns
    -------
    int array (trials,)
        −1 where it never does.

    Examples
    --------
    >>> predicted_release([[0.1, 0.7, 0.9], [0.1, 0.2, 0.6]])
    array([ 1, -1])
    """
    number("threshold", threshold, 0, 1)
    above = _hazard(hazard) > threshold
    return np.where(above.any(axis=1), above.argmax(axis=1), NEVER)


def release_matches(predicted: npt.ArrayLike, release: npt.ArrayLike) -> tuple[float, float, float]:
    """Share of predictions that are exact, within one bin, and within two.

    Parameters
    ----------
    predicted, release : int array (trials,)
        Bins, or −1 for never, which is near to nothing but itself.

    Returns
    -------
    tuple of three floats

    Examples
    --------
    >>> release_matches([16, 17, -1, 3], [16, 19, -1, -1])
    (0.5, 0.5, 0.75)
    """
    predicted = whole_array("predicted", predicted)
    release = whole_array("release", release)
    if len(predicted) != len(release):
        raise ValueError(
            f"predicted has {len(predicted)} entries; it must have one for each of the "
            f"{len(release)} trials of release"
        )
    apart = np.abs(predicted - release)
    apart[(predicted != release) & ((predicted == NEVER) | (release == NEVER))] = 3
    exact, near_1, near_2 = (float((apart <= k).mean()) for k in range(3))
    return exact, near_1, near_2


def release_log_likelihood(hazard: npt.ArrayLike, release: npt.ArrayLike) -> Array:
    r"""Log P(release bin) = log h(r) + Σ_{t<r} log(1 − h(t)) of each trial, in nats.

    Parameters
    ----------
    hazard : array (…, trials, S)
        Taken to be at least 1e-6 away from 0 and 1, which bounds the loss of one surprise.
    release : int array (trials,)
        −1 where the rat held to the end.

    Returns
    -------
    array (…, trials)

    Examples
    --------
    >>> np.exp(release_log_likelihood([[0.5, 0.2], [0.5, 0.2]], [1, -1])).round(3)
    array([0.1, 0.4])
    """
    release = whole_array("release", release)
    h = np.clip(np.asarray(hazard, dtype=np.float64), _SMALL, 1 - _SMALL)
    n = h.shape[-1]
    bins, last = np.arange(n), np.where(release == NEVER, n, release)
    held = bins < last[:, None]
    still = np.where(held, np.log1p(-h), 0.0).sum(axis=-1)
    return still + np.where(bins == last[:, None], np.log(h), 0.0).sum(axis=-1)


def tuned_threshold(hazard: npt.ArrayLike, release: npt.ArrayLike) -> float:
    """The threshold with the best mean of exact, near-1 and near-2 matches.

    Parameters
    ----------
    hazard : array (trials, S)
        Of trials that are not tested on.
    release : int array (trials,)

    Returns
    -------
    float
        In the middle of a run of thresholds that are equally good.

    Examples
    --------
    >>> 0.3 < tuned_threshold([[0.1, 0.3, 0.8]], [2]) < 0.8
    True
    """
    hazard = _hazard(hazard)
    quality = np.array([sum(release_matches(predicted_release(hazard, e), release)) for e in _GRID])
    best = np.flatnonzero(quality > quality.max() - 1e-12)
    run = best[: np.append(np.flatnonzero(np.diff(best) > 1), len(best) - 1)[0] + 1]
    return float(_GRID[run].mean())


def hazard_of(distribution: npt.ArrayLike) -> Array:
    """P(release in a bin | held until then) of a distribution over bins.

    Parameters
    ----------
    distribution : array (…, S + 1)
        The last entry is for never.

    Examples
    --------
    >>> hazard_of([0.5, 0.4, 0.1]).round(3)
    array([0.5, 0.8])
    """
    f = np.asarray(distribution, dtype=np.float64)
    left = np.cumsum(f[..., ::-1], axis=-1)[..., ::-1][..., :-1]
    return np.divide(f[..., :-1], left, out=np.zeros_like(left), where=left > 1e-300)


def releases_of(hazard: npt.ArrayLike) -> Array:
    """Distribution of the bin of release of a hazard: the other way from `hazard_of`.

    Parameters
    ----------
    hazard : array (…, S)

    Returns
    -------
    array (…, S + 1)
        The last entry is for never.

    Examples
    --------
    >>> releases_of([0.5, 0.8])
    array([0.5, 0.4, 0.1])
    """
    h = np.asarray(hazard, dtype=np.float64)
    still = np.cumprod(1 - h, axis=-1)
    return np.concatenate((h[..., :1], h[..., 1:] * still[..., :-1], still[..., -1:]), axis=-1)


def _hazard(value: npt.ArrayLike) -> Array:
    hazard = finite_array("hazard", value)
    if hazard.ndim != 2:
        raise ValueError(f"hazard has shape {hazard.shape}; it must have shape (trials, S)")
    return hazard
