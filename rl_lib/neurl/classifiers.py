"""What NeuRL is compared with: classifiers that say in each bin whether the rat lets go.

A logistic regression (scikit-learn) and a network, trained on every bin in which the lever was
held. They get the same inputs as NeuRL; told the time, too, which NeuRL knows through V.
"""

from typing import Any, NamedTuple

import numpy as np

from rl_lib._check import Array, number
from rl_lib.neurl._training import (
    Configuration,
    release_targets,
    same_shape,
    scaling,
    shape_of,
    standardised,
    train_twice,
    two_sets,
)
from rl_lib.neurl.activity import CLOCK, Floats, Inputs, inputs
from rl_lib.neurl.calibration import Calibration, calibrate
from rl_lib.neurl.evaluation import EPSILON, release_log_likelihood, tuned_threshold
from rl_lib.neurl.networks import Network, needs
from rl_lib.neurl.recording import Recording

STRENGTHS = (0.01, 0.1, 1.0)
"""Inverse regularisation of the logistic regressions that are tried."""


class Linear(NamedTuple):
    """Scores of a logistic regression."""

    weights: Array
    """Shape (F,); 0 for what it is not told."""
    bias: float

    def __call__(self, x: Floats) -> Array:
        """Scores of scaled inputs (…, F)."""
        return x @ self.weights + self.bias


class Classifier(NamedTuple):
    """A fitted classifier."""

    ahead: int
    """Bins it sees from the one decided in onwards; 0 if it is causal."""
    model: Network | Linear
    mean: Floats
    """Of each input over the training trials, shape (F,)."""
    scale: Floats
    """Its standard deviation."""
    calibration: Calibration
    threshold: float
    """The tuned ε."""
    shape: tuple[int, int, int]
    """Decisions, units and bins after the release, as in the training trials."""

    def score(self, recording: Recording) -> Array:
        """Log-odds before they are calibrated, shape (trials, S)."""
        return np.asarray(self.model(self._scaled(recording)), dtype=np.float64)

    def embedding(self, recording: Recording) -> Floats:
        """Hidden layer of a network in each bin, shape (trials, S, H)."""
        if isinstance(self.model, Linear):
            raise TypeError("model is a logistic regression; only a network has a hidden layer")
        return self.model.hidden(self._scaled(recording))

    def hazard(self, recording: Recording) -> Array:
        """P(release in a bin | held until then, activity), shape (trials, S)."""
        return self.calibration.hazard(self.score(recording))

    def _scaled(self, recording: Recording) -> Floats:
        same_shape(recording, self.shape)
        return standardised(inputs(recording, ahead=self.ahead).x, self.mean, self.scale)


def fit_network(
    recording: Recording,
    configuration: Configuration | None = None,
    *,
    ahead: int = 0,
    n_steps: int = 600,
    batch: int = 256,
    rng: np.random.Generator,
) -> Classifier:
    """Fit a network that classifies bins, in the same steps as `fit_neurl`.

    Parameters
    ----------
    recording : Recording
        The training trials.
    configuration : Configuration, optional
        Its discount is not looked at. By default it is told the time.
    ahead : int in {0, …, after}
        Bins that it sees from the one decided in onwards.
    n_steps, batch : int ≥ 1
    rng : numpy.random.Generator

    Returns
    -------
    Classifier

    Raises
    ------
    ModuleNotFoundError
        If jax is not installed: pip install "inverse-q-learning[deep]".
    ValueError
        If there are fewer than 5 trials, or none with a release.
    """
    one = Configuration(clock=True) if configuration is None else configuration
    sets, kept_out = two_sets(recording, rng)
    _some_release(recording)
    targets = [release_targets(recording, trials) for trials in sets]
    shown = inputs(recording, ahead=ahead)
    models, batches = train_twice(shown, targets, one, n_steps, batch, squared=False, rng=rng)
    first, final = (
        _uncalibrated(recording, ahead, models[i], batches.mean[i], batches.scale[i])
        for i in range(2)
    )
    return _finished(first, final, recording.select(kept_out))


def fit_logistic(
    recording: Recording,
    *,
    clock: bool = True,
    ahead: int = 0,
    strengths: tuple[float, ...] = STRENGTHS,
    rng: np.random.Generator,
) -> Classifier:
    """Fit a logistic regression, in the same steps as `fit_neurl`.

    Parameters
    ----------
    recording : Recording
        The training trials.
    clock : bool
        Whether it is told the time since the press.
    ahead : int in {0, …, after}
        Bins that it sees from the one decided in onwards.
    strengths : tuple of float > 0
        Inverse regularisations (C in scikit-learn); the trials that are kept out choose.
    rng : numpy.random.Generator

    Returns
    -------
    Classifier

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed: pip install "inverse-q-learning[deep]".
    ValueError
        If there are fewer than 5 trials, or none with a release.
    """
    for i, strength in enumerate(strengths):
        number(f"strengths[{i}]", strength, 0, above=True)
    sets, kept_out = two_sets(recording, rng)
    _some_release(recording)
    shown, rest = inputs(recording, ahead=ahead), recording.select(kept_out)
    firsts = [_regression(recording, shown, sets[0], ahead, clock, c) for c in strengths]
    likely = [
        release_log_likelihood(calibrated(one, rest).hazard(rest), rest.release).mean()
        for one in firsts
    ]
    best = int(np.argmax(likely))
    final = _regression(recording, shown, sets[1], ahead, clock, strengths[best])
    return _finished(firsts[best], final, rest)


def calibrated(one: Classifier, rest: Recording) -> Classifier:
    """With the gain and offset that suit trials not trained on."""
    return one._replace(calibration=calibrate(one.score(rest), rest))


def _finished(first: Classifier, final: Classifier, rest: Recording) -> Classifier:
    first = calibrated(first, rest)
    tuned = tuned_threshold(first.hazard(rest), rest.release)
    return final._replace(calibration=first.calibration, threshold=tuned)


def _uncalibrated(
    recording: Recording, ahead: int, model: Network | Linear, mean: Floats, scale: Floats
) -> Classifier:
    nothing = Calibration(np.ones(()), np.zeros(()))
    return Classifier(ahead, model, mean, scale, nothing, EPSILON, shape_of(recording))


def _regression(
    recording: Recording, shown: Inputs, trials: Any, ahead: int, clock: bool, strength: float
) -> Classifier:
    try:
        from sklearn.linear_model import LogisticRegression
    except ModuleNotFoundError:
        raise needs("scikit-learn") from None

    target = release_targets(recording, trials)
    _some_release(recording.select(trials))
    x = shown.x.reshape(-1, shown.x.shape[-1])[target.rows]
    mean, scale = scaling(x)
    told = (shown.group != CLOCK) | clock
    solver = "lbfgs" if ahead else "newton-cholesky"  # the faster one for so many columns
    model = LogisticRegression(C=strength, solver=solver, max_iter=500)
    model.fit(standardised(x, mean, scale)[:, told], target.y[target.rows, 0])
    weights = np.zeros(len(told))
    weights[told] = model.coef_[0]
    return _uncalibrated(recording, ahead, Linear(weights, float(model.intercept_[0])), mean, scale)


def _some_release(recording: Recording) -> None:
    if (recording.release < 0).all():
        raise ValueError("release is −1 in all training trials; it must be a bin in at least one")
