"""`make labyrinth`: who predicts the next step of a mouse best, intentions or counts?

Two splits of SWIRL's 238 windows: theirs (every fifth window is held out), and five folds by runs
of contiguous windows, since neighbours in time tell of each other. Every score is the mean of
log p(a_t | a_{<t}, s_{≤t}) over held-out steps, in nats, with a bootstrap interval over runs.
"""

import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rl_lib import (
    Demonstrations,
    Labyrinth,
    counting,
    load_labyrinth,
    multi_intention_irl,
    remember,
)

RESULTS = Path(__file__).parent / "labyrinth.json"
FOLDS, RESAMPLES, RESTARTS = 5, 2_000, 6
PUBLISHED = {  # held-out nats a step as printed, and what is known of how they came about
    "SWIRL S-2, K = 3": [-0.73, "reward depends on the previous node; read off the paper's figure"],
    "PRISM, K = 1": [-0.871, "as printed; protocol not seen"],
    "PRISM, K = 2": [-0.760, "as printed; protocol not seen"],
    "PRISM, K = 3": [-0.646, "as printed; protocol not seen"],
    "PRISM, K = 4": [-0.587, "as printed; protocol not seen"],
}
Fit = Callable[[Demonstrations], Callable[[Demonstrations], np.ndarray]]


def some(demonstrations: Demonstrations, which: np.ndarray) -> Demonstrations:
    """Some of the trajectories, in this order."""
    lists = demonstrations.to_trajectories()
    return Demonstrations.from_trajectories(
        [lists[i] for i in which], terminated=demonstrations.terminated[which]
    )


def tried(world: Labyrinth) -> Fit:
    """Uniform over the actions that were ever taken in a node."""

    def fit(train):
        taken = train.counts(world.mdp.n_states, 4) > 0
        chance = np.where(taken, 1 - 1e-6, 1e-6)
        chance /= chance.sum(axis=1, keepdims=True)
        return lambda test: np.log(chance[test.states, test.actions])

    return fit


def turning(world: Labyrinth) -> Fit:
    """At each depth one probability of turning back; else any of the other ways, which are alike.

    It knows no place.
    """
    following = world.mdp.to_dense().transitions.argmax(axis=2)

    def ways(walks):
        """Whether each action leads back to the node before, and whether any does."""
        previous = np.roll(walks.states, 1)
        previous[walks.offsets[:-1]] = -1
        back = following[walks.states] == previous[:, None]
        return back, back.any(axis=1)

    def fit(train):
        taken = train.counts(world.mdp.n_states, 4) > 0
        back, can = ways(train)
        turned = back[np.arange(train.n_steps), train.actions]
        depth = world.depth[train.states]
        n = np.bincount(depth[can], minlength=7)
        share = (np.bincount(depth[can], turned[can], minlength=7) + 0.5) / (n + 1)

        def score(test):
            back, can = ways(test)
            here = taken[test.states]
            on = here & ~back
            chance = share[world.depth[test.states]]
            chance = np.where(on.any(axis=1), np.where(can, chance, 0.0), 1.0)[:, None]
            policy = np.where(back & here, chance / np.maximum((back & here).sum(1), 1)[:, None], 0)
            policy += np.where(on, (1 - chance) / np.maximum(on.sum(axis=1), 1)[:, None], 0)
            policy = (policy + 1e-6) / (policy + 1e-6).sum(axis=1, keepdims=True)
            return np.log(policy[np.arange(test.n_steps), test.actions])

        return score

    return fit


def counts(world: Labyrinth, **options) -> Fit:
    def fit(train):
        return counting(train, world.mdp.n_states, 4, **options).log_probabilities

    return fit


def as_it_is(walks: Demonstrations) -> Demonstrations:
    return walks


def intentions(world: Labyrinth, k: int, memory: bool = False) -> Fit:
    pairs = remember(world.mdp)

    def fit(train):
        mdp, told = (
            (pairs.mdp, pairs.demonstrations) if memory else (world.mdp, lambda walks: walks)
        )
        rng = np.random.default_rng(k)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model = multi_intention_irl(mdp, told(train), k, restarts=RESTARTS, rng=rng)
        fit.model = model
        return lambda test: model.log_probabilities(told(test))

    return fit


