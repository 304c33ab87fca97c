r"""A simulated laboratory: a rat at the lever, and spiking units beside it. The truth is kept.

**The rat.** In each trial it has a fast or slow clock c and more or less urgency u, both standard
normal and independent. They make a plan, and the release scatters about it:

    z = √w c + √(1 − w) u,      release = F⁻¹(Φ(−(√ρ z + √(1 − ρ) e))),      e standard normal,

F the distribution of releases under the rat's policy (a Gaussian copula, Nelsen 2006). Over trials
the releases are *exactly* those of the policy, so that who sees the task's state alone sees a
Boltzmann rat with the reward it has; and yet a share ρ of what makes a trial early or late stands
in the latents, where activity can show it. What an oracle who knows them predicts has a closed
form: P(release ≤ t | z) = Φ((Φ⁻¹(F(t)) + √ρ z) / √(1 − ρ)).

**The units.** Counts are Poisson with log rates linear in four signals: a *ramp*, time since the
press as the clock has it; a *level* while the lever is held, the lower the more the rat is urged; a
pulse at the *cue*; a pulse with the *movement* after the release. Ramping, sustained, cue and
movement units follow one signal, mixed ones all, untuned ones none. The gains of all drift over
trials.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from rl_lib._check import Array, Ints, distributions, generator, number, read_only, whole
from rl_lib._values import Value
from rl_lib.neurl.rats import release_distribution
from rl_lib.neurl.recording import NEVER, Recording
from rl_lib.worlds.response_task import ResponseTask

KINDS = ("ramping", "sustained", "cue", "movement", "mixed", "untuned")
SIGNALS = ("ramp", "level", "cue", "movement")
_CUE_PULSE = (1.0, 0.6, 0.3)
_MOVEMENT_PULSE = (1.0, 0.8, 0.5, 0.25)
_CLOCK_SPREAD = 0.25  # log speed of the clock, one standard deviation
_URGENCY_SPREAD = 0.2  # of the level


class Truth(NamedTuple):
    """What nobody sees in a real laboratory."""

    clock: Array
    """How fast the clock ran in each trial, in standard deviations, shape (trials,)."""
    urgency: Array
    """How much the rat was urged, in standard deviations, shape (trials,)."""
    decision: Ints
    """Bin in which the rat meant to let go, about which the release scatters; −1 for never."""
    release_probability: Array
    """P(release in a bin | clock, urgency), shape (trials, S + 1); the last entry is for never."""
    kinds: npt.NDArray[np.str_]
    """Kind of each unit, shape (units,)."""
    tuning: Array
    """What each unit's log rate takes of each of `SIGNALS`, shape (units, 4)."""
    baseline: Array
    """Log of the spikes in a bin at rest, shape (units,)."""
    drift: Array
    """What is added to it in each trial, shape (trials, units)."""

    @property
    def oracle_mode(self) -> Ints:
        """The likeliest release of each trial, given its latents; −1 for never."""
        mode = self.release_probability.argmax(axis=1)
        return np.where(mode == self.release_probability.shape[1] - 1, NEVER, mode)


class Session(NamedTuple):
    """A simulated session."""

    recording: Recording
    truth: Truth


