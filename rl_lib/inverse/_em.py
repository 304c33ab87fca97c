r"""Expectation–maximisation of a Markov chain of intentions, each with a policy of its own.

The E-step is one pass forwards and one back (see `_forward_backward`), the M-step counts with
weights. Nothing here knows where an action leads: actions are all that is explained, states are
given. With Dirichlet priors, c on the actions and λ on the chain, no iteration lowers the
penalised log-likelihood.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from rl_lib._check import Array, Ints, at, first, generator, number, possible_actions, whole
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.inverse._forward_backward import Chain, Expected, expected_counts

_STAYS = 0.95  # where a restart begins
_NOISE = 1.0  # shape of the Gamma noise on its counts
_TRIAL = 10  # iterations after which the worse half of the beginnings is given up


class Problem(NamedTuple):
    """What was seen, and the priors."""

    pairs: Ints
    """s · A + a of each step."""
    offsets: Ints
    shape: tuple[int, int, int]
    """K, S, A."""
    smoothing: Array
    """(S, A), 0 where an action does not exist."""
    chain_smoothing: float


class Model(NamedTuple):
    """What an iteration begins with."""

    policy: Array
    """π_z(a|s), shape (K, S, A)."""
    chain: Chain


class Fit(NamedTuple):
    """Where a restart ended, the commonest intention first."""

    policy: Array
    """Shape (K, S, A)."""
    chain: Chain
    log_likelihood: float
    """In nats a step."""
    objective: list[float]
    converged: bool


def best_fit(
    demonstrations: Demonstrations,
    shape: tuple[int, int, int],
    smoothing: float,
    chain_smoothing: float,
    restarts: int,
    tol: float,
    max_iter: int,
    rng: np.random.Generator,
    progress: bool,
    possible: npt.NDArray[np.bool_] | None = None,
) -> tuple[Fit, Array]:
    """The best fit, and the log-likelihoods of all beginnings; arguments are checked.

    All beginnings are iterated for a while, the better half goes on for twice as long, and so on:
    successive halving (Jamieson & Talwalkar 2016) finds better places than a few long runs do.
    """
    require_steps(demonstrations)
    pairs = demonstrations.pairs(*shape[1:])
    shape = whole("n_intentions", shape[0], 1), *shape[1:]
    smoothing = number("smoothing", smoothing, 0, above=True)
    chain_smoothing = number("chain_smoothing", chain_smoothing, 0)
    restarts, max_iter = whole("restarts", restarts, 1), whole("max_iter", max_iter, 1)
    number("tol", tol, 0, above=True)
    generator(rng)
    exists = possible_actions(possible, shape[1:])
    refuse_impossible(~exists.ravel()[pairs])
    priors = np.where(exists, smoothing, 0.0), chain_smoothing
    problem = Problem(pairs, demonstrations.offsets, shape, *priors)
    # With one intention there is nothing to begin anywhere else from.
    n = restarts if shape[0] > 1 else 1
    fits = [Fit(*beginning(problem, rng), -np.inf, [], False) for _ in range(n)]
    likely, limit = np.empty(0), _TRIAL
    with tqdm(total=2 * n, unit="fit", disable=not progress) as bar:
        while len(fits) > 1:
            fits = [_further(problem, fit, tol, min(limit, max_iter)) for fit in fits]
            bar.update(len(fits))
            likely = likely if len(likely) else np.array([fit.log_likelihood for fit in fits])
            fits.sort(key=lambda fit: -fit.log_likelihood)
            fits, limit = fits[: (len(fits) + 1) // 2], 2 * limit + _TRIAL
        best = _further(problem, fits[0], tol, max_iter)
        bar.update(bar.total - bar.n)
    likely = likely if len(likely) else np.array([best.log_likelihood])
    if not best.converged:
        warnings.warn(f"not converged after {max_iter} iterations", stacklevel=3)
    return best, likely


def beginning(problem: Problem, rng: np.random.Generator) -> Model:
    """Policies near what was seen, each with noise of its own, and intentions that stay."""
    n_intentions, n_states, n_actions = problem.shape
    seen = np.bincount(problem.pairs, minlength=n_states * n_actions)
    noise = rng.gamma(_NOISE, 1 / _NOISE, (n_intentions, len(seen))) if n_intentions > 1 else 1.0
    switch = (1 - _STAYS) / max(n_intentions - 1, 1)
    transition = np.full((n_intentions, n_intentions), switch)
    np.fill_diagonal(transition, 1 - switch * (n_intentions - 1))
    start = np.full(n_intentions, 1 / n_intentions)
    return Model(
        _policy(seen * noise * np.ones((n_intentions, 1)), problem), Chain(start, transition)
    )


def fit(problem: Problem, model: Model, tol: float, max_iter: int) -> Fit:
    """Iterate until the penalised log-likelihood gains less than `tol` a step."""
    n_steps = len(problem.pairs)
    objective: list[float] = []
    while True:
        expected = expect(problem, model)
        objective.append(expected.log_likelihood + _log_prior(problem, model))
        gained = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
        converged = gained < tol * n_steps
        if converged or len(objective) == max_iter:
            break
        model = maximise(problem, expected, model)
    order = np.argsort(-expected.counts.sum(axis=0), kind="stable")
    start, transition = model.chain
    return Fit(
        model.policy[order],
        Chain(start[order], transition[np.ix_(order, order)]),
        expected.log_likelihood / n_steps,
        objective,
        converged,
    )


def _further(problem: Problem, before: Fit, tol: float, max_iter: int) -> Fit:
    """The same fit after `max_iter` iterations in all, or where it converges."""
    told = before.objective[:-1]  # the next begins where this one stopped
    if before.converged or len(before.objective) == max_iter:
        return before
    after = fit(problem, Model(before.policy, before.chain), tol, max_iter - len(told))
    return after._replace(objective=told + after.objective)


def expect(problem: Problem, model: Model) -> Expected:
    """E-step: how often each intention probably did what, given all steps of a trajectory."""
    emission = np.ascontiguousarray(model.policy.reshape(len(model.policy), -1).T)
    return expected_counts(problem.pairs, emission, model.chain, problem.offsets)


def maximise(problem: Problem, expected: Expected, model: Model) -> Model:
    """M-step: shares of these counts. An intention that nothing leaves switches as it did."""
    start = expected.begins + problem.chain_smoothing
    switches = expected.switches + problem.chain_smoothing
    total, kept = switches.sum(axis=1, keepdims=True), model.chain.transition.copy()
    transition = np.divide(switches, total, out=kept, where=total > 0)
    return Model(_policy(expected.counts.T, problem), Chain(start / start.sum(), transition))


def _policy(counts: npt.NDArray[Any], problem: Problem) -> Array:
    """π_z(a|s), shape (K, S, A), from weighted counts (K, S · A)."""
    smoothed = counts.reshape(problem.shape) + problem.smoothing
    return smoothed / smoothed.sum(axis=2, keepdims=True)


def refuse_impossible(steps: npt.NDArray[np.bool_]) -> None:
    """ValueError naming the first step that no intention can take."""
    bad = first(steps)
    if bad is not None:
        raise ValueError(f"{at('actions', bad)} is impossible in its state, by `possible`")


def _log_prior(problem: Problem, model: Model) -> float:
    exists = problem.smoothing > 0
    prior = (problem.smoothing[exists] * np.log(model.policy[:, exists])).sum()
    if problem.chain_smoothing:
        prior += problem.chain_smoothing * sum(np.log(part).sum() for part in model.chain)
    return float(prior)
