"""`make neurl`: how well the releases of two simulated rats are decoded, and by whom.

A session of each rat of the laboratory, ten folds of its trials, 500 configurations for NeuRL and
for the network classifier. Beside the table stand the slide's, as published; what the decoders
say through the trial; parts of the population silenced; and other regimes, with few trials to
train on and with a clock as the only latent, in which NeuRL might be expected to win.

    python -m bench.neurl [--configurations 500] [--steps 600]
"""

import argparse
import json
import re
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from rl_lib import (
    Comparison,
    Laboratory,
    Recording,
    Session,
    Split,
    compare_decoders,
    decoded_behaviour,
    fit_logistic,
    fit_network,
    fit_neurl,
    inhibit,
    laboratory_rat,
)
from rl_lib.neurl.evaluation import Scores, mean_interval
from rl_lib.neurl.inhibition import Behaviour, behaviour_of
from rl_lib.neurl.rats import LABORATORY_RATS
from rl_lib.neurl.recording import OUTCOMES

RESULTS = Path(__file__).parent / "neurl.json"
SEED, TRIALS = 20_220_409, 600
MEASURES = ("exact", "near_1", "near_2", "log_likelihood")
PUBLISHED = {  # exact, near 1, near 2 for each rat: shares of trials, ± as printed on the slide
    "NeuRL": [
        [[0.36, 0.11], [0.49, 0.13], [0.59, 0.09]],
        [[0.44, 0.09], [0.62, 0.06], [0.70, 0.11]],
    ],
    "NNC": [
        [[0.21, 0.09], [0.28, 0.12], [0.37, 0.17]],
        [[0.34, 0.10], [0.46, 0.09], [0.52, 0.10]],
    ],
    "LR": [
        [[0.15, 0.07], [0.19, 0.10], [0.29, 0.08]],
        [[0.33, 0.09], [0.41, 0.08], [0.47, 0.10]],
    ],
    "random": [
        [[0.04, 0.07], [0.20, 0.13], [0.29, 0.15]],
        [[0.12, 0.06], [0.38, 0.07], [0.46, 0.10]],
    ],
}
INHIBITED = {
    "mPFC-like": ("ramping", "sustained"),
    "ramping alone": ("ramping",),
    "sustained alone": ("sustained",),
    "RFA-like": ("movement",),
    "untuned": ("untuned",),
}
DECODERS: dict[str, Any] = {
    "NeuRL": fit_neurl,
    "network": fit_network,
    "logistic regression": fit_logistic,
}
REGIMES: dict[str, dict[str, Any]] = {
    "as in the table": {},
    "the clock is all, and no unit feels the cue": {"clock": 1.0, "units": (8, 8, 0, 6, 8, 6)},
    "ramping units alone, the clock is all": {"clock": 1.0, "units": (16, 0, 0, 0, 0, 0)},
}
FEW, SUBSETS, ELSEWHERE = (40, 160), 8, 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.neurl", description=__doc__)
    parser.add_argument("--configurations", type=int, default=500)
    parser.add_argument("--steps", type=int, default=600)
    options = parser.parse_args()
    began = time.perf_counter()
    search = {"n_configurations": options.configurations, "n_steps": options.steps}
    rats = {}
    for number, rat in enumerate(LABORATORY_RATS):
        rats[rat] = one_rat(rat, number, search)
        table(rat, rats[rat]["rows"])
    table_seconds = time.perf_counter() - began
    results = {
        "versions": {name: version(name) for name in ("numpy", "jax", "optax", "scikit-learn")},
        "seed": SEED,
        "trials": TRIALS,
        "folds": 10,
        "subsets": SUBSETS,
        "elsewhere": ELSEWHERE,
        "batch": 256,
        **search,
        "published": PUBLISHED,
        "rats": rats,
        "inhibition": inhibition(),
        "regimes": regimes(),
        "table_seconds": table_seconds,
        "seconds": time.perf_counter() - began,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False)
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), text)
    RESULTS.write_text(flat + "\n", "utf8")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}, {results['seconds']:.0f} s")


