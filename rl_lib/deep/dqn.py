r"""Double deep Q-learning from a memory of transitions, compiled.

For transitions (s, a, r, s') drawn from the memory the network Q moves towards

.. math:: y = r + \gamma\, Q'(s', \arg\max_b Q(s', b)),

where Q' is a copy that follows slowly, :math:`\theta' \leftarrow (1 - \tau)\theta' + \tau\theta`
(van Hasselt, Guez & Silver 2016). Nothing here ends: where an episode is cut off, its last
state still has a future.

This module needs jax and optax. They are imported when it is first used.
"""

from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib.neurl.networks import needs

Floats = npt.NDArray[np.float32]
Layers = tuple[tuple[Any, Any], ...]


class Memory:
    """The last `capacity` transitions, in arrays that are filled round and round."""

    def __init__(self, capacity: int, n_features: int) -> None:
        self.observations = np.zeros((capacity, n_features), dtype=np.float32)
        self.next_observations = np.zeros((capacity, n_features), dtype=np.float32)
        self.actions = np.zeros(capacity, dtype=np.int32)
        self.rewards = np.zeros(capacity, dtype=np.float32)
        self.size, self._next = 0, 0

    def add(self, observations: Floats, actions: Any, rewards: Any, following: Floats) -> None:
        """Write down n transitions over the oldest ones."""
        capacity, n = len(self.actions), len(actions)
        rows = (self._next + np.arange(n)) % capacity
        self.observations[rows], self.next_observations[rows] = observations, following
        self.actions[rows], self.rewards[rows] = actions, rewards
        self._next = (self._next + n) % capacity
        self.size = min(self.size + n, capacity)


class Learner(NamedTuple):
    """Where learning stands."""

    layers: Layers
    target: Layers
    optimiser: Any


def new_learner(sizes: tuple[int, ...], seed: int) -> Learner:
    """A network with He's random start, and a copy of it."""
    rng = np.random.default_rng(seed)
    layers = tuple(
        (
            rng.normal(0, np.sqrt(2 / n), (n, m)).astype(np.float32),
            np.zeros(m, dtype=np.float32),
        )
        for n, m in pairwise(sizes)
    )
    return Learner(layers, layers, _functions()[0](layers))


def learn(
    learner: Learner,
    memory: Memory,
    n_updates: int,
    *,
    discount: float,
    rng: np.random.Generator,
    batch: int = 256,
    learning_rate: float = 5e-4,
    tau: float = 0.005,
) -> tuple[Learner, float]:
    """So many updates with transitions drawn from the memory; returns the mean loss, too."""
    rows = rng.integers(memory.size, size=(n_updates, batch))
    data = memory.observations, memory.actions, memory.rewards, memory.next_observations
    picked = tuple(part[rows] for part in data)
    learner, loss = _functions()[1](learner, picked, discount, learning_rate, tau)
    return learner, float(loss)


def numpy_layers(learner: Learner) -> tuple[tuple[Floats, Floats], ...]:
    """The slowly moving copy, which is less noisy, as NumPy arrays."""
    return tuple((np.asarray(w), np.asarray(b)) for w, b in learner.target)


def values(layers: Layers, x: Any, maximum: Any = np.maximum) -> Any:
    """Q(x, ·) of a network of rectified linear layers."""
    for weights, biases in layers[:-1]:
        x = maximum(x @ weights + biases, 0)
    return x @ layers[-1][0] + layers[-1][1]


@cache
def _functions() -> tuple[Any, Any]:
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ModuleNotFoundError as missing:
        raise needs(missing.name or "jax") from None

    adam = optax.scale_by_adam()

    def loss(layers: Layers, target: Layers, transition: Any, discount: Any) -> Any:
        x, action, reward, following = transition
        best = values(layers, following, jnp.maximum).argmax(axis=1)
        future = values(target, following, jnp.maximum)
        rows = jnp.arange(len(action))
        y = jax.lax.stop_gradient(reward + discount * future[rows, best])
        return jnp.mean((values(layers, x, jnp.maximum)[rows, action] - y) ** 2)

    def run(learner: Learner, transitions: Any, discount: Any, rate: Any, tau: Any) -> Any:
        def update(learner: Learner, transition: Any) -> Any:
            found, slope = jax.value_and_grad(loss)(
                learner.layers, learner.target, transition, discount
            )
            step, state = adam.update(slope, learner.optimiser)
            layers = jax.tree.map(lambda p, s: p - rate * s, learner.layers, step)
            target = optax.incremental_update(layers, learner.target, tau)
            return Learner(layers, target, state), found

        learner, losses = jax.lax.scan(update, learner, transitions)
        return learner, losses.mean()

    return adam.init, jax.jit(run)
