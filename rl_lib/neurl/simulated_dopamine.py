"""Simulated syllables with dopamine beside them, where what is in it is known.

Made up, and fitted to nobody: some syllables are popular, some follow one another, and each has a
level of dopamine of its own that has nothing to do with how often it is done.
"""

import numpy as np

from rl_lib._check import generator, number, shown, whole
from rl_lib.behaviour.recordings import SyllableData
from rl_lib.neurl.syllables import pair_tables

_SPILL = 0.25  # of the dopamine noise of one syllable into the next


def simulate_syllables(
    truth: str = "reward",
    n_recordings: int = 180,
    n_steps: int = 2_500,
    n_syllables: int = 24,
    *,
    strength: float = 0.1,
    levels: float = 0.15,
    rng: np.random.Generator,
) -> SyllableData:
    """Let mice choose syllable after syllable, and let dopamine follow what is known.

    Parameters
    ----------
    truth : {"reward", "log π", "nothing"}
        What dopamine follows at each transition, of the true policy: the reward of `iavi` at γ =
        .95, log π alone, or neither.
    n_recordings, n_steps : int ≥ 1
        Default: as many as there are of real mice.
    n_syllables : int ≥ 3
        Numbered from the most popular.
    strength : float ≥ 0
        Standard deviation over pairs of what it follows, where that of the noise is 1.
    levels : float ≥ 0
        Standard deviation of the syllables' own levels.
    rng : numpy.random.Generator

    Returns
    -------
    SyllableData
        Its source is "simulated". Dopamine is z-scored in each recording.

    Examples
    --------
    >>> made = simulate_syllables("nothing", 3, 100, rng=np.random.default_rng(0))
    >>> made.syllables.shape, made.source
    ((3, 100), 'simulated')
    """
    if not (isinstance(truth, str) and truth in ("reward", "log π", "nothing")):
        raise ValueError(f"truth is {shown(truth)}; it must be 'reward', 'log π' or 'nothing'")
    n, length = whole("n_recordings", n_recordings, 1), whole("n_steps", n_steps, 2)
    size, rng = whole("n_syllables", n_syllables, 3), generator(rng)
    strength, spread = number("strength", strength, 0), number("levels", levels, 0)

    off = ~np.eye(size, dtype=bool)
    liking = np.linspace(0, -1.5, size) + 0.7 * rng.standard_normal((size, size))
    sharpness = rng.uniform(0.5, 1.5, (size, 1))
    policy = np.where(off, np.exp(sharpness * liking), 0.0)
    policy /= policy.sum(axis=1, keepdims=True)
    own = spread * rng.standard_normal(size)
    signal = np.zeros((size, size))
    if truth != "nothing":
        # Counts without end, so that smoothing does nothing.
        signal = pair_tables(1e12 * policy)[truth]
        signal = np.where(off, signal - signal[off].mean(), 0.0) / signal[off].std()

    chances = policy.cumsum(axis=1)[:, :-1]
    x = np.empty((n, length), dtype=np.intp)
    x[:, 0] = rng.integers(size, size=n)
    for t in range(1, length):
        x[:, t] = (chances[x[:, t - 1]] <= rng.random((n, 1))).sum(axis=1)
    noise = rng.standard_normal((n, length + 1))
    y = own[x] + noise[:, 1:] + _SPILL * noise[:, :-1]
    y[:, 1:] += strength * signal[x[:, :-1], x[:, 1:]]
    y = (y - y.mean(axis=1, keepdims=True)) / y.std(axis=1, keepdims=True)
    return SyllableData(x, y, "simulated")