def session_of(rat: str, number: int, **laboratory: Any) -> Session:
    """The session of a rat, from a seed of its own."""
    rng = np.random.default_rng([SEED, number])
    return Laboratory(laboratory_rat(rat).policy, **laboratory).record(TRIALS, rng=rng)


def one_rat(rat: str, number: int, search: dict[str, int]) -> dict[str, Any]:
    recording, truth = session_of(rat, number)
    rng = np.random.default_rng([SEED, number, 1])
    began = time.perf_counter()
    found = compare_decoders(recording, truth, rng=rng, **search)
    return {
        "seconds": time.perf_counter() - began,
        "outcomes": {name: float((recording.outcomes == name).mean()) for name in OUTCOMES},
        "rows": [row(scores) for scores in found.scores],
        "chosen": {
            name: [[json.dumps(value) for value in one] for one in found.chosen[name]]
            for name in ("NeuRL", "NeuRL, own future", "network")
        },
        "curves": curves(recording, found),
        "embedding": embedding(recording, found),
    }


def row(scores: Scores) -> dict[str, Any]:
    """A row of the table: for each measure mean, half the 95 % interval, sd, and every fold."""
    told: dict[str, Any] = {
        "name": scores.name, "rule": scores.rule, "information": scores.information,
        "threshold": rounded(scores.threshold),
    }  # fmt: skip
    for measure in MEASURES:
        folds = getattr(scores, measure)
        mean, half = mean_interval(folds)
        told[measure] = rounded([mean, half, folds.std(ddof=1)])
        told[f"{measure}_folds"] = rounded(folds)
    return told


def rounded(values: Any, digits: int = 4) -> list[Any]:
    """Numbers for the file, None for NaN."""
    rows = np.round(np.asarray(values, dtype=np.float64), digits)
    if rows.ndim > 1:
        return [rounded(each, digits) for each in rows]
    return [None if np.isnan(value) else float(value) for value in rows]


def curves(recording: Recording, found: Comparison) -> dict[str, Any]:
    """What decoders say of trials they were not trained on, bin by bin, beside the data."""
    held = recording.holding
    released = np.arange(held.shape[1]) == recording.release[:, None]
    visits = held.sum(axis=0)
    some = np.where(visits > 0, visits, np.nan)

    def mean(values: np.ndarray) -> list[Any]:
        return rounded((values * held).sum(axis=0) / some)

    told: dict[str, Any] = {"visits": visits.tolist(), "data": mean(released)}
    for name in ("NeuRL", "NeuRL, own future", "network", "logistic regression"):
        hazard = np.empty(held.shape)
        for split, decoder in zip(found.splits, found.fitted[name], strict=True):
            hazard[split.test] = decoder.hazard(recording.select(split.test))
        told[name] = mean(hazard)
    reward = np.empty(held.shape)
    for split, decoder in zip(found.splits, found.fitted["NeuRL"], strict=True):
        reward[split.test] = decoder.reward(recording.select(split.test))
    told["decoded reward"] = mean(reward)
    about = (reward - np.nan_to_num((reward * held).sum(axis=0) / some)) ** 2
    told["decoded reward, sd"] = rounded(np.sqrt((about * held).sum(axis=0) / some))
    intrinsic = [one.intrinsic.reward for one in found.fitted["NeuRL"]]
    told["reward"] = rounded(np.mean(intrinsic, axis=0))
    return told


def embedding(recording: Recording, found: Comparison) -> dict[str, Any]:
    """Two principal components of the hidden layers in the test trials of the first fold."""
    test = recording.select(found.splits[0].test)
    trial, at = np.nonzero(test.holding)
    told: dict[str, Any] = {
        "trial": trial.tolist(), "bin": at.tolist(),
        "outcome": test.outcomes.tolist(), "release": test.release.tolist(),
    }  # fmt: skip
    for name, hidden in (
        ("NeuRL", found.fitted["NeuRL"][0].embedding(test)),
        ("network", found.fitted["network"][0].embedding(test)),
    ):
        pca = PCA(2, svd_solver="full").fit(hidden[test.holding])
        told[name] = rounded(pca.transform(hidden[test.holding]).T, 2)
        told[f"{name}, explained"] = rounded(pca.explained_variance_ratio_, 3)
    return told


