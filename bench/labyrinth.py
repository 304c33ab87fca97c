"""`make labyrinth`: who predicts the next step of a mouse best, intentions or counts?

SWIRL's 238 windows of 500 steps in two splits: theirs (every fifth window is held out), and five
folds by runs of contiguous windows, since neighbours in time tell of each other. Beside them the
aligned visits, in their published split. Every score is the mean of log p(a_t | a_{<t}, s_{≤t})
over held-out steps, in nats, with a bootstrap interval over runs, or over visits.

    python -m bench.labyrinth my_model.py

prints the scores of a function `fit` in that file, as `rl_lib.predict_ahead` describes it, in the
splits of the windows.
"""

import json
import multiprocessing
import runpy
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from bench.mice import RESTARTS, Fit, Intending, models, of_a_reader
from rl_lib import (
    DataUnavailable,
    Labyrinth,
    LabyrinthData,
    load_labyrinth,
    multi_intention_irl,
    recover_intentions,
    simulate_intentions,
)

RESULTS = Path(__file__).parent / "labyrinth.json"
FOLDS, RESAMPLES, KNOWN = 5, 2_000, 4
HOME, STAY = 0, 3
PUBLISHED = {  # held-out nats a step as printed, and what is known of how they came about
    "windows": {
        "SWIRL S-2, K = 3": [-0.73, "reward depends on the node before"],
        "PRISM, K = 1": [-0.871, "protocol not seen"],
        "PRISM, K = 2": [-0.760, "protocol not seen"],
        "PRISM, K = 3": [-0.646, "protocol not seen"],
        "PRISM, K = 4": [-0.587, "protocol not seen"],
        "PRISM, K = 5": [-0.546, "protocol not seen"],
        "PRISM, K = 6": [-0.521, "protocol not seen"],
    },
    "restricted": {
        "HIAVI, K = 1": [-0.93 * np.log(2), ""],
        "HIAVI, K = 2": [-0.09 * np.log(2), "has seen the action"],
        "DIRL": [-0.87 * np.log(2), "protocol not seen"],
    },
    "unrestricted": {
        "HIAVI, K = 1": [-0.97 * np.log(2), ""],
        "HIAVI, K = 2": [-0.33 * np.log(2), "has seen the action"],
        "HIAVI, K = 3": [-0.15 * np.log(2), "has seen the action"],
        "HIAVI, K = 4": [-0.11 * np.log(2), "has seen the action"],
        "DIRL": [-1.26 * np.log(2), "protocol not seen"],
    },
}
load = cache(load_labyrinth)


