"""Random search for a network, in all folds at once; the trials that are tested on never choose.

Networks of one width are trained together, every configuration of every fold, on four in five of
the training trials. The fifth says how likely its releases are under each.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints
from rl_lib.neurl._training import (
    DISCOUNTS,
    Configuration,
    Targets,
    job_batches,
    job_settings,
    release_targets,
    reward_targets,
    two_sets,
)
from rl_lib.neurl.activity import Floats, inputs
from rl_lib.neurl.calibration import calibrate
from rl_lib.neurl.decoder import Intrinsic, advantage, intrinsic
from rl_lib.neurl.evaluation import release_log_likelihood
from rl_lib.neurl.networks import Network, outputs, train
from rl_lib.neurl.recording import Recording


class Searched(NamedTuple):
    """How likely the releases kept out are, in nats a trial, shape (folds, configurations)."""

    neurl: Array
    own_future: Array
    """NeuRL with Q from the trial's own future."""
    network: Array
    """The classifier."""

    def best(self, method: str, eligible: npt.NDArray[np.bool_]) -> Ints:
        """The best configuration of each fold among those that are eligible."""
        found: Array = getattr(self, method)
        return np.where(eligible, found, -np.inf).argmax(axis=1)


def search(
    recording: Recording,
    training: Sequence[Ints],
    configurations: Sequence[Configuration],
    *,
    n_steps: int,
    batch: int,
    min_visits: int,
    rngs: Sequence[np.random.Generator],
) -> Searched:
    """Train every configuration in every fold, as NeuRL and as a classifier.

    Parameters
    ----------
    recording : Recording
    training : sequence of int array
        Training trials of each fold.
    configurations : sequence of Configuration
    n_steps, batch, min_visits : int ≥ 1
        As in `fit_neurl`.
    rngs : sequence of numpy.random.Generator
        One a fold, so that a fold does not depend on what is drawn in another.

    Returns
    -------
    Searched

    Raises
    ------
    ModuleNotFoundError
        If jax is not installed: pip install "inverse-q-learning[deep]".
    """
    halves = [two_sets(recording.select(t), r) for t, r in zip(training, rngs, strict=True)]
    fit = [t[sets[0]] for t, (sets, _) in zip(training, halves, strict=True)]
    kept = [t[rest] for t, (_, rest) in zip(training, halves, strict=True)]
    learned = [
        [intrinsic(recording.select(trials), discount, min_visits) for discount in DISCOUNTS]
        for trials in fit
    ]
    rewards = [
        reward_targets(recording, trials, np.stack([one.reward for one in each]))
        for trials, each in zip(fit, learned, strict=True)
    ]
    releases = [release_targets(recording, trials) for trials in fit]
    found = Searched(*(np.empty((len(training), len(configurations))) for _ in range(3)))
    seeds = [int(each.integers(2**31)) for each in rngs]
    draws = [np.random.default_rng(seed) for seed in seeds]
    shown, watched = inputs(recording), inputs(recording, freeze=False)
    small = min(len(rest) for rest in kept)  # folds may differ by one trial, arrays may not
    kept = [rest[:small] for rest in kept]
    for squared, targets in ((True, rewards), (False, releases)):
        batches = job_batches(shown, targets, n_steps, batch, draws)
        for width in sorted({one.width for one in configurations}):
            which = [i for i, one in enumerate(configurations) if one.width == width]
            some = [configurations[i] for i in which]
            settings = job_settings(
                [some] * len(training), shown.group, width, DISCOUNTS if squared else ()
            )
            networks = train(batches, settings, squared=squared, seed=0)
            for x, after, name in (
                ((shown.x, 0, "neurl"), (watched.x, recording.after, "own_future"))
                if squared
                else ((shown.x, 0, "network"),)
            ):
                scores = _scores(networks, x, kept, batches.mean, batches.scale)
                for fold, rest in enumerate(kept):
                    one = scores[fold]
                    if squared:
                        one = _advantages(one, some, learned[fold], targets[fold], after)
                    getattr(found, name)[fold, which] = _likelihood(one, recording.select(rest))
    return found


def _scores(networks: Network, x: Floats, kept: list[Ints], mean: Floats, scale: Floats) -> Floats:
    """Outputs on the trials that are kept out, shape (folds, configurations, trials, S)."""
    shown = np.stack([x[rest].reshape(-1, x.shape[-1]) for rest in kept])
    found = outputs(networks, shown, mean, scale)
    return found.reshape(*found.shape[:2], len(kept[0]), x.shape[1])


def _advantages(
    scores: Array,
    configurations: list[Configuration],
    learned: list[Intrinsic],
    target: Targets,
    after: int,
) -> Array:
    found = np.empty(scores.shape)
    for i, discount in enumerate(DISCOUNTS):
        which = [k for k, one in enumerate(configurations) if one.discount == discount]
        reward = target.mean[i] + target.scale[i] * scores[which]
        found[which] = advantage(reward, learned[i], after)
    return found


def _likelihood(scores: Array, rest: Recording) -> Array:
    hazard = calibrate(scores, rest).hazard(scores)
    return release_log_likelihood(hazard, rest.release).mean(axis=-1)
