"""One table for every decoder of releases, over folds of the trials of a session."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from rl_lib._check import Array, Ints, generator, whole
from rl_lib.neurl._training import Configuration, draw_configurations
from rl_lib.neurl.classifiers import fit_logistic, fit_network
from rl_lib.neurl.decoder import fit_neurl
from rl_lib.neurl.evaluation import (
    EPSILON,
    Scores,
    hazard_of,
    predicted_release,
    release_log_likelihood,
    release_matches,
    tuned_threshold,
)
from rl_lib.neurl.laboratory import Truth
from rl_lib.neurl.recording import NEVER, Recording
from rl_lib.neurl.search import Searched, search

AHEAD = 2
"""Bins from the one decided in onwards that classifiers of the whole trial see."""


class Comparison(NamedTuple):
    """What `compare_decoders` finds."""

    scores: tuple[Scores, ...]
    """Rows of the table."""
    fold: Ints
    """Fold in which each trial is tested, shape (trials,)."""
    fitted: dict[str, list[Any]]
    """The decoder of each fold, for every method that is fitted to activity."""
    chosen: dict[str, list[Configuration]]
    """Configuration of each fold, for every method that searches for one."""
    searched: Searched

    def row(self, name: str, rule: str) -> Scores:
        """Scores of a method: "0.6", "tuned" or "mode"."""
        (found,) = (one for one in self.scores if (one.name, one.rule) == (name, rule))
        return found


def compare_decoders(
    recording: Recording,
    truth: Truth | None = None,
    *,
    n_folds: int = 10,
    n_configurations: int = 500,
    n_steps: int = 600,
    batch: int = 256,
    min_visits: int = 5,
    rng: np.random.Generator,
) -> Comparison:
    """Cross-validate NeuRL, classifiers and what needs no neurons.

    Parameters
    ----------
    recording : Recording
        A session, simulated or your own.
    truth : Truth, optional
        Of a simulated session; with it, there are rows for an oracle that knows the latents.
    n_folds : int ≥ 2
        At most as many as there are trials.
    n_configurations : int ≥ 6
        Drawn at random, and tried in every fold, for NeuRL and for the network classifier.
    n_steps, batch, min_visits : int ≥ 1
        As in `fit_neurl`.
    rng : numpy.random.Generator

    Returns
    -------
    Comparison

    Raises
    ------
    ModuleNotFoundError
        If jax or scikit-learn is not installed: pip install "inverse-q-learning[deep]".
    ValueError
        If there are fewer trials than folds, or training trials without any release.
    """
    n = len(recording)
    if n < whole("n_folds", n_folds, 2):
        raise ValueError(f"recording has {n} trials; it must have at least n_folds, {n_folds}")
    whole("n_configurations", n_configurations, 6)
    options: dict[str, Any] = {"n_steps": n_steps, "batch": batch}
    fold = generator(rng).permutation(n) % n_folds
    training = [np.flatnonzero(fold != k) for k in range(n_folds)]
    drawn = draw_configurations(n_configurations, rng)
    told = np.array([one.clock for one in drawn])
    shuffled = Recording(
        recording.counts[rng.permutation(n)],
        recording.release,
        recording.cue,
        recording.window,
        recording.after,
        recording.bin_width,
    )
    children = [each.spawn(2) for each in rng.spawn(n_folds)]
    searching, fitting = zip(*children, strict=True)
    searched = search(
        recording, training, drawn, min_visits=min_visits, rngs=list(searching), **options
    )
    scores = [*_without_neurons(recording, fold, n_folds)]
    fitted: dict[str, list[Any]] = {}
    chosen: dict[str, list[Configuration]] = {}

    def add(
        name: str,
        information: str,
        fit: Callable[..., Any],
        method: str = "",
        eligible: Any = True,
        session: Recording = recording,
        **more: Any,
    ) -> None:
        each = [()] * n_folds
        if method:
            best = searched.best(method, eligible & np.ones(len(drawn), dtype=bool))
            chosen[name] = [drawn[i] for i in best]
            each = [(one,) for one in chosen[name]]
        fitted[name] = [
            fit(session.select(training[k]), *each[k], rng=fitting[k], **more)
            for k in range(n_folds)
        ]
        tests = [session.select(fold == k) for k in range(n_folds)]
        hazards = [one.hazard(test) for one, test in zip(fitted[name], tests, strict=True)]
        tuned = [one.threshold for one in fitted[name]]
        scores.extend(_both(name, information, hazards, tuned, tests))

    reward: dict[str, Any] = {**options, "min_visits": min_visits}
    add("logistic regression", "causal", fit_logistic)
    add("logistic regression, not told the time", "causal", fit_logistic, clock=False)
    add("network", "causal", fit_network, "network", **options)
    add("network, not told the time", "causal", fit_network, "network", ~told, **options)
    add("NeuRL", "causal", fit_neurl, "neurl", ~told, **reward)
    add("NeuRL, told the time", "causal", fit_neurl, "neurl", told, **reward)
    ahead = min(AHEAD, recording.after)
    if ahead:
        whole_trial = "whole trial"
        add("logistic regression, ahead", whole_trial, fit_logistic, ahead=ahead)
        add("network, ahead", whole_trial, fit_network, "network", ahead=ahead, **options)
        add(
            "NeuRL, own future", whole_trial, fit_neurl, "own_future", ~told,
            own_future=True, **reward,
        )  # fmt: skip
    same: dict[str, Any] = {"session": shuffled}
    add("logistic regression, shuffled", "shuffled", fit_logistic, **same)
    add("network, shuffled", "shuffled", fit_network, "network", **same, **options)
    add("NeuRL, shuffled", "shuffled", fit_neurl, "neurl", ~told, **same, **reward)
    if truth is not None:
        scores.extend(_oracle(recording, truth, fold, n_folds))
    return Comparison(tuple(scores), fold, fitted, chosen, searched)


def _without_neurons(recording: Recording, fold: Ints, n_folds: int) -> Iterable[Scores]:
    """The commonest release, a bin at random, a release at random, and the hazard of time."""
    n, nothing = recording.n_decisions, np.full(n_folds, np.nan)
    modes, uniform, draws = [], [], []
    hazards, tuned, tests, likely = [], [], [], []
    for k in range(n_folds):
        train, test = recording.release[fold != k], recording.release[fold == k]
        counts = np.bincount(np.where(train == NEVER, n, train), minlength=n + 1)
        mode = int(counts.argmax())
        modes.append(release_matches(np.full(len(test), NEVER if mode == n else mode), test))
        uniform.append(_expected(np.append(np.full(n, 1 / n), 0.0), test))
        draws.append(_expected(counts / counts.sum(), test))
        visits = len(train) - np.append(0, np.cumsum(counts[:-2]))
        hazard = (counts[:-1] + 0.5) / (visits + 1)
        tuned.append(tuned_threshold(np.tile(hazard, (len(train), 1)), train))
        hazards.append(np.tile(hazard, (len(test), 1)))
        tests.append(recording.select(fold == k))
        likely.append(-np.log(n))
    behaviour = "behaviour"
    yield Scores("blind mode", "mode", behaviour, *np.transpose(modes), nothing, nothing)
    yield Scores("chance", "draw", behaviour, *np.transpose(uniform), np.array(likely), nothing)
    yield Scores("a release drawn", "draw", behaviour, *np.transpose(draws), nothing, nothing)
    yield from _both("hazard of time", behaviour, hazards, tuned, tests)


def _expected(distribution: Array, release: Ints) -> tuple[float, float, float]:
    """Matches to expect of predictions drawn from a distribution over bins and never."""
    n = len(distribution) - 1
    never = release == NEVER
    near = [
        np.where(
            never,
            distribution[n],
            sum(
                np.where(
                    (release + d >= 0) & (release + d < n),
                    distribution[np.clip(release + d, 0, n - 1)],
                    0.0,
                )
                for d in range(-k, k + 1)
            ),
        ).mean()
        for k in range(3)
    ]
    return float(near[0]), float(near[1]), float(near[2])


def _both(
    name: str, information: str, hazards: list[Array], tuned: list[float], tests: list[Recording]
) -> Iterable[Scores]:
    """A row at ε = .6, and one with the tuned threshold."""
    likely = np.array(
        [
            release_log_likelihood(hazard, test.release).mean()
            for hazard, test in zip(hazards, tests, strict=True)
        ]
    )
    for rule, thresholds in (("0.6", [EPSILON] * len(tests)), ("tuned", tuned)):
        matched = [
            release_matches(predicted_release(hazard, threshold), test.release)
            for hazard, threshold, test in zip(hazards, thresholds, tests, strict=True)
        ]
        yield Scores(name, rule, information, *np.transpose(matched), likely, np.array(thresholds))


def _oracle(recording: Recording, truth: Truth, fold: Ints, n_folds: int) -> Iterable[Scores]:
    hazard = hazard_of(truth.release_probability)
    tests = [fold == k for k in range(n_folds)]
    both = _both(
        "oracle policy",
        "oracle",
        [hazard[test] for test in tests],
        [tuned_threshold(hazard[~test], recording.release[~test]) for test in tests],
        [recording.select(test) for test in tests],
    )
    yield from both
    matched = [release_matches(truth.oracle_mode[test], recording.release[test]) for test in tests]
    nothing = np.full(n_folds, np.nan)
    yield Scores("oracle mode", "mode", "oracle", *np.transpose(matched), nothing, nothing)