def interval(steps: np.ndarray, runs: np.ndarray, counted: np.ndarray | None = None) -> list[float]:
    """The 95 % bootstrap interval of the mean over steps (n, T), drawing runs anew."""
    counted = np.ones(steps.shape, dtype=bool) if counted is None else counted
    numbers, which = np.unique(runs, return_inverse=True)
    sums = np.bincount(which, (steps * counted).sum(axis=1))
    sizes = np.bincount(which, counted.sum(axis=1))
    drawn = np.random.default_rng(0).integers(len(numbers), size=(RESAMPLES, len(numbers)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return np.quantile(means, [0.025, 0.975]).tolist()


def folds_of(runs: np.ndarray) -> np.ndarray:
    """The fold of each window: runs stay together, and folds get as even as they can."""
    numbers, sizes = np.unique(runs, return_counts=True)
    filled, fold = np.zeros(FOLDS, dtype=int), {}
    for run, size in sorted(zip(numbers, sizes, strict=True), key=lambda pair: -pair[1]):
        fold[run] = int(filled.argmin())
        filled[fold[run]] += size
    return np.array([fold[run] for run in runs])


def published_split(data: LabyrinthData, fit: Fit) -> dict[str, Any]:
    """Scores on the test trajectories that others used."""
    train, test = data.demonstrations.select(data.train), data.demonstrations.select(data.test)
    shape = len(data.test), -1
    steps, runs = fit(train)(test), data.runs[data.test]
    row = {"nats": float(steps.mean()), "interval": interval(steps.reshape(shape), runs)}
    if data.encoding == "visits":
        moving = ~((test.states == HOME) & (test.actions == STAY))
        row["away"] = float(steps[moving].mean())
        row["away_interval"] = interval(steps.reshape(shape), runs, moving.reshape(shape))
    if isinstance(fit, Intending):
        seen, model = fit.told(test), fit.model
        chance = model.policy[:, seen.states, seen.actions].T
        row["bic"] = model.bic(fit.told(train))
        row["bic_all"] = model.bic(fit.told(train), observed=False)
        row["smoothed"] = float(np.log((model.smoothed(seen) * chance).sum(axis=1)).mean())
        row["iterations"] = model.n_iter
        row["stays"] = model.transition.diagonal().tolist()
    return row


def fold_by_run(data: LabyrinthData, fit: Fit, fold: int) -> np.ndarray:
    """Held-out log-probabilities of one fold, (windows, T)."""
    walks, outside = data.demonstrations, folds_of(data.runs) == fold
    return fit(walks.select(~outside))(walks.select(outside)).reshape(outside.sum(), -1)


def by_run(data: LabyrinthData, parts: list[np.ndarray]) -> dict[str, Any]:
    """What five folds say together."""
    folds = folds_of(data.runs)
    steps = np.empty((len(folds), parts[0].shape[1]))
    for fold, part in enumerate(parts):
        steps[folds == fold] = part
    return {
        "by_run": float(steps.mean()),
        "by_run_interval": interval(steps, data.runs),
        "folds": [float(part.mean()) for part in parts],
    }


def task(which: str, name: str, fold: int | None) -> Any:
    """One fit of one model, in a process of its own."""
    data = load(which)
    fit = models(Labyrinth(data.encoding))[name]
    with threadpool_limits(1):
        return published_split(data, fit) if fold is None else fold_by_run(data, fit, fold)


def recovery(k: int) -> dict[str, Any]:
    """Fit K intentions to all windows, simulate from them, and see what comes back.

    `bic`, `bic_all` and `nats` are of fits of 1, 2, … intentions to what was simulated, the last on
    a second simulation; so one sees which number each would choose where the truth is known.
    """
    data, rng = load("windows"), np.random.default_rng(k)
    mdp, lengths = Labyrinth(data.encoding).mdp, data.demonstrations.lengths
    fit = partial(multi_intention_irl, mdp, restarts=RESTARTS, rng=rng)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        true = fit(data.demonstrations, n_intentions=k)
        back = recover_intentions(mdp, true, lengths, restarts=RESTARTS, rng=rng)
        train, test = (
            simulate_intentions(mdp, true, lengths, rng=rng).demonstrations for _ in range(2)
        )
        fits = [fit(train, n_intentions=n) for n in range(1, KNOWN + 2)]
    return {
        "policy_error": back.policy_error.tolist(),
        "transition_error": back.transition_error,
        "filtered": [back.filtered_accuracy, back.best_filtered_accuracy],
        "smoothed": [back.smoothed_accuracy, back.best_smoothed_accuracy],
        "bic": [each.bic(train) for each in fits],
        "bic_all": [each.bic(train, observed=False) for each in fits],
        "nats": [each.predictive_log_likelihood(test) for each in fits],
    }


def every_model() -> dict[str, Any]:
    """The table: for each of the three data sets, a row for each model; then what comes back."""
    began = time.perf_counter()
    for which in PUBLISHED:
        load(which)  # or it is missing, before anything begins
    names = list(models(Labyrinth("swirl")))
    tasks = [(which, name, None) for which in PUBLISHED for name in names]
    tasks += [("windows", name, fold) for name in names for fold in range(FOLDS)]
    tasks.sort(key=lambda each: (each[0] == "windows", names.index(each[1])), reverse=True)
    found = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(multiprocessing.cpu_count(), mp_context=context) as pool:
        futures = {each: pool.submit(task, *each) for each in tasks}
        for each, future in tqdm(futures.items(), unit="fit"):
            found[each] = future.result()
        seconds = time.perf_counter() - began
        known = tqdm(pool.map(recovery, range(1, KNOWN + 1)), total=KNOWN, unit="recovery")
        recovered = dict(zip(map(str, range(1, KNOWN + 1)), known, strict=True))
    tables = {}
    for which, published in PUBLISHED.items():
        data, rows = load(which), []
        for name in names:
            row = {"name": name, **found[which, name, None]}
            if which == "windows":
                row |= by_run(data, [found[which, name, fold] for fold in range(FOLDS)])
            rows.append(row)
        tables[which] = {
            "source": data.source,
            "trajectories": len(data.runs),
            "runs": len(np.unique(data.runs)),
            "steps": data.demonstrations.n_steps,
            "test": len(data.test),
            "models": rows,
            "published": published,
        }
    return {"restarts": RESTARTS, "seconds": seconds, "tables": tables, "recovery": recovered}


def score_of(path: str) -> None:
    """Print what a reader's model scores."""
    if not Path(path).is_file():
        sys.exit(f"There is no file {path}.")
    own = runpy.run_path(path).get("fit")
    if not callable(own):
        sys.exit(f"{path} must define a function fit(train), as rl_lib.predict_ahead describes it.")
    data, fit = load("windows"), of_a_reader(own)
    row = published_split(data, fit)
    row |= by_run(data, [fold_by_run(data, fit, fold) for fold in range(FOLDS)])
    print(f"{path}: nats a step, in brackets the 95 % interval")
    for name, key in (("every fifth window", ""), ("folds by run", "by_run")):
        low, high = row[f"{key}_interval".lstrip("_")]
        print(f"  {name:20} {row[key or 'nats']:.3f} [{low:.3f}, {high:.3f}]")


def main() -> None:
    if sys.argv[1:]:
        score_of(sys.argv[1])
        return
    results = every_model()
    for which, table in results["tables"].items():
        print(which)
        for row in table["models"]:
            print(f"  {row['name']:34} {row['nats']:.3f}  {row.get('by_run', np.nan):.3f}")
    text = json.dumps(results, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", "utf8")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}, {results['seconds']:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except DataUnavailable as problem:
        sys.exit(f"The recordings are missing: {problem}")
