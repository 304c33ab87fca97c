"""Trials and configurations as the arrays that networks are trained on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints, generator, whole
from rl_lib.neurl.activity import CLOCK, MEMORIES, Floats, Inputs
from rl_lib.neurl.networks import Batches, Network, Settings, train
from rl_lib.neurl.recording import Recording

WIDTHS = (8, 16, 32)
DISCOUNTS = (0.9, 0.95, 1.0)


class Configuration(NamedTuple):
    """What a random search draws of a network."""

    width: int = 16
    """Hidden units, one of `WIDTHS`."""
    learning_rate: float = 5e-3
    weight_decay: float = 0.03
    memories: tuple[bool, ...] = (True,) * len(MEMORIES)
    """Which running averages of the activity it sees."""
    clock: bool = False
    """Whether it is told the time since the press."""
    discount: float = 1.0
    """γ per bin; a classifier has none."""


def draw_configurations(n: int, rng: np.random.Generator) -> list[Configuration]:
    """Draw configurations: every width as often, half of them told the time."""
    seen = ((True, True), (True, False), (False, True))
    return [
        Configuration(
            WIDTHS[i % len(WIDTHS)],
            float(10 ** rng.uniform(-3, -1.5)),
            float(10 ** rng.uniform(-3, 1)),
            seen[rng.integers(len(seen))],
            bool(i // len(WIDTHS) % 2),
            DISCOUNTS[rng.integers(len(DISCOUNTS))],
        )
        for i in range(n)
    ]


class Targets(NamedTuple):
    """What a network is trained to say in the bins of some trials."""

    y: Floats
    """For each bin of each trial of the recording, shape (trials · S, G)."""
    mean: Array
    """What has been taken from each column, shape (G,)."""
    scale: Array
    """What it has been divided by."""
    rows: Ints
    """Bins that it is trained on."""


def release_targets(recording: Recording, trials: Ints) -> Targets:
    """Whether the rat lets go in the bin, wherever it holds: a classifier's."""
    bins = np.arange(recording.n_decisions)
    y = (bins == recording.release[:, None]).reshape(-1, 1).astype(np.float32)
    return Targets(
        y, np.zeros(1), np.ones(1), _rows(recording, trials, np.ones(len(bins), dtype=bool))
    )


def reward_targets(recording: Recording, trials: Ints, rewards: npt.NDArray[np.float64]) -> Targets:
    """What a release would be worth in the bin, wherever the rat holds: NeuRL's.

    `rewards` has shape (G, S), NaN in bins that have none.
    """
    rows = _rows(recording, trials, np.logical_and.reduce(np.isfinite(rewards)))
    y = np.tile(np.nan_to_num(rewards).T, (len(recording), 1))
    mean, scale = y[rows].mean(axis=0), y[rows].std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    return Targets(((y - mean) / scale).astype(np.float32), mean, scale, rows)


def _rows(recording: Recording, trials: Ints, told: npt.NDArray[np.bool_]) -> Ints:
    chosen = np.zeros(recording.holding.shape, dtype=bool)
    chosen[trials] = recording.holding[trials] & told
    return np.flatnonzero(chosen)


def job_batches(
    shown: Inputs,
    targets: Sequence[Targets],
    n_steps: int,
    batch: int,
    rngs: Sequence[np.random.Generator],
) -> Batches:
    """Rows, scaling and minibatches of each job, from its own rows alone."""
    x = shown.x.reshape(-1, shown.x.shape[-1])
    scaled = [scaling(x[one.rows]) for one in targets]
    drawn = [
        one.rows[rng.integers(len(one.rows), size=(n_steps, batch))]
        for one, rng in zip(targets, rngs, strict=True)
    ]
    mean, scale = (np.stack(part) for part in zip(*scaled, strict=True))
    return Batches(x, np.stack([one.y for one in targets]), mean, scale, np.stack(drawn))


def job_settings(
    configurations: Sequence[Sequence[Configuration]],
    group: Ints,
    width: int,
    discounts: Sequence[float] = (),
) -> Settings:
    """Configurations of each job as arrays; `width` is at least theirs.

    Without `discounts`, all are trained on the first column.
    """

    def array(value: object) -> Floats:
        return np.array(value, dtype=np.float32)

    def seen(one: Configuration) -> npt.NDArray[np.bool_]:
        gates = np.ones(len(group), dtype=bool)  # what lies ahead is always seen, where it is shown
        gates[group == CLOCK] = one.clock
        for memory, open_ in enumerate(one.memories):
            gates[group == memory] = open_
        return gates

    return Settings(
        array([[one.learning_rate for one in job] for job in configurations]),
        array([[one.weight_decay for one in job] for job in configurations]),
        array([[seen(one) for one in job] for job in configurations]),
        array([[np.arange(width) < one.width for one in job] for job in configurations]),
        np.array(
            [
                [discounts.index(one.discount) if discounts else 0 for one in job]
                for job in configurations
            ]
        ),
    )


def two_sets(recording: Recording, rng: np.random.Generator) -> tuple[list[Ints], Ints]:
    """Four in five trials, and all of them; and those that are in the second set alone."""
    n = whole("number of training trials", len(recording), 5)
    order = generator(rng).permutation(n)
    return [np.sort(order[n // 5 :]), np.arange(n)], np.sort(order[: n // 5])


def train_twice(
    shown: Inputs,
    targets: Sequence[Targets],
    configuration: Configuration,
    n_steps: int,
    batch: int,
    *,
    squared: bool,
    rng: np.random.Generator,
) -> tuple[list[Network], Batches]:
    """One network for each of two sets of trials, and what they were trained on."""
    n_steps, batch = whole("n_steps", n_steps, 1), whole("batch", batch, 1)
    batches = job_batches(shown, targets, n_steps, batch, rng.spawn(2))
    width = max(*WIDTHS, configuration.width)  # one shape for all, compiled once
    settings = job_settings([[configuration]] * 2, shown.group, width)
    found = train(batches, settings, squared=squared, seed=int(rng.integers(2**31)))
    return [Network(*(part[i, 0] for part in found)) for i in range(2)], batches


def scaling(x: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column (m, F); 1 in place of a deviation of 0."""
    deviation = x.std(axis=0)
    return x.mean(axis=0), np.where(deviation > 0, deviation, 1).astype(np.float32)


def standardised(x: Floats, mean: npt.NDArray[Any], scale: npt.NDArray[Any]) -> Floats:
    """`x` in standard deviations from the mean."""
    return (x - mean) / scale


def shape_of(recording: Recording) -> tuple[int, int, int]:
    """Decisions, units, and bins after the release."""
    return recording.n_decisions, recording.counts.shape[2], recording.after


def same_shape(recording: Recording, shape: tuple[int, int, int]) -> None:
    """Check that a recording is like those that a decoder was fitted to."""
    if shape_of(recording) != shape:
        raise ValueError(
            f"recording has (decisions, units, after) = {shape_of(recording)}; it must have "
            f"{shape}, as the training trials"
        )
