r"""From the releases of a rat to what a release is worth to it, bin by bin.

The anchored gauge: if holding pays nothing, a Boltzmann rat's log-odds give its reward,

    r(release, t) = ℓ(t) + γ V(t + 1),   V(t) = max(ℓ(t), 0) + γ V(t + 1),

with ℓ(t) = log π(release|t) / π(hold|t): one pass backward from the last bin, in units of the
temperature. Counts of few visits would enter all bins before them, and so V is 0 behind the last
bin that was visited often enough. If the treat still lies ahead there, that is wrong by a constant,
at γ = 1 the same in all bins. What a release pays in one bin more than in another does not depend
on it, and is given intervals.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints, at, first, generator, number, truth_array, whole, whole_array
from rl_lib.worlds.response_task import HOLD, RELEASE

_TINY = np.finfo(np.float64).tiny


class ReleaseReward(NamedTuple):
    """What releases tell of a rat's reward if holding pays nothing."""

    policy: Array
    """The behaviour seen, smoothed, shape (S, 2); uniform where it was not visited."""
    reward: Array
    """r(a, t), shape (S, 2), 0 for holding; NaN where there were too few visits."""
    relative: Array
    """A release's reward less its mean over the bins that are told, shape (S,)."""
    low: Array
    """Lower end of the interval of `relative`, shape (S,)."""
    high: Array
    """Upper end."""
    log_odds: Array
    """Log-odds of releasing, in the unit of the reward, without a look ahead, shape (S,)."""
    visits: Ints
    """Trials in which the lever was still held as the bin began, shape (S,)."""
    releases: Ints
    """Trials in which the rat let go in the bin, shape (S,)."""

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """Bins that were visited often enough, shape (S,)."""
        return ~np.isnan(self.relative)

    def contrast(self, rewarded: npt.ArrayLike) -> float:
        """What a release pays in the rewarded window more than before it, on average over bins.

        Parameters
        ----------
        rewarded : bool array (S,)
            As `ResponseTask.rewarded`.
        """
        return release_contrast(self.reward[:, RELEASE], rewarded)


def release_contrast(reward: npt.ArrayLike, rewarded: npt.ArrayLike) -> float:
    """Mean of a release's reward in the rewarded window, less its mean before the window.

    Parameters
    ----------
    reward : array (S,)
        Bins that are NaN are left out.
    rewarded : bool array (S,)

    Raises
    ------
    ValueError
        If no bin is left on either side.

    Examples
    --------
    >>> release_contrast([0.0, 0.2, 1.0, np.nan], [False, False, True, True])
    0.9
    """
    window = truth_array("rewarded", rewarded)
    reward = np.asarray(reward, dtype=np.float64)
    if reward.shape != window.shape:
        raise ValueError(f"reward has shape {reward.shape}; it must have shape {window.shape}")
    before = np.arange(len(window)) < (window.argmax() if window.any() else 0)
    told = ~np.isnan(reward)
    if not (told & window).any() or not (told & before).any():
        raise ValueError("reward is NaN in all bins of the window or all before it")
    return float(reward[told & window].mean() - reward[told & before].mean())


def release_reward(
    releases: npt.ArrayLike,
    n_bins: int,
    *,
    discount: float = 1.0,
    temperature: float = 1.0,
    smoothing: float = 0.5,
    min_visits: int = 20,
    level: float = 0.95,
    n_draws: int = 1_000,
    rng: np.random.Generator,
) -> ReleaseReward:
    r"""Count releases, and solve for the reward in the gauge in which holding pays 0.

    Intervals are quantiles of the posterior. A trial visits a bin once, so that π(release|t) is
    Beta(n_release + c, n_hold + c), one bin apart from the others.

    Parameters
    ----------
    releases : int array (trials,)
        Bin of each release, in {0, …, S − 1}, or −1 where the rat held to the end.
    n_bins : int ≥ 1
        S.
    discount : float in [0, 1]
        γ per bin.
    temperature : float > 0
        T; with 1, rewards are in units of the temperature.
    smoothing : float > 0
        c, added to both counts of a bin.
    min_visits : int ≥ 1
        A bin visited less often is told nothing of, nor are those behind it.
    level : float in (0, 1)
        Probability that an interval is to hold the truth, for each bin on its own.
    n_draws : int ≥ 1
    rng : numpy.random.Generator

    Returns
    -------
    ReleaseReward

    Raises
    ------
    ValueError, TypeError
        If a release lies outside, or no bin is visited often enough.

    Examples
    --------
    >>> from rl_lib import ResponseTask, laboratory_rat
    >>> rng = np.random.default_rng(0)
    >>> walks = laboratory_rat("careful").demonstrate(1_000, rng=rng)
    >>> found = release_reward(walks.states[walks.actions == 1], 30, temperature=0.22, rng=rng)
    >>> round(found.contrast(ResponseTask().rewarded), 2)
    0.94
    """
    releases, n = whole_array("releases", releases), whole("n_bins", n_bins, 1)
    bad = first((releases < -1) | (releases >= n))
    if bad is not None:
        raise ValueError(
            f"{at('releases', bad)} is {releases[bad]}; it must be in {{0, …, {n - 1}}}, or −1"
        )
    gamma, scale = (
        number("discount", discount, 0, 1),
        number("temperature", temperature, 0, above=True),
    )
    smoothing = number("smoothing", smoothing, 0, above=True)
    min_visits, n_draws = whole("min_visits", min_visits, 1), whole("n_draws", n_draws, 1)
    level, rng = number("level", level, 0, 1, above=True), generator(rng)

    released = np.bincount(releases[releases >= 0], minlength=n)
    visits = len(releases) - np.append(0, np.cumsum(released)[:-1])
    end = int((visits >= min_visits).sum())  # visits never rise
    if not end:
        raise ValueError(f"releases has {len(releases)} trials; it must have at least {min_visits}")
    counts = np.stack((visits - released, released), axis=-1)
    policy = (counts + smoothing) / (visits + 2 * smoothing)[:, None]
    log_odds = np.log(policy[:, RELEASE] / policy[:, HOLD])
    reward = np.full((n, 2), np.nan)
    reward[:end, HOLD] = 0
    reward[:end, RELEASE] = scale * _anchored(log_odds[:end], gamma)
    drawn = np.log(
        np.maximum(rng.standard_gamma(counts[:end] + smoothing, (n_draws, end, 2)), _TINY)
    )
    curves = scale * _anchored(drawn[..., RELEASE] - drawn[..., HOLD], gamma)
    curves -= curves.mean(axis=1, keepdims=True)
    low, high = np.full((2, n), np.nan)
    low[:end], high[:end] = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    relative = reward[:, RELEASE] - reward[:end, RELEASE].mean()
    return ReleaseReward(policy, reward, relative, low, high, scale * log_odds, visits, released)


def _anchored(log_odds: Array, gamma: float) -> Array:
    """r(release, t) along the last axis, with V = 0 behind it."""
    reward, v = np.empty_like(log_odds), np.zeros(log_odds.shape[:-1])
    for t in reversed(range(log_odds.shape[-1])):
        reward[..., t] = log_odds[..., t] + gamma * v
        v = np.maximum(log_odds[..., t], 0) + gamma * v
    return reward
