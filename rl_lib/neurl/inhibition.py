"""Simulated inhibition: parts of a population fall silent, and a decoder says what the rat does.

A decoder is fitted to intact trials. Then the counts of some units are set to 0, as inhibition
would, and the hazard that the decoder reads from the rest is followed through the trial. It is a
thought experiment: the simulated units report what the rat is about, and the decoder was never
shown a silent population.
"""

from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, at, first, whole_array
from rl_lib.neurl.evaluation import releases_of
from rl_lib.neurl.recording import Recording


class Decoder(Protocol):
    """What reads a hazard from a recording: `NeuRL`, or a `Classifier`."""

    def hazard(self, recording: Recording) -> Array:
        """P(release in a bin | held until then), shape (trials, S)."""
        ...


class Behaviour(NamedTuple):
    """What a distribution of releases comes to."""

    premature: float
    """Share of the trials that end before the cue."""
    correct: float
    late: float
    """Share that ends after the window, or never."""
    reaction_time: float
    """Mean time from the cue to a release in the window, in seconds, from bin to bin."""


def inhibit(recording: Recording, units: npt.ArrayLike) -> Recording:
    """The same trials with some of the units silent.

    Parameters
    ----------
    recording : Recording
    units : int array (k,)
        Numbers of the units.

    Returns
    -------
    Recording

    Examples
    --------
    >>> recording = Recording(np.ones((1, 3, 2)), release=[1], cue=1, window=1, after=1)
    >>> inhibit(recording, [0]).counts[0]
    array([[0, 1],
           [0, 1],
           [0, 1]])
    """
    units, n = whole_array("units", units), recording.counts.shape[2]
    bad = first((units < 0) | (units >= n))
    if bad is not None:
        raise ValueError(f"{at('units', bad)} is {units[bad]}; it must be in {{0, …, {n - 1}}}")
    counts = recording.counts.copy()
    counts[:, :, units] = 0
    return replace(recording, counts=counts)


def decoded_behaviour(decoder: Decoder, recording: Recording) -> Behaviour:
    """What the rat would do, were its releases those that a decoder reads from its neurons.

    Parameters
    ----------
    decoder : NeuRL or Classifier
    recording : Recording

    Returns
    -------
    Behaviour
        Averages over trials and over the releases that the hazard makes likely.
    """
    return behaviour_of(releases_of(decoder.hazard(recording)), recording)


def behaviour_of(releases: npt.ArrayLike, recording: Recording) -> Behaviour:
    """What distributions of releases come to, in the task of a recording.

    Parameters
    ----------
    releases : array (trials, S + 1)
        The last entry is for never.
    recording : Recording
        Says when the cue comes, and for how long a release is rewarded.

    Examples
    --------
    >>> recording = Recording(np.ones((1, 3, 1)), release=[1], cue=1, window=2, after=0)
    >>> behaviour_of([[0.25, 0.25, 0.25, 0.25]], recording)
    Behaviour(premature=0.25, correct=0.5, late=0.25, reaction_time=0.05)
    """
    mean = np.asarray(releases, dtype=np.float64).mean(axis=0)
    cue, end = recording.cue, recording.cue + recording.window
    window = mean[:-1][cue:end]
    correct = float(window.sum())
    since = np.arange(len(window)) * recording.bin_width
    reaction = float(window @ since / correct) if correct > 0 else np.nan
    premature = float(mean[:cue].sum())
    return Behaviour(premature, correct, 1 - premature - correct, reaction)
