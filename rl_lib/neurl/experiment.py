r"""Which experiment tells two accounts of a behaviour apart, and how many trials it takes.

A rat that pays for every bin of holding and one that discounts the future let go in much the same
bins. Each is an `Account`: what it does in any version of the task, given its parameters. If one
is true and the other is fitted to it as well as can be, N trials are expected to raise the
likelihood ratio, twice its logarithm, by

    2N · KL,   KL = min_θ Σ_i w_i Σ_t f_i(t) log [f_i(t) / g_i(t; θ)],

f_i and g_i the distributions of releases in version i of the task, w_i its share of the trials
(Kullback & Leibler 1951). Above 10, evidence counts as very strong (Kass & Raftery 1995). One θ
has to serve all versions: that is what makes another wait or another treat tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from rl_lib._check import Array, distributions, finite_array, number
from rl_lib.behaviour.agents import boltzmann_expert
from rl_lib.neurl.rats import release_distribution
from rl_lib.worlds.response_task import ResponseTask

_TINY = np.finfo(np.float64).tiny


class Account(NamedTuple):
    """A family of rats: one for each value of its parameters, in any version of the task."""

    policy: Callable[[ResponseTask, Any], Array]
    """π(a|t), shape (S, 2), of a task and parameters."""
    start: tuple[float, ...]
    """Parameters to begin a fit with."""
    bounds: tuple[tuple[float, float], ...]
    """The range of each."""

    def releases(self, task: ResponseTask, parameters: Any) -> Array:
        """Distribution of the bin of release, and of none, shape (S + 1,)."""
        return release_distribution(self.policy(task, parameters))


def _costly(task: ResponseTask, parameters: Any) -> Array:
    cost, temperature = map(float, parameters)
    return boltzmann_expert(replace(task, holding_cost=cost, discount=1.0).mdp, temperature).policy


def _discounting(task: ResponseTask, parameters: Any) -> Array:
    discount, temperature = map(float, parameters)
    return boltzmann_expert(
        replace(task, holding_cost=0.0, discount=discount).mdp, temperature
    ).policy


HOLDING_COST = Account(_costly, (0.03, 0.2), ((0.0, 0.5), (0.02, 2.0)))
"""A rat that pays for each bin of holding, with parameters (cost, temperature)."""
DISCOUNTING = Account(_discounting, (0.96, 0.2), ((0.5, 1.0), (0.02, 2.0)))
"""A rat that discounts what is to come, with parameters (γ per bin, temperature)."""


class Evidence(NamedTuple):
    """What an experiment can be expected to show."""

    per_trial: float
    """2 KL in nats, what twice the log likelihood ratio gains in a trial, on average."""
    by_task: Array
    """The same in each version of the task, under the rival that fits all best, shape (n,)."""
    rival: Array
    """Parameters of the rival that come nearest."""

    def expected(self, n_trials: float) -> float:
        """2N KL of so many trials."""
        return n_trials * self.per_trial

    def trials(self, threshold: float = 10.0) -> float:
        """How many trials it takes until 2N KL is expected to reach a threshold."""
        return threshold / self.per_trial if self.per_trial > 0 else np.inf


def tell_apart(
    truth: Account,
    parameters: npt.ArrayLike,
    rival: Account,
    tasks: Sequence[ResponseTask],
    *,
    shares: npt.ArrayLike | None = None,
) -> Evidence:
    """What trials of some versions of the task can be expected to say against a rival account.

    Parameters
    ----------
    truth : Account
    parameters : array (p,)
        Of the truth.
    rival : Account
        Its parameters are those that come nearest, one set for all tasks.
    tasks : sequence of ResponseTask
        The versions of the task: other waits, other treats.
    shares : array (n,), optional
        Share of the trials that each has; they sum to 1. Default: equal ones.

    Returns
    -------
    Evidence

    References
    ----------
    Kass, R. E. & Raftery, A. E. (1995). Bayes factors. Journal of the American Statistical
    Association 90(430), 773–795.

    Kullback, S. & Leibler, R. A. (1951). On information and sufficiency. Annals of Mathematical
    Statistics 22(1), 79–86.

    Examples
    --------
    One wait and one treat take thousands of trials. A smaller treat in every second one:

    >>> usual, less = ResponseTask(), ResponseTask(reward=0.75)
    >>> impatient = (0.028, 0.18)
    >>> round(tell_apart(HOLDING_COST, impatient, DISCOUNTING, [usual]).trials())
    6063
    >>> round(tell_apart(HOLDING_COST, impatient, DISCOUNTING, [usual, less]).trials())
    271
    """
    weights = _shares(tasks, shares)
    seen = [truth.releases(task, parameters) for task in tasks]
    found = _fit(rival, tasks, [w * f for w, f in zip(weights, seen, strict=True)])
    by_task = np.array(
        [2 * _divergence(f, rival.releases(t, found)) for f, t in zip(seen, tasks, strict=True)]
    )
    return Evidence(float(weights @ by_task), by_task, found)


def likelihood_ratio(
    first: Account,
    second: Account,
    tasks: Sequence[ResponseTask],
    counts: Sequence[npt.ArrayLike],
) -> float:
    """Twice the log likelihood ratio of two accounts, each fitted to recorded releases.

    Parameters
    ----------
    first, second : Account
    tasks : sequence of ResponseTask
    counts : sequence of array (S + 1,)
        For each task, how often the rat let go in each bin; the last entry counts trials without a
        release.

    Returns
    -------
    float
        Above 0 where the first fits better, in nats.

    Examples
    --------
    >>> task = ResponseTask()
    >>> counts = 100_000 * DISCOUNTING.releases(task, (0.95, 0.2))
    >>> round(likelihood_ratio(DISCOUNTING, HOLDING_COST, [task], [counts]) / 100_000, 4)
    0.0038
    """
    _shares(tasks, None)
    if len(counts) != len(tasks):
        raise ValueError(
            f"counts has {len(counts)} entries; it must have one for each of {len(tasks)} tasks"
        )
    seen = []
    for i, (task, given) in enumerate(zip(tasks, counts, strict=True)):
        seen.append(finite_array(f"counts[{i}]", given, (len(task.times) + 1,)))
        number(f"least entry of counts[{i}]", seen[i].min(), 0)
        number(f"sum of counts[{i}]", seen[i].sum(), 0, above=True)
    best = (_log_likelihood(one, _fit(one, tasks, seen), tasks, seen) for one in (first, second))
    return 2 * (next(best) - next(best))


def _fit(account: Account, tasks: Sequence[ResponseTask], weights: Sequence[Array]) -> Array:
    """Parameters of the largest likelihood."""
    total = sum(w.sum() for w in weights)

    def loss(parameters: Array) -> float:
        return -_log_likelihood(account, parameters, tasks, weights) / total

    options = {"xatol": 1e-8, "fatol": 1e-13, "maxiter": 2_000}
    return minimize(
        loss, account.start, method="Nelder-Mead", bounds=account.bounds, options=options
    ).x


def _log_likelihood(
    account: Account, parameters: Array, tasks: Sequence[ResponseTask], weights: Sequence[Array]
) -> float:
    total = 0.0
    for task, weight in zip(tasks, weights, strict=True):
        some = weight > 0
        likely = np.maximum(account.releases(task, parameters)[some], _TINY)
        total += float(weight[some] @ np.log(likely))
    return total


def _divergence(f: Array, g: Array) -> float:
    some = f > 0
    return float(f[some] @ np.log(f[some] / np.maximum(g[some], _TINY)))


def _shares(tasks: Sequence[ResponseTask], shares: npt.ArrayLike | None) -> Array:
    if not len(tasks):
        raise ValueError("tasks is empty; it must hold at least one task")
    if shares is None:
        return np.full(len(tasks), 1 / len(tasks))
    return distributions("shares", shares, (len(tasks),))