def inhibition() -> list[dict[str, Any]]:
    """Parts of the population silenced, with movement units that lag behind or lead the release."""
    told = []
    for number, rat in enumerate(LABORATORY_RATS):
        for lead in (0, 3):
            recording, truth = session_of(rat, number, lead=lead)
            rng = np.random.default_rng([SEED, number, 2, lead])
            folds = [Split(np.flatnonzero(f), np.flatnonzero(~f)) for f in blocks(TRIALS, 10)]
            for name, fit in DECODERS.items():
                decoders = [fit(recording.select(fold.train), rng=rng) for fold in folds]
                tests = [recording.select(fold.test) for fold in folds]
                pairs = list(zip(decoders, tests, strict=True))
                intact = [decoded_behaviour(decoder, test) for decoder, test in pairs]
                for part, kinds in INHIBITED.items():
                    units = np.flatnonzero(np.isin(truth.kinds, kinds))
                    silent = [decoded_behaviour(one, inhibit(test, units)) for one, test in pairs]
                    told.append(
                        {"rat": rat, "lead": lead, "decoder": name, "inhibited": part}
                        | {"data": list(observed(recording))}
                        | change(intact, silent)
                    )
    return told


def blocks(n: int, k: int) -> np.ndarray:
    """Which trials are trained on, in each of k folds."""
    return np.arange(n) % k != np.arange(k)[:, None]


def observed(recording: Recording) -> Behaviour:
    releases = np.zeros((len(recording), recording.n_decisions + 1))
    releases[np.arange(len(recording)), recording.release] = 1  # −1 is the last entry: never
    return Behaviour(*np.round(behaviour_of(releases, recording), 4).tolist())


def change(intact: list[Behaviour], silent: list[Behaviour]) -> dict[str, Any]:
    """Means over folds, and the difference that silence makes with half its 95 % interval."""
    told: dict[str, Any] = {}
    for measure in Behaviour._fields:
        before, after = (
            np.array([getattr(one, measure) for one in each]) for each in (intact, silent)
        )
        told[measure] = rounded([before.mean(), after.mean(), *mean_interval(after - before)])
    return told


def regimes() -> list[dict[str, Any]]:
    """Few trials to train on, tested on many others: log-likelihood, and matches when tuned."""
    told = []
    for name, laboratory in REGIMES.items():
        for n in FEW:
            rng = np.random.default_rng([SEED, 3, n])
            rat = Laboratory(laboratory_rat("careful").policy, **laboratory)
            recording, truth = rat.record(ELSEWHERE + 2 * max(FEW), rng=rng)
            order = rng.permutation(len(recording))
            test, pool = np.sort(order[:ELSEWHERE]), order[ELSEWHERE:]
            splits = [
                Split(np.sort(rng.choice(pool, n, replace=False)), test) for _ in range(SUBSETS)
            ]
            found = compare_decoders(
                recording, truth, splits=splits, n_configurations=24, n_steps=300, rng=rng
            )
            rows = [row(scores) for scores in found.scores if scores.information != "shuffled"]
            for one in rows:
                del one["threshold"]
                for measure in MEASURES:
                    del one[f"{measure}_folds"]
            told.append({"regime": name, "trials": n, "rows": rows})
            table(f"{name}, {n} trials", rows)
    return told


def table(title: str, rows: list[dict[str, Any]]) -> None:
    print(title)
    for one in rows:
        cells = [cell(one[measure]) for measure in MEASURES]
        names = f"  {one['information']:12}{one['name']:40}{one['rule']:6}"
        print(names + "   ".join(cells), flush=True)


def cell(values: list[Any]) -> str:
    return "–".center(13) if values[0] is None else f"{values[0]:5.2f} ± {values[1]:5.2f}"


if __name__ == "__main__":
    main()