def models(world: Labyrinth) -> dict[str, Fit]:
    found = {
        "any move that was ever made": tried(world),
        "turning back, by depth": turning(world),
        "π(a|s): one intention": counts(world),
        "π(a|s, time in the window)": counts(world, by_time=True, concentration=10.0),
    }
    for n in (1, 2, 3, 4):
        name = f"counts of the last {n + 1} nodes"
        found[name] = counts(world, memory=n, concentration=1.0 if n == 1 else 10.0)
    for k in range(2, 7):
        found[f"{k} intentions"] = intentions(world, k)
    for k in range(2, 5):
        found[f"{k} intentions that remember a node"] = intentions(world, k, memory=True)
    return found


def interval(steps: np.ndarray, runs: np.ndarray, rng: np.random.Generator) -> list[float]:
    """The 95 % bootstrap interval of the mean over steps (windows, T), drawing runs anew."""
    numbers, which = np.unique(runs, return_inverse=True)
    sums = np.bincount(which, steps.sum(axis=1))
    sizes = np.bincount(which) * steps.shape[1]
    drawn = rng.integers(len(numbers), size=(RESAMPLES, len(numbers)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return np.quantile(means, [0.025, 0.975]).tolist()


def folds_of(runs: np.ndarray) -> np.ndarray:
    """The fold of each window: runs stay together, and folds get as even as they can."""
    numbers, sizes = np.unique(runs, return_counts=True)
    filled, fold = np.zeros(FOLDS, dtype=int), {}
    for run in numbers[np.argsort(-sizes, kind="stable")]:
        fold[run] = int(filled.argmin())
        filled[fold[run]] += sizes[numbers == run][0]
    return np.array([fold[run] for run in runs])


def main() -> None:
    began = time.perf_counter()
    data, world = load_labyrinth(), Labyrinth("swirl")
    walks, runs, length = data.demonstrations, data.runs, 500
    train, test = some(walks, data.train), some(walks, data.test)
    folds, rows = folds_of(runs), []
    for name, fit in tqdm(models(world).items(), unit="model"):
        start = time.perf_counter()
        steps = fit(train)(test).reshape(-1, length)
        row = {"name": name, "seconds": time.perf_counter() - start, "nats": float(steps.mean())}
        row["interval"] = interval(steps, runs[data.test], np.random.default_rng(0))
        model = getattr(fit, "model", None)
        if model is not None:
            told = remember(world.mdp).demonstrations if "remember" in name else as_it_is
            row["bic"] = model.bic(told(train))
            row["bic_all"] = model.bic(told(train), observed=False)
            seen = told(test)
            chance = model.policy[:, seen.states, seen.actions].T
            row["smoothed"] = float(np.log((model.smoothed(seen) * chance).sum(axis=1)).mean())
            row["transition"] = model.transition.tolist()
        held_out = np.empty((len(runs), length))
        for k in range(FOLDS):
            inside, outside = np.flatnonzero(folds != k), np.flatnonzero(folds == k)
            held_out[outside] = fit(some(walks, inside))(some(walks, outside)).reshape(-1, length)
        row["folds"] = [float(held_out[folds == k].mean()) for k in range(FOLDS)]
        row["by_run"] = float(held_out.mean())
        row["by_run_interval"] = interval(held_out, runs, np.random.default_rng(0))
        rows.append(row)
        print(f"{name:40} {row['nats']:.3f}  by run {row['by_run']:.3f}")
    results = {
        "source": data.source,
        "windows": len(runs),
        "runs": len(np.unique(runs)),
        "length": length,
        "test": len(data.test),
        "restarts": RESTARTS,
        "seconds": time.perf_counter() - began,
        "models": rows,
        "published": PUBLISHED,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", "utf8")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}, {results['seconds']:.0f} s")


if __name__ == "__main__":
    main()
