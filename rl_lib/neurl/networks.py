r"""Thousands of small networks trained at once: every configuration with `vmap`, in every fold.

One hidden layer, f(x) = w₂ · tanh(W₁ᵀ z + b₁) + b₂, z the scaled inputs, trained by Adam with
decoupled weight decay and a cosine schedule (Kingma & Ba 2015; Loshchilov & Hutter 2019). All
configurations of a fold see the same minibatches in the same order. They differ in their gates,
steps and starts alone, and then W₁ᵀ z of them all is one product of matrices: that is what makes
the search fast.

This module needs jax and optax. They are imported when a network is first trained.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from rl_lib._check import Ints
from rl_lib.neurl.activity import Floats


class Batches(NamedTuple):
    """What J jobs are trained on: a job is a set of trials, such as those of a fold."""

    x: Floats
    """Rows that all share, shape (n, F)."""
    y: Floats
    """Targets, shape (J, n, G): a configuration is trained on one of the G columns."""
    mean: Floats
    """Of the rows of each job, shape (J, F)."""
    scale: Floats
    """Standard deviations; 1 where a column never changes. Shape (J, F)."""
    rows: Ints
    """Minibatches, shape (J, steps, B)."""


class Settings(NamedTuple):
    """Configurations, shape (J, C) and what is written."""

    learning_rate: Floats
    weight_decay: Floats
    shown: Floats
    """1 for columns that the network sees, 0 for others, shape (J, C, F)."""
    hidden: Floats
    """1 for hidden units that exist, shape (J, C, H)."""
    column: Ints
    """Column of the targets."""


class Network(NamedTuple):
    """Parameters, with any leading axes."""

    w1: Any
    """Shape (F, H)."""
    b1: Any
    """Shape (H,)."""
    w2: Any
    """Shape (H,)."""
    b2: Any
    """Scalar."""

    def hidden(self, x: Floats) -> Floats:
        """Hidden layer of one network, for scaled inputs (…, F): shape (…, H)."""
        return np.tanh(x @ self.w1 + self.b1)

    def __call__(self, x: Floats) -> Floats:
        """Outputs of one network, for scaled inputs (…, F)."""
        return self.hidden(x) @ self.w2 + self.b2


def train(batches: Batches, settings: Settings, *, squared: bool, seed: int) -> Network:
    """Train one network for each job and configuration.

    Parameters
    ----------
    batches : Batches
    settings : Settings
    squared : bool
        Whether the loss is the squared error; else it is the logistic loss of targets 0 and 1.
    seed : int
        Of the random starts.

    Returns
    -------
    Network
        NumPy arrays with leading axes (J, C).

    Raises
    ------
    ModuleNotFoundError
        If jax or optax is not installed.
    """
    rng, shown, hidden = np.random.default_rng(seed), settings.shown, settings.hidden
    w1 = rng.standard_normal((*shown.shape, hidden.shape[-1]), dtype=np.float32)
    w2 = rng.standard_normal(hidden.shape, dtype=np.float32)
    w1 *= (shown / np.sqrt(shown.sum(axis=-1, keepdims=True)))[..., None]
    w2 *= hidden / np.sqrt(hidden.sum(axis=-1, keepdims=True))
    start = Network(w1, np.zeros_like(w2), w2, np.zeros_like(w2[..., 0]))
    trained = _functions()[0](batches, settings, start, squared=squared)
    return Network(*(np.asarray(part) for part in trained))


def outputs(networks: Network, x: Floats, mean: Floats, scale: Floats) -> Floats:
    """Outputs of all networks on the rows of their job.

    Parameters
    ----------
    networks : Network
        Leading axes (J, C).
    x : array (J, m, F)
    mean, scale : array (J, F)

    Returns
    -------
    array (J, C, m)
    """
    return np.asarray(_functions()[1](networks, x, mean, scale))


def needs(package: str) -> ModuleNotFoundError:
    """The error for a package of the extra that is missing."""
    return ModuleNotFoundError(
        f'{package} is not installed; this needs: pip install "inverse-q-learning[deep]"'
    )


@cache
def _functions() -> tuple[Any, Any]:
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ModuleNotFoundError as missing:
        raise needs(missing.name or "jax") from None

    adam = optax.scale_by_adam()

    def output(network: Network, x: Any) -> Any:
        return jnp.tanh(x @ network.w1 + network.b1) @ network.w2 + network.b2

    def trained(batches: Batches, settings: Settings, start: Network, squared: bool) -> Network:
        n_steps = batches.rows.shape[1]
        schedule = 0.5 * (1 + jnp.cos(jnp.pi * jnp.arange(n_steps) / n_steps))

        def loss(network: Network, x: Any, y: Any) -> Any:
            found = output(network, x)
            return jnp.mean((found - y) ** 2 if squared else jax.nn.softplus(found) - found * y)

        def job(of_job: Any) -> Network:
            y, mean, scale, rows, settings, networks = of_job

            def change(network: Network, update: Network, one: Settings, rate: Any) -> Network:
                rate = rate * one.learning_rate
                gates = Network(one.shown[:, None], 1.0, one.hidden, 1.0)
                decay = Network(one.weight_decay, 0.0, one.weight_decay, 0.0)
                return Network(
                    *(
                        p - rate * (u * g + d * p)
                        for p, u, g, d in zip(network, update, gates, decay, strict=True)
                    )
                )

            def step(carry: Any, now: Any) -> Any:
                networks, state = carry
                which, rate = now
                x = (batches.x[which] - mean) / scale
                targets = y[which].T[settings.column]
                gradients = jax.vmap(jax.grad(loss), (0, None, 0))(networks, x, targets)
                updates, state = adam.update(gradients, state)
                networks = jax.vmap(change, (0, 0, 0, None))(networks, updates, settings, rate)
                return (networks, state), None

            (networks, _), _ = jax.lax.scan(step, (networks, adam.init(networks)), (rows, schedule))
            return networks

        per_job = batches.y, batches.mean, batches.scale, batches.rows, settings, start
        # One job after the other: the networks of one stay in the processor's cache.
        return jax.lax.map(job, per_job)

    def all_outputs(networks: Network, x: Any, mean: Any, scale: Any) -> Any:
        def job(networks: Network, x: Any, mean: Any, scale: Any) -> Any:
            return jax.vmap(output, (0, None))(networks, (x - mean) / scale)

        return jax.vmap(job)(networks, x, mean, scale)

    return jax.jit(trained, static_argnames="squared"), jax.jit(all_outputs)
