"""One table for every decoder of releases, over folds of the trials of a session.

Rows named "not told the time" see the activity alone, as NeuRL's network does: NeuRL knows the
time through V. Rows named "shuffled" are controls: each trial is shown the activity of another.
"""

from collections.abc import Callable, Iterable, Sequence
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


class Split(NamedTuple):
    """Trials to train on, and trials to test on."""

    train: Ints
    test: Ints


class Comparison(NamedTuple):
    """What `compare_decoders` finds."""

    scores: tuple[Scores, ...]
    """Rows of the table."""
    splits: tuple[Split, ...]
    fitted: dict[str, list[Any]]
    """The decoder of each split, for every method that is fitted to activity."""
    chosen: dict[str, list[Configuration]]
    """Configuration of each split, for every method that searches for one."""
    searched: Searched

    def row(self, name: str, rule: str) -> Scores:
        """Scores of a method under a rule: "0.6", "tuned", "mode" or "draw"."""
        (found,) = (one for one in self.scores if (one.name, one.rule) == (name, rule))
        return found


def trial_folds(n_trials: int, n_folds: int, *, rng: np.random.Generator) -> tuple[Split, ...]:
    """Folds of trials in random order, as even as they can be.

    Examples
    --------
    >>> [split.test for split in trial_folds(4, 2, rng=np.random.default_rng(0))]
    [array([0, 1]), array([2, 3])]
    """
    n, k = whole("n_trials", n_trials, 1), whole("n_folds", n_folds, 2)
    if n < k:
        raise ValueError(f"n_trials is {n}; it must be at least n_folds, {k}")
    fold = generator(rng).permutation(n) % k
    return tuple(Split(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(k))


def compare_decoders(
    recording: Recording,
    truth: Truth | None = None,
    *,
    splits: Sequence[Split] | None = None,
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
    splits : sequence of Split, optional
        All with as many training trials, up to one. Default: 10 folds.
    n_configurations : int ≥ 6
        Drawn at random, and tried in every split, for NeuRL and for the network classifier.
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
    splits = tuple(trial_folds(n, 10, rng=rng) if splits is None else splits)
    drawn = draw_configurations(whole("n_configurations", n_configurations, 6), generator(rng))
    told = np.array([one.clock for one in drawn])
    any_ = np.ones(len(drawn), dtype=bool)
    shuffled = Recording(
        recording.counts[rng.permutation(n)],
        recording.release,
        recording.cue,
        recording.window,
        recording.after,
        recording.bin_width,
    )
    searching, *fitting = (
        list(each) for each in zip(*(r.spawn(15) for r in rng.spawn(len(splits))), strict=True)
    )
    options: dict[str, Any] = {"n_steps": n_steps, "batch": batch}
    reward: dict[str, Any] = {**options, "min_visits": min_visits}
    training = [split.train for split in splits]
    searched = search(recording, training, drawn, rngs=searching, **reward)
    scores = [*_without_neurons(recording, splits)]
    fitted: dict[str, list[Any]] = {}
    chosen: dict[str, list[Configuration]] = {}

    def add(
        name: str,
        information: str,
        fit: Callable[..., Any],
        method: str = "",
        eligible: Any = any_,
        **more: Any,
    ) -> None:
        session = shuffled if information == "shuffled" else recording
        each: list[tuple[Any, ...]] = [()] * len(splits)
        if method:
            chosen[name] = [drawn[i] for i in searched.best(method, eligible)]
            each = [(one,) for one in chosen[name]]
        fitted[name] = [
            fit(session.select(split.train), *one, rng=child, **more)
            for split, one, child in zip(splits, each, fitting[len(fitted)], strict=True)
        ]
        tests = [session.select(split.test) for split in splits]
        hazards = [one.hazard(test) for one, test in zip(fitted[name], tests, strict=True)]
        tuned = [one.threshold for one in fitted[name]]
        scores.extend(_both(name, information, hazards, tuned, tests))

    add("logistic regression", "causal", fit_logistic)
    add("logistic regression, not told the time", "causal", fit_logistic, clock=False)
    add("network", "causal", fit_network, "network", **options)
    add("network, not told the time", "causal", fit_network, "network", ~told, **options)
    add("NeuRL", "causal", fit_neurl, "neurl", ~told, **reward)
    add("NeuRL, told the time", "causal", fit_neurl, "neurl", told, **reward)
    ahead = min(AHEAD, recording.after)
    if ahead:
        whole_trial = "whole trial"
        future = {"own_future": True, **reward}
        add("logistic regression, ahead", whole_trial, fit_logistic, ahead=ahead)
        add("network, ahead", whole_trial, fit_network, "network", ahead=ahead, **options)
        add("NeuRL, own future", whole_trial, fit_neurl, "own_future", ~told, **future)
    add("logistic regression, shuffled", "shuffled", fit_logistic)
    add("network, shuffled", "shuffled", fit_network, "network", **options)
    add("NeuRL, shuffled", "shuffled", fit_neurl, "neurl", ~told, **reward)
    if truth is not None:
        scores.extend(_oracle(recording, truth, splits))
    return Comparison(tuple(scores), splits, fitted, chosen, searched)


def _without_neurons(recording: Recording, splits: Sequence[Split]) -> Iterable[Scores]:
    """The commonest release, a bin at random, a release at random, and the hazard of time."""
    n = recording.n_decisions
    modes, uniform, draws, hazards, tuned = [], [], [], [], []
    for split in splits:
        train, test = recording.release[split.train], recording.release[split.test]
        counts = np.bincount(np.where(train == NEVER, n, train), minlength=n + 1)
        mode = int(counts.argmax())
        modes.append(release_matches(np.full(len(test), NEVER if mode == n else mode), test))
        uniform.append(_expected(np.append(np.full(n, 1 / n), 0.0), test))
        draws.append(_expected(counts / counts.sum(), test))
        visits = len(train) - np.append(0, np.cumsum(counts[:-2]))
        hazard = (counts[:-1] + 0.5) / (visits + 1)
        tuned.append(tuned_threshold(np.tile(hazard, (len(train), 1)), train))
        hazards.append(np.tile(hazard, (len(test), 1)))
    even = np.full(len(splits), -np.log(n))
    told, tests = "behaviour", [recording.select(split.test) for split in splits]
    yield _row("blind mode", "mode", told, modes)
    yield _row("chance", "draw", told, uniform, even)
    yield _row("a release drawn", "draw", told, draws)
    yield from _both("hazard of time", told, hazards, tuned, tests)


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
        yield _row(name, rule, information, matched, likely, np.array(thresholds))


def _oracle(recording: Recording, truth: Truth, splits: Sequence[Split]) -> Iterable[Scores]:
    hazard, release = hazard_of(truth.release_probability), recording.release
    tuned = [tuned_threshold(hazard[split.train], release[split.train]) for split in splits]
    tests = [recording.select(split.test) for split in splits]
    hazards = [hazard[split.test] for split in splits]
    yield from _both("oracle policy", "oracle", hazards, tuned, tests)
    mode = truth.oracle_mode
    matched = [release_matches(mode[split.test], release[split.test]) for split in splits]
    yield _row("oracle mode", "mode", "oracle", matched)


def _row(
    name: str,
    rule: str,
    information: str,
    matched: list[tuple[float, float, float]],
    likely: Array | None = None,
    thresholds: Array | None = None,
) -> Scores:
    nothing = np.full(len(matched), np.nan)
    exact, near_1, near_2 = np.transpose(matched)
    likely = nothing if likely is None else likely
    thresholds = nothing if thresholds is None else thresholds
    return Scores(name, rule, information, exact, near_1, near_2, likely, thresholds)