@dataclass(frozen=True, eq=False)
class Laboratory(Value):
    """Where simulated sessions are recorded.

    Parameters
    ----------
    policy : array (S, 2)
        Of the rat in the task, as `laboratory_rat` and `rat` have it.
    task : ResponseTask
    units : tuple of six int ≥ 0
        How many there are of each of `KINDS`; at least one in all.
    latent : float in [0, 1)
        ρ, the share of the release that the latents explain. At 0 there is nothing to decode beyond
        the time since the press.
    clock : float in [0, 1]
        w, the share of the clock among the latents; the rest is urgency.
    drift : float ≥ 0
        Standard deviation of a unit's log gain at the end of a session, relative to the beginning.
    after : int ≥ 0
        Bins recorded after a release.
    lead : int ≥ 0
        Bins by which movement units are early. At 0 they begin in the bin after the release, at 1
        in the bin of the release itself, and then whoever reads them knows the release.

    Raises
    ------
    ValueError, TypeError
        Naming the argument.

    References
    ----------
    Nelsen, R. B. (2006). An Introduction to Copulas, 2nd edition. Springer.

    Examples
    --------
    >>> from rl_lib.neurl.rats import laboratory_rat
    >>> laboratory = Laboratory(laboratory_rat("careful").policy)
    >>> recording, truth = laboratory.record(200, rng=np.random.default_rng(0))
    >>> recording
    Recording(200 trials, 38 bins, 40 units)
    """

    policy: Array
    task: ResponseTask = field(default_factory=ResponseTask)
    units: tuple[int, ...] = (8, 8, 4, 6, 8, 6)
    latent: float = 0.9
    clock: float = 0.5
    drift: float = 0.3
    after: int = 8
    lead: int = 0

    def __post_init__(self) -> None:
        shape = (len(self.task.times), 2)
        policy = distributions("policy", self.policy, shape)
        object.__setattr__(self, "policy", read_only(policy.copy()))
        if len(self.units) != len(KINDS):
            raise ValueError(
                f"units has {len(self.units)} entries; it must have one for each of "
                f"{', '.join(KINDS)}"
            )
        for kind, n in zip(KINDS, self.units, strict=True):
            whole(f"units ({kind})", n, 0)
        whole("sum of units", sum(self.units), 1)
        if number("latent", self.latent, 0, 1) == 1:
            raise ValueError("latent is 1; it must be below 1")
        number("clock", self.clock, 0, 1)
        number("drift", self.drift, 0)
        whole("after", self.after, 0)
        whole("lead", self.lead, 0)

    def record(self, n_trials: int, *, rng: np.random.Generator) -> Session:
        """Simulate a session.

        Parameters
        ----------
        n_trials : int ≥ 1
        rng : numpy.random.Generator

        Returns
        -------
        Session
            The recording, and the truth behind it.
        """
        n, rng = whole("n_trials", n_trials, 1), generator(rng)
        clock, urgency, scatter = rng.standard_normal((3, n))
        latent = np.sqrt(self.clock) * clock + np.sqrt(1 - self.clock) * urgency
        edges = norm.ppf(np.clip(np.cumsum(release_distribution(self.policy)), 0, 1))
        edges[-1] = np.inf  # a sum may end just below 1
        rho = self.latent
        decision = _bin(edges, -latent)
        release = _bin(edges, -(np.sqrt(rho) * latent + np.sqrt(1 - rho) * scatter))
        below = norm.cdf((edges + np.sqrt(rho) * latent[:, None]) / np.sqrt(1 - rho))
        probability = np.diff(below, prepend=0.0, axis=1)
        kinds = np.repeat(KINDS, self.units)
        tuning, baseline = _population(kinds, rng)
        steps = rng.standard_normal((n, len(kinds))) * self.drift / np.sqrt(n)
        drift = np.cumsum(steps, axis=0)
        log_rates = self._signals(release, clock, urgency) @ tuning.T + baseline + drift[:, None, :]
        counts = rng.poisson(np.exp(log_rates))
        cue, window = int(self.task.rewarded.argmax()), int(self.task.rewarded.sum())
        recording = Recording(counts, release, cue, window, self.after, self.task.bin_width)
        truth = Truth(clock, urgency, decision, probability, kinds, tuning, baseline, drift)
        return Session(recording, truth)

    def _signals(self, release: Ints, clock: Array, urgency: Array) -> Array:
        """The four signals in each bin of each trial, shape (trials, bins, 4)."""
        n = len(self.task.times)
        bins = np.arange(n + self.after)
        cue = int(self.task.rewarded.argmax())
        end = np.where(release == NEVER, len(bins), release)[:, None]
        held = bins <= end
        ramp = bins / cue * np.exp(_CLOCK_SPREAD * clock)[:, None] * held
        level = (1 - _URGENCY_SPREAD * urgency)[:, None] * held
        felt = _pulse(_CUE_PULSE, bins - cue) * (end >= cue)
        movement = _pulse(_MOVEMENT_PULSE, bins - (end + 1 - self.lead))
        return np.stack((ramp, level, felt, movement), axis=-1)


def _bin(edges: Array, draws: Array) -> Ints:
    """The bin below whose upper edge each draw falls; −1 behind the last one."""
    place = np.searchsorted(edges, draws)
    return np.where(place == len(edges) - 1, NEVER, place)


def _pulse(shape: tuple[float, ...], since: Ints) -> Array:
    inside = (since >= 0) & (since < len(shape))
    return np.where(inside, np.take(shape, np.clip(since, 0, len(shape) - 1)), 0.0)


def _population(kinds: npt.NDArray[np.str_], rng: np.random.Generator) -> tuple[Array, Array]:
    """Tuning (units, 4) and log baselines (units,): 3 to 15 spikes a second at 0.1 s a bin."""
    n = len(kinds)
    strength = rng.uniform(0.6, 1.2, n) * rng.choice([1, 1, -1], n)  # one third is suppressed
    tuning = np.zeros((n, len(SIGNALS)))
    for signal, kind in enumerate(KINDS[: len(SIGNALS)]):
        tuning[kinds == kind, signal] = strength[kinds == kind]
    mixed = kinds == "mixed"
    tuning[mixed] = rng.normal(0, 0.5, (mixed.sum(), len(SIGNALS)))
    return tuning, np.log(rng.uniform(0.3, 1.5, n))
