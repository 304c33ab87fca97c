r"""From scores to probabilities: a temperature and an offset, fitted on trials not trained on.

A score says in which bins a release is likelier, and log-odds are gain · score + offset (Platt
1999). NeuRL, whose rewards come in units of the rat's temperature, gets its own in that way; and
classifiers that were trained too long are calmed.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from rl_lib._check import Array
from rl_lib.neurl.recording import Recording

_PRIOR = 1.0  # precision: a priori the gain is 1, give or take 1


class Calibration(NamedTuple):
    """Log-odds from scores: gain · score + offset."""

    gain: Array
    """Inverse temperature, at least 0."""
    offset: Array

    def hazard(self, scores: npt.ArrayLike) -> Array:
        """P(release in a bin | held until then), shape of the scores (…, trials, S)."""
        gain, offset = (np.asarray(part)[..., None, None] for part in self)
        return expit(gain * np.asarray(scores) + offset)


def calibrate(scores: npt.ArrayLike, recording: Recording) -> Calibration:
    """Gain and offset by logistic regression over the bins in which the lever was held.

    Parameters
    ----------
    scores : array (…, trials, S)
    recording : Recording
        Of the same trials.

    Returns
    -------
    Calibration
        Each of shape (…). Where larger scores mean fewer releases the gain is 0.
    """
    held = recording.holding
    scores = np.asarray(scores, dtype=np.float64)
    released = (np.arange(held.shape[1]) == recording.release[:, None])[held]
    s = scores[..., held]
    mean, deviation = s.mean(axis=-1), s.std(axis=-1)
    deviation = np.where(deviation > 0, deviation, 1)
    s = (s - mean[..., None]) / deviation[..., None]  # Newton's steps then are of one size
    rate = (released.sum() + 0.5) / (len(released) + 1)
    gain, offset = np.zeros(s.shape[:-1]), np.full(s.shape[:-1], np.log(rate / (1 - rate)))
    prior = _PRIOR / deviation**2
    for _ in range(25):
        p = expit(gain[..., None] * s + offset[..., None])
        wrong, w = released - p, p * (1 - p) + 1e-9
        g1 = (wrong * s).sum(axis=-1) - prior * (gain - deviation)
        g0 = wrong.sum(axis=-1)
        h11, h01, h00 = (w * s * s).sum(axis=-1) + prior, (w * s).sum(axis=-1), w.sum(axis=-1)
        determinant = h11 * h00 - h01**2
        gain = gain + np.clip((h00 * g1 - h01 * g0) / determinant, -2, 2)
        offset = offset + np.clip((h11 * g0 - h01 * g1) / determinant, -2, 2)
    useless = gain <= 0
    gain = np.where(useless, 0.0, gain / deviation)
    offset = np.where(useless, np.log(rate / (1 - rate)), offset - gain * mean)
    return Calibration(gain, offset)
