r"""What a decoder is shown of a trial, bin by bin.

*Causal* inputs of bin t come from the bins before t, and never from t itself: the rat lets go
somewhere within it, and what is recorded then may already be the movement. Each unit enters with
running averages of its counts,

    a(t) = a(t − 1) · d + n(t − 1) · (1 − d),   d = exp(−1 / τ),

one for each memory τ, in bins, and beside them stands the time since the press, one column a bin.
After the release they stay as they were in its bin. A prediction may then still come late, but not
because it saw that the lever was let go.

With `ahead`, the bins from t to t + ahead − 1 stand beside them as they are, and nothing stays:
such inputs know the whole trial, and can be compared with their like alone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Ints, number, whole
from rl_lib.neurl.recording import NEVER, Recording

Floats = npt.NDArray[np.float32]
MEMORIES = (2.0, 8.0)
CLOCK, AHEAD = -1, -2
"""Groups of columns that belong to no memory."""


class Inputs(NamedTuple):
    """What a decoder is shown."""

    x: Floats
    """Shape (trials, S, F), not yet scaled."""
    group: Ints
    """Number of the memory that a column belongs to, `CLOCK`, or `AHEAD`, shape (F,)."""
    unit: Ints
    """Unit that a column shows, −1 for the time, shape (F,)."""


def inputs(
    recording: Recording,
    *,
    memories: tuple[float, ...] = MEMORIES,
    ahead: int = 0,
    freeze: bool = True,
) -> Inputs:
    """Inputs of each bin of each trial.

    Parameters
    ----------
    recording : Recording
        A trial without a release is shown to its end. A unit that never fires gives columns of 0.
    memories : tuple of float > 0
        τ of the running averages, in bins.
    ahead : int in {0, …, after}
        Bins that are shown from the one decided in onwards.
    freeze : bool
        Whether inputs stay as they were in the bin of the release. Without, decoders see what
        follows it, as those do that look ahead.

    Returns
    -------
    Inputs

    Examples
    --------
    >>> counts = np.zeros((1, 4, 1), dtype=int)
    >>> counts[0, 1:] = 4
    >>> recording = Recording(counts, release=[2], cue=1, window=1, after=0)
    >>> inputs(recording, memories=(2.0,)).x[0, :, 0].round(2)
    array([0.  , 0.  , 1.57, 1.57], dtype=float32)
    """
    if not memories:
        raise ValueError("memories is empty; it must hold at least one")
    memories = tuple(number(f"memories[{i}]", m, 0, above=True) for i, m in enumerate(memories))
    ahead = whole("ahead", ahead, 0, recording.after)
    n, steps = len(recording), recording.n_decisions
    units = recording.counts.shape[2]
    seen = recording.counts.astype(np.float32)
    averages = np.zeros((len(memories), n, steps, units), dtype=np.float32)
    for average, memory in zip(averages, memories, strict=True):
        kept = np.float32(np.exp(-1 / memory))
        for t in range(1, steps):
            average[:, t] = kept * average[:, t - 1] + (1 - kept) * seen[:, t - 1]
    parts, group, unit = list(averages), [], []
    for i in range(len(memories)):
        group += [i] * units
        unit += list(range(units))
    if freeze and not ahead:
        last = np.where(recording.release == NEVER, steps, recording.release)
        until = np.minimum(np.arange(steps), last[:, None])[:, :, None]
        parts = [np.take_along_axis(part, until, axis=1) for part in parts]
    for k in range(ahead):
        parts.append(seen[:, k : k + steps])
        group += [AHEAD] * units
        unit += list(range(units))
    parts.append(np.broadcast_to(np.eye(steps, dtype=np.float32), (n, steps, steps)))
    group += [CLOCK] * steps
    unit += [-1] * steps
    return Inputs(np.concatenate(parts, axis=-1), np.array(group), np.array(unit))
