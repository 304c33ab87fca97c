r"""DIQL and DCIQL on the highway's transitions, in one compiled loop.

A classifier :math:`\tilde\pi` of the demonstrated action, and networks for r, Q, Q^Sh and their
constrained likes (Kalweit et al. 2020). With copies that follow slowly (primed) they move towards

- Q^Sh(s, a) → γ max Q'(s'), at the action that was taken,
- r(s, ·) → η'(s, ·) + Σ_{b≠·} [r'(s, b) - η'(s, b)] / (n - 1), η' = log π̃ - Q^Sh',
- Q(s, a) → r'(s, a) + γ max Q'(s') at the action taken, r'(s, b) + Q^Sh'(s, b) at the others,
- Q^C alike, with the maximum over the safe actions of s' and a Q^Sh of its own.

Nothing ends on a ring road, and so no target is masked.
"""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from rl_lib.behaviour.driving import Drives, NetworkDriver
from rl_lib.deep.dqn import Layers, values

NETWORKS = ("clone", "reward", "shifted", "DIQL", "shifted_c", "DCIQL")
SIZES, N_ACTIONS = (20, 64, 64, 3), 3
SMOOTHING, TAU, BATCH = 0.01, 0.01, 128


def learn_drivers(
    demonstrations: Drives, *, discount: float, n_updates: int, seed: int
) -> dict[str, NetworkDriver]:
    """The classifier, DIQL and DCIQL, as drivers."""
    data = (
        demonstrations.observations, demonstrations.actions.astype(np.int32),
        demonstrations.next_observations, demonstrations.next_safe,
    )  # fmt: skip
    rows = np.random.default_rng([seed, 1]).integers(len(data[1]), size=(n_updates, BATCH))
    learned = _training()(_start(seed), data, rows.astype(np.int32), discount)
    return {
        name: NetworkDriver(tuple((np.asarray(w), np.asarray(b)) for w, b in learned[name]))
        for name in ("clone", "DIQL", "DCIQL")
    }


def _start(seed: int) -> dict[str, Layers]:
    rng = np.random.default_rng([seed, 0])
    networks = {}
    for name in NETWORKS:
        layers = []
        for n, m in pairwise(SIZES):
            size = np.sqrt(2 / n) * (0.01 if m == N_ACTIONS else 1)
            layers.append((rng.normal(0, size, (n, m)).astype(np.float32), np.zeros(m, np.float32)))
        networks[name] = tuple(layers)
    return networks


@cache
def _training() -> Any:
    import jax
    import jax.numpy as jnp
    import optax

    def out(layers: Layers, x: Any) -> Any:
        return values(layers, x, jnp.maximum)

    def targets(copy: Any, transition: Any, discount: Any) -> dict[str, Any]:
        x, action, following, safe = transition
        taken = jax.nn.one_hot(action, N_ACTIONS) > 0
        policy = jax.nn.softmax(out(copy["clone"], x))
        policy = (1 - SMOOTHING) * policy + SMOOTHING / N_ACTIONS
        eta = jnp.log(policy) - out(copy["shifted"], x)
        reward = out(copy["reward"], x)
        rest = (reward - eta).sum(axis=1, keepdims=True) - (reward - eta)
        found = {"reward": eta + rest / (N_ACTIONS - 1)}
        for q, shifted, allowed in (
            ("DIQL", "shifted", jnp.ones_like(safe)),
            ("DCIQL", "shifted_c", safe),
        ):
            future = jnp.where(allowed, out(copy[q], following), -jnp.inf).max(axis=1)
            found[shifted] = discount * future[:, None]
            elsewhere = out(copy[shifted], x)
            found[q] = reward + jnp.where(taken, found[shifted], elsewhere)
        return found

    def loss(networks: Any, copy: Any, transition: Any, discount: Any) -> Any:
        x, action, _, _ = transition
        aims = jax.lax.stop_gradient(targets(copy, transition, discount))
        log_policy = jax.nn.log_softmax(out(networks["clone"], x))
        taken = jax.nn.one_hot(action, N_ACTIONS)
        total = -(log_policy * taken).sum(axis=1).mean()
        for name, aim in aims.items():
            error = (out(networks[name], x) - aim) ** 2
            if name.startswith("shifted"):
                error = error * taken
            total += error.mean()
        return total

    def train(networks: Any, data: Any, rows: Any, discount: Any) -> Any:
        adam = optax.adamw(optax.cosine_decay_schedule(1e-3, len(rows)), weight_decay=0.01)

        def update(carry: Any, chosen: Any) -> Any:
            networks, copy, state = carry
            transition = tuple(part[chosen] for part in data)
            slope = jax.grad(loss)(networks, copy, transition, discount)
            step, state = adam.update(slope, state, networks)
            networks = optax.apply_updates(networks, step)
            return (networks, optax.incremental_update(networks, copy, TAU), state), None

        start = networks, networks, adam.init(networks)
        return jax.lax.scan(update, start, rows)[0][1]

    return jax.jit(train)
