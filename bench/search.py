"""A random search for networks, beside the same networks one by one in scikit-learn.

As many steps of as many rows each, the same widths, steps and inputs. Ours trains every
configuration of every fold at once; scikit-learn's MLPClassifier trains some of them, of every
width as many, and is given the best of one thread and two. Times are for one step of one network,
and compilation stands apart.

    python -m bench.search
"""

import json
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from rl_lib import Laboratory, laboratory_rat
from rl_lib.neurl import networks
from rl_lib.neurl._training import (
    draw_configurations,
    job_batches,
    job_settings,
    release_targets,
    scaling,
    standardised,
)
from rl_lib.neurl.activity import CLOCK, inputs
from rl_lib.neurl.networks import train

RESULTS = Path(__file__).parent / "search.json"
TRIALS, FOLDS, CONFIGURATIONS, STEPS, BATCH, REPEAT, PEERS = 600, 10, 150, 100, 256, 3, 12


def main() -> None:
    results = measure()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf8")
    print(
        f"batched search: {results['ratio']:.1f} times scikit-learn, "
        f"{results['microseconds']:.1f} µs against {results['sklearn_microseconds']:.0f} µs a step "
        f"of one network; compiled in {results['compilation']:.0f} s"
    )


def measure() -> dict:
    rng = np.random.default_rng(0)
    recording = Laboratory(laboratory_rat("careful").policy).record(TRIALS, rng=rng).recording
    fold = rng.permutation(TRIALS) % FOLDS
    sets = [np.flatnonzero(fold != k) for k in range(FOLDS)]
    shown, targets = inputs(recording), [release_targets(recording, trials) for trials in sets]
    configurations = draw_configurations(CONFIGURATIONS, rng)
    batches = job_batches(shown, targets, STEPS, BATCH, rng.spawn(FOLDS))
    groups = []
    for width in sorted({one.width for one in configurations}):
        some = [one for one in configurations if one.width == width]
        groups.append(job_settings([some] * FOLDS, shown.group, width))

    def ours() -> float:
        began = time.perf_counter()
        for settings in groups:
            train(batches, settings, squared=False, seed=0)
        return time.perf_counter() - began

    networks._functions.cache_clear()
    first = ours()
    x = shown.x.reshape(-1, shown.x.shape[-1])[targets[0].rows]
    x, y = standardised(x, *scaling(x)), targets[0].y[targets[0].rows, 0]
    times, peers = [], []
    for _ in range(REPEAT):
        times.append(ours() / (FOLDS * CONFIGURATIONS * STEPS))
        peers.append(
            min(
                one_by_one(configurations[:PEERS], shown.group, x, y, threads) for threads in (1, 2)
            )
        )
    return {
        "versions": {name: version(name) for name in ("jax", "scikit-learn")},
        "folds": FOLDS,
        "configurations": CONFIGURATIONS,
        "steps": STEPS,
        "batch": BATCH,
        "ratio": float(np.median(np.divide(peers, times))),
        "microseconds": 1e6 * float(np.median(times)),
        "sklearn_microseconds": 1e6 * float(np.median(peers)),
        "compilation": first - FOLDS * CONFIGURATIONS * STEPS * float(np.median(times)),
    }


def one_by_one(configurations, group, x, y, threads) -> float:
    """Seconds a step in scikit-learn; it sees the columns that the configuration does."""
    steps = seconds = 0.0
    epochs = max(1, round(STEPS * BATCH / len(x)))
    for one in configurations:
        told = np.ones(len(group), dtype=bool)
        told[group == CLOCK] = one.clock
        for memory, seen in enumerate(one.memories):
            told[group == memory] = seen
        model = MLPClassifier(
            (one.width,), activation="tanh", alpha=one.weight_decay, batch_size=BATCH,
            learning_rate_init=one.learning_rate, max_iter=epochs, n_iter_no_change=10 * epochs,
        )  # fmt: skip
        with threadpool_limits(threads), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it did not converge: nor did ours
            shown = np.ascontiguousarray(x[:, told])
            began = time.perf_counter()
            model.fit(shown, y)
            seconds += time.perf_counter() - began
        steps += epochs * int(np.ceil(len(x) / BATCH))
    return seconds / steps


if __name__ == "__main__":
    main()
