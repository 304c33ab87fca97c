"""A session at the lever as arrays: what each unit fired in each bin, and when the rat let go.

Simulated sessions come in this form, and so do your own. Bins count from the press. A trial has S
bins in which the rat may let go, and is recorded for a fixed number of bins after the release: what
lies beyond is not there in any trial, so that the length of a recording says nothing that the
others do not.
"""

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rl_lib._check import (
    Ints,
    at,
    finite_array,
    first,
    number,
    read_only,
    shown,
    whole,
    whole_array,
)
from rl_lib._values import Value
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.worlds.response_task import HOLD, RELEASE

NEVER = -1
OUTCOMES = ("premature", "correct", "late", "none")
"""What becomes of a trial."""


@dataclass(frozen=True, eq=False, repr=False)
class Recording(Value):
    """Spike counts beside releases.

    Parameters
    ----------
    counts : int array (trials, bins, units)
        Spikes in each bin, at least 0. There are `after` bins more than those in which the rat may
        let go. What lies more than `after` bins behind a release is not looked at: it may be NaN,
        and is kept as 0.
    release : int array (trials,)
        Bin in which the rat let go, from 0 to S − 1 with S = bins − after; −1 where it held to the
        end. Such a trial counts as S decisions to hold.
    cue : int
        First bin in which a release is rewarded, in {0, …, S − 1}.
    window : int ≥ 1
        Bins in which it is.
    after : int ≥ 0
        Bins recorded after a release.
    bin_width : float > 0
        In seconds.

    Raises
    ------
    ValueError, TypeError
        If shapes do not fit each other, a count is NaN, negative or no whole number (the message
        names trial, bin and unit), or a release lies outside. A unit that never fires is allowed;
        see `silent`.

    Examples
    --------
    >>> recording = Recording(np.ones((2, 5, 3)), release=[2, -1], cue=2, window=1, after=1)
    >>> recording
    Recording(2 trials, 5 bins, 3 units)
    >>> recording.outcomes
    array(['correct', 'none'], dtype='<U9')
    >>> recording.recorded[0]
    array([ True,  True,  True,  True, False])
    """

    counts: Ints
    release: Ints
    cue: int
    window: int = 6
    after: int = 8
    bin_width: float = 0.1

    def __post_init__(self) -> None:
        after = whole("after", self.after, 0)
        number("bin_width", self.bin_width, 0, above=True)
        counts = _numbers(self.counts)
        object.__setattr__(self, "counts", counts)
        shape = counts.shape
        if len(shape) != 3 or 0 in shape or shape[1] <= after:
            raise ValueError(
                f"counts has shape {shape}; it must have shape (trials, bins, units), all at least "
                f"1, with more bins than after, {after}"
            )
        release = whole_array("release", self.release)
        if len(release) != shape[0]:
            raise ValueError(
                f"release has {len(release)} entries; it must have one for each of the {shape[0]} "
                "trials of counts"
            )
        n = shape[1] - after
        bad = first((release < NEVER) | (release >= n))
        if bad is not None:
            raise ValueError(
                f"{at('release', bad)} is {release[bad]}; it must be a bin in {{0, …, {n - 1}}}, "
                "or −1 for none"
            )
        whole("cue", self.cue, 0, n - 1)
        whole("window", self.window, 1)
        object.__setattr__(self, "release", read_only(release))
        object.__setattr__(self, "counts", read_only(_whole_counts(counts, self.recorded)))

    def __repr__(self) -> str:
        trials, bins, units = self.counts.shape
        return f"Recording({trials} trials, {bins} bins, {units} units)"

    def __len__(self) -> int:
        return len(self.release)

    @property
    def n_decisions(self) -> int:
        """S, the bins in which the rat may let go."""
        return self.counts.shape[1] - self.after

    @cached_property
    def holding(self) -> npt.NDArray[np.bool_]:
        """Whether the lever was held as a bin began, so that it was decided there; (trials, S)."""
        last = np.where(self.release == NEVER, self.n_decisions, self.release)
        return read_only(np.arange(self.n_decisions) <= last[:, None])

    @cached_property
    def recorded(self) -> npt.NDArray[np.bool_]:
        """Whether a bin is part of the recording, shape (trials, bins)."""
        n = self.counts.shape[1]
        last = np.where(self.release == NEVER, n, self.release + self.after)
        return read_only(np.arange(n) <= last[:, None])

    @property
    def silent(self) -> npt.NDArray[np.bool_]:
        """Units that never fire, shape (units,); there is nothing to scale them by."""
        return self.counts.sum(axis=(0, 1)) == 0

    @property
    def outcomes(self) -> npt.NDArray[np.str_]:
        """What became of each trial, one of `OUTCOMES`, shape (trials,)."""
        ends = np.searchsorted([self.cue, self.cue + self.window], self.release, side="right")
        return np.array(OUTCOMES)[np.where(self.release == NEVER, 3, ends)]

    @property
    def demonstrations(self) -> Demonstrations:
        """The behaviour alone; state t is "held for t bins", actions hold (0) and release (1)."""
        lengths = self.holding.sum(axis=1)
        offsets = np.append(0, np.cumsum(lengths))
        states = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        actions, next_states = np.full(len(states), HOLD), states + 1
        last = offsets[1:] - 1
        actions[last[self.release != NEVER]] = RELEASE
        next_states[last] = states[last]  # an ending is recorded as the state it left
        ended = np.ones(len(lengths), dtype=bool)
        return Demonstrations(states, actions, next_states, offsets, ended)

    def select(self, trials: npt.ArrayLike) -> "Recording":
        """Some of the trials.

        Parameters
        ----------
        trials : int or bool array
            As NumPy's indexing takes it.

        Returns
        -------
        Recording
        """
        which = np.asarray(trials)
        rest = self.cue, self.window, self.after, self.bin_width
        return Recording(self.counts[which], self.release[which], *rest)


def _numbers(value: Any) -> npt.NDArray[Any]:
    with contextlib.suppress(ValueError):  # rows of different lengths
        array = np.asarray(value)
        if array.dtype.kind in "iuf":
            return array
    raise TypeError(f"counts is {shown(value)}; it must be an array of whole numbers")


def _whole_counts(array: npt.NDArray[Any], recorded: npt.NDArray[np.bool_]) -> Ints:
    array = np.where(recorded[:, :, None], array, 0)
    if array.dtype.kind == "f":
        finite_array("counts", array)
    array = whole_array("counts", array, ndim=3)
    bad = first(array < 0)
    if bad is not None:
        raise ValueError(f"{at('counts', bad)} is {array[bad]}; it must be at least 0")
    return array
