"""Compiled training of deep inverse Q-learning, beside the same updates one by one.

The update is the same function both times, and so is the work: draw a minibatch, update, note the
losses. In `diql` a compiled loop runs through all updates; the peer calls the function from a loop
in Python, as most code does. Then five seeds side by side, beside one, without and with the time to
compile. For linear networks and for two hidden layers of 64 units: the larger a network, the less
the calls matter.

    python -m bench.training
"""

import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from rl_lib import Objectworld, boltzmann_expert
from rl_lib.deep import _training, _updates
from rl_lib.deep.transitions import Transitions

RESULTS = Path(__file__).parent / "training.json"
UPDATES, CALLS, REPEAT, SEEDS, BATCH, DISCOUNT, A = 2000, 200, 7, 5, 64, 0.9, 5
NETWORKS = {"linear": (), "64-64": (64, 64)}


def measure(hidden: tuple[int, ...]) -> dict[str, float]:
    rng = np.random.default_rng(0)
    world = Objectworld.random(rng=rng)
    walks = boltzmann_expert(world.mdp, 0.1).demonstrate(128, max_steps=8, rng=rng)
    steps = Transitions.of(walks, world.features("reachable"))
    x, n = steps.observations, len(steps.actions)
    functions = _updates.updates()
    static = (True, UPDATES, 1e-3, 0.01, 0.01)
    data = functions.put(
        (x, steps.actions.astype(np.int32), steps.next_observations,
         steps.terminated.astype(np.float32), np.ones((1, A), dtype=bool))
    )  # fmt: skip

    def drawn(seeds: int, updates: int) -> Any:
        return rng.integers(n, size=(seeds, updates, BATCH)).astype(np.int32)

    def begin(seeds: int) -> Any:
        sizes = (x.shape[1], *hidden, A)
        networks = {
            name: _training._start(sizes, seeds, rng)
            for name in ("policy", "reward", "shifted", "q")
        }  # fmt: skip
        return functions.begin(networks, static)

    def compiled(seeds: int) -> Callable[[], float]:
        state = begin(seeds)

        def run() -> float:
            began = time.perf_counter()
            rows = drawn(seeds, UPDATES)
            jax.block_until_ready(functions.run(state, data, rows, DISCOUNT, static))
            return (time.perf_counter() - began) / UPDATES

        return run

    def one_by_one() -> float:
        now, curve = begin(1), []
        began = time.perf_counter()
        for _ in range(CALLS):
            now, losses = functions.run(now, data, drawn(1, 1), DISCOUNT, static)
            curve.append({name: float(loss[0]) for name, loss in losses.items()})
        jax.block_until_ready(now)
        return (time.perf_counter() - began) / CALLS

    one, many = compiled(1), compiled(SEEDS)
    first = [UPDATES * run() for run in (one, many)]  # these compile
    one_by_one()
    times = np.array([(one(), many(), one_by_one()) for _ in range(REPEAT)])
    alone, _, peer = np.median(times, axis=0)
    return {
        "microseconds": 1e6 * alone,
        "python_microseconds": 1e6 * peer,
        "ratio": float(np.median(times[:, 2] / times[:, 0])),
        "seeds_ratio": float(np.median(times[:, 1] / times[:, 0])),
        "seeds_ratio_with_compilation": first[1] / first[0],
        "compilation": first[0] - UPDATES * alone,
    }


def main() -> None:
    results: dict[str, Any] = {
        "versions": {name: version(name) for name in ("jax", "optax")},
        "device": jax.devices()[0].device_kind,
        "updates": UPDATES,
        "batch": BATCH,
        "seeds": SEEDS,
    }
    for name, hidden in NETWORKS.items():
        found = results[name] = {key: float(f"{v:.4g}") for key, v in measure(hidden).items()}
        print(
            f"{name:7} {found['microseconds']:5.0f} µs an update, {found['ratio']:.1f} times the "
            f"loop in Python; {SEEDS} seeds take {found['seeds_ratio']:.1f} times as long as one, "
            f"{found['seeds_ratio_with_compilation']:.1f} times with compilation"
        )
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
