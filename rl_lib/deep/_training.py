"""The training of deep inverse Q-learning: its settings, its parts, and when it ends."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from rl_lib._check import Ints, generator, number, whole
from rl_lib.deep._updates import updates
from rl_lib.deep.dqn import Layers
from rl_lib.deep.networks import DeepIQL
from rl_lib.deep.transitions import Transitions

_CHUNKS = 20


class Training(NamedTuple):
    """The settings of `diql`, by the names they have there."""

    update: str
    n_steps: int
    hidden: tuple[int, ...]
    batch: int
    learning_rate: float
    weight_decay: float
    tau: float
    held_out: float
    patience: int
    n_seeds: int
    progress: bool

    def checked(self) -> "Training":
        """The same, or an error that names what cannot be."""
        if self.update not in ("all", "taken"):
            raise ValueError(f'update is {self.update!r}; it must be "all" or "taken"')
        return self._replace(
            n_steps=whole("n_steps", self.n_steps, 1),
            batch=whole("batch", self.batch, 1),
            n_seeds=whole("n_seeds", self.n_seeds, 1),
            patience=whole("patience", self.patience, 1),
            tau=number("tau", self.tau, 0, 1, above=True),
            held_out=number("held_out", self.held_out, 0, 1),
        )


def train(
    transitions: Transitions,
    safe: Any,
    n_actions: int,
    discount: float,
    training: Training,
    rng: np.random.Generator,
) -> list[DeepIQL]:
    """Train the networks of every seed; with `safe`, (N, n_actions), those of Q^C too."""
    n_actions, discount = whole("n_actions", n_actions, 2), number("discount", discount, 0, 1)
    training = training.checked()
    n_steps, n_seeds = training.n_steps, training.n_seeds
    _check_actions(transitions.actions, n_actions)
    n = len(transitions.actions)
    order = generator(rng).permutation(n)
    n_kept = round(training.held_out * n)
    if n_kept == n:
        raise ValueError(f"held_out is {training.held_out}; it must leave a transition to train on")
    rest, rows = order[:n_kept], order[n_kept:]
    mean = transitions.observations.mean(axis=0)
    scale = transitions.observations.std(axis=0)
    scale = np.where(scale > 1e-6, scale, 1).astype(np.float32)
    x, following = (
        ((part - mean) / scale).astype(np.float32)
        for part in (transitions.observations, transitions.next_observations)
    )
    functions = updates()
    data = functions.put(
        (x, transitions.actions.astype(np.int32), following,
         transitions.terminated.astype(np.float32),
         np.ones((1, n_actions), dtype=bool) if safe is None else safe)
    )  # fmt: skip
    names = ("policy", "reward", "shifted", "q") + (() if safe is None else ("shifted_c", "q_c"))
    sizes = (x.shape[1], *training.hidden, n_actions)
    networks = {name: _start(sizes, n_seeds, rng) for name in names}
    static = (
        training.update == "all", n_steps, float(training.learning_rate),
        float(training.weight_decay), float(training.tau),
    )  # fmt: skip
    state = functions.begin(networks, static)
    best, likelihoods, losses = state, [], []
    best_step = np.full(n_seeds, n_steps)
    parts = list(_parts(n_steps))
    seen = np.full(n_seeds, -np.inf)
    since = 0
    for start, end in tqdm(parts, disable=not training.progress, desc="training", leave=False):
        chosen = rng.choice(rows, size=(n_seeds, end - start, training.batch)).astype(np.int32)
        state, loss = functions.run(state, data, chosen, discount, static)
        losses.append({name: np.asarray(each) for name, each in loss.items()})
        if n_kept:
            now = np.asarray(functions.likelihood(state[0]["policy"], x[rest], data[1][rest]))
            better = now > seen
            seen = np.maximum(seen, now)
            likelihoods.append(now)
            best = functions.choose(better, state, best) if len(likelihoods) > 1 else state
            since = 0 if better.any() else since + 1
            best_step[better] = end
            if since >= training.patience:
                break
    final = best if n_kept else state
    kept = {
        name: [tuple((np.asarray(w[i]), np.asarray(b[i])) for w, b in layers)
               for i in range(n_seeds)]
        for name, layers in final[1].items()
    }  # fmt: skip
    return [
        DeepIQL(
            {name: each[i] for name, each in kept.items()},
            mean.astype(np.float32), scale,
            {name: np.array([loss[name][i] for loss in losses]) for name in losses[0]},
            np.array([each[i] for each in likelihoods], dtype=np.float32),
            int(best_step[i]),
        )
        for i in range(n_seeds)
    ]  # fmt: skip


def _check_actions(actions: Ints, n_actions: int) -> None:
    outside = np.flatnonzero((actions < 0) | (actions >= n_actions))
    if len(outside):
        raise ValueError(
            f"actions[{outside[0]}] is {actions[outside[0]]}; it must be in "
            f"{{0, …, {n_actions - 1}}}"
        )
    missing = np.flatnonzero(np.bincount(actions, minlength=n_actions) == 0)
    if len(missing):
        raise ValueError(
            f"action {missing[0]} was never demonstrated; each of the {n_actions} actions must be"
        )


def _parts(n_steps: int) -> Iterator[tuple[int, int]]:
    """Parts of at most two lengths, so that training is compiled at most twice."""
    length = max(1, n_steps // _CHUNKS)
    for start in range(0, n_steps, length):
        yield start, min(start + length, n_steps)


def _start(sizes: tuple[int, ...], n_seeds: int, rng: np.random.Generator) -> Layers:
    """He's start, the last layer near 0, with a leading axis for seeds."""
    last = len(sizes) - 2
    return tuple(
        (
            rng.normal(0, np.sqrt(2 / n) * (0.01 if i == last else 1), (n_seeds, n, m)).astype(
                np.float32
            ),
            np.zeros((n_seeds, m), dtype=np.float32),
        )
        for i, (n, m) in enumerate(pairwise(sizes))
    )
