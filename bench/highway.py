"""`make highway`: an expert is trained and watched, and imitated with and without constraints.

The expert is a double DQN, trained with the paper's reward and without constraints. It drives for
50 000 seconds; from 10, 100, ... of them learn DIQL, which may do anything, and DCIQL,
which acts in the mask of safe actions. Each then drives 10 000 decisions in new traffic, five
times. All of it is simulated.

    python -m bench.highway [--rounds 160] [--updates 20000] [--keep-expert]
"""

import argparse
import hashlib
import json
import re
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from rl_lib.behaviour.driving import (
    VIOLATIONS,
    Drives,
    Fleet,
    NetworkDriver,
    RandomDriver,
    drive,
)  # fmt: skip
from rl_lib.deep.diql import dciql
from rl_lib.deep.dqn import Memory, learn, new_learner, numpy_layers
from rl_lib.deep.networks import DeepIQL
from rl_lib.deep.transitions import Transitions
from rl_lib.worlds.highway import CHANGE_COST, Highway

RESULTS = Path(__file__).parent / "highway.json"
EXPERT = Path(__file__).parent / "highway_expert.npz"
FILM = Path(__file__).parent / "highway_film.npz"
SEED = 20_201_206
DISCOUNT = 0.9
SIZES = (10, 100, 1_000, 10_000, 50_000)
RUNS, DECISIONS, PROCESSES = 5, 10_000, 2
CHECKED = 200
PUBLISHED = {  # read off the paper's figure: metres per second, and violations
    "expert": {"speed": [17.6, 18.2], "violations": [50, 110]},
    "DIQL": {"speed": [17.3, 18.0], "violations": [60, 90]},
    "DCIQL": {"speed": [17.4, 17.4], "violations": [0, 0]},
    "constrained DQN": {"speed": [11.5, 14.1], "violations": [0, 0]},
    "curve": {"10": 14.8, "100": 16.4, "1000": 17.3, "50000": 17.4},
}


class Keep:
    """Whoever never changes lanes."""

    def act(self, observation: Any, safe: Any) -> int:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.highway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=160)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--keep-expert", action="store_true", help="do not train it anew")
    options = parser.parse_args()
    began = time.perf_counter()
    with Fleet(PROCESSES) as fleet:
        if options.keep_expert:
            training = json.loads(RESULTS.read_text("utf8"))["training"]
        else:
            training = train_expert(fleet, options.rounds)
        expert = stored_expert()
        watched = time.perf_counter()
        demonstrations = concatenated(
            fleet.drive(expert, SIZES[-1] // PROCESSES, seeds(1, PROCESSES), masked=False)
        )
        watched = SIZES[-1] / (time.perf_counter() - watched)
        drivers = {
            "expert": evaluate(fleet, [expert] * RUNS, masked=False),
            "expert in the mask": evaluate(fleet, [expert] * RUNS, masked=True),
            "at random in the mask": evaluate(
                fleet, [RandomDriver(run) for run in range(RUNS)], masked=True
            ),
            "keeps its lane": evaluate(fleet, [Keep()] * RUNS, masked=True),
        }
        curve: dict[str, list[Any]] = {"clone": [], "DIQL": [], "DCIQL": []}
        seconds = []
        for size in SIZES:
            learned = []
            for run in range(RUNS):
                part = some(demonstrations, size, run)
                now = time.perf_counter()
                learned.append(imitators(part, options.updates, run))
                seconds.append(time.perf_counter() - now)
            for name, rows in curve.items():
                rows.append(evaluate(fleet, [one[name] for one in learned], masked=name == "DCIQL"))
                print(f"{name:6} {size:6} {line(rows[-1])}", flush=True)
    results = {
        "versions": {name: version(name) for name in ("numpy", "jax", "optax", "libsumo")},
        "seed": SEED,
        "discount": DISCOUNT,
        "change_cost": CHANGE_COST,
        "decisions": DECISIONS,
        "published": PUBLISHED,
        "training": training,
        "demonstrations_per_second": round(watched),
        "updates": options.updates,
        "learning_seconds": [  # median and most
            round(float(np.median(seconds)), 1), round(max(seconds), 1)],
        "drivers": drivers,
        "sizes": SIZES,
        "curve": curve,
        "film": film(expert, learned[0]["DCIQL"]),
        "check": checked_slice(),
        "minutes": round((time.perf_counter() - began) / 60, 1),
    }  # fmt: skip
    text = json.dumps(results, indent=1, ensure_ascii=False)
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), text)
    RESULTS.write_text(flat + "\n", "utf8")
    for name, rows in drivers.items():
        print(f"{name:24} {line(rows)}")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}, {results['minutes']} minutes")


def seeds(purpose: int, n: int) -> list[int]:
    """Of traffic that is met once: 0 to train, 1 to demonstrate, 2 to evaluate, 3 to check."""
    return [SEED + 10**6 * (purpose + 1) + number for number in range(n)]


def concatenated(parts: list[Drives]) -> Drives:
    return Drives(*(np.concatenate(rows) for rows in zip(*parts, strict=True)))


def train_expert(fleet: Fleet, rounds: int, decisions: int = 1000) -> dict[str, Any]:
    """Rounds of driving and learning by turns; stores the network, and returns its curve."""
    rng = np.random.default_rng(SEED)
    learner, memory = new_learner((20, 64, 64, 3), SEED), Memory(500_000, 20)
    traffic = iter(seeds(0, rounds * PROCESSES))
    curve: list[tuple[int, float, int]] = []
    began = time.perf_counter()
    for number in range(rounds):
        epsilon = max(0.05, 1 - number / (0.3 * rounds))
        driver = NetworkDriver(numpy_layers(learner))
        these = [next(traffic) for _ in range(PROCESSES)]
        for told in fleet.drive(driver, decisions, these, masked=False, epsilon=epsilon):
            # One number from every reward leaves each choice as it was: values near 0 learn faster.
            memory.add(told.observations, told.actions, told.rewards - 0.9, told.next_observations)
        learner, _ = learn(
            learner, memory, 2000, discount=DISCOUNT, rng=rng,
            learning_rate=1e-3 * (1 - number / rounds),
        )  # fmt: skip
        if number % (rounds // 12 or 1) == 0 or number == rounds - 1:
            tried = concatenated(fleet.drive(driver, 1000, seeds(4, 2), masked=False))
            curve.append((memory.size, round(tried.mean_speed, 2), tried.n_violations))
            print(
                f"expert {memory.size:7} {tried.mean_speed:6.2f} m/s {tried.n_violations}",
                flush=True,
            )
    layers = numpy_layers(learner)
    np.savez_compressed(EXPERT, *(part for layer in layers for part in layer))
    return {
        "rounds": rounds,
        "decisions": rounds * PROCESSES * decisions,
        "curve": curve,
        "sha256": hashlib.sha256(EXPERT.read_bytes()).hexdigest(),
        "minutes": round((time.perf_counter() - began) / 60, 1),
    }


def stored_expert() -> NetworkDriver:
    """The expert's network, as it is stored."""
    with np.load(EXPERT) as stored:
        parts = [stored[name] for name in stored.files]
    return NetworkDriver(tuple(zip(parts[::2], parts[1::2], strict=True)))


def some(demonstrations: Drives, size: int, run: int) -> Drives:
    """Moments drawn from all, each action among them: of one never seen nothing is known."""
    order = np.random.default_rng([SEED, run]).permutation(len(demonstrations.actions))
    firsts = [int((demonstrations.actions[order] == action).argmax()) for action in range(3)]
    rest = np.setdiff1d(np.arange(len(order)), firsts)
    chosen = order[np.concatenate((firsts, rest))[:size]]
    return Drives(*(rows[chosen] for rows in demonstrations))


def imitators(part: Drives, n_steps: int, run: int) -> dict[str, DeepIQL]:
    """Who takes the classifier for values, who q, and who q^C: of one and the same training."""
    steps = Transitions(
        part.observations, part.actions, part.next_observations, np.zeros(len(part.actions), bool)
    )  # the ring has no end
    (found,) = dciql(
        steps, part.next_safe, 3, DISCOUNT, n_steps=n_steps, batch=128,
        rng=np.random.default_rng([SEED, run, 1]),
    )  # fmt: skip
    layers = found.layers
    return {
        "clone": found._replace(layers={"q": layers["policy"]}),
        "DIQL": found._replace(layers={"q": layers["q"]}),
        "DCIQL": found,
    }


def evaluate(fleet: Fleet, drivers: list[Any], *, masked: bool) -> dict[str, list[Any]]:
    """What each driver does in traffic that nobody has met: a number for each."""
    table: dict[str, list[Any]] = {"speed": [], "violations": [], "collisions": [], "kinds": []}
    half = DECISIONS // PROCESSES
    traffic = np.reshape(seeds(2, RUNS * PROCESSES), (RUNS, PROCESSES)).tolist()
    for driver, these in zip(drivers, traffic, strict=True):
        told = concatenated(fleet.drive(driver, half, these, masked=masked))
        table["speed"].append(round(told.mean_speed, 3))
        table["violations"].append(told.n_violations)
        table["collisions"].append(told.n_collisions)
        table["kinds"].append(kinds(told))
    return table


def kinds(told: Drives) -> list[int]:
    """Changes towards no lane, without a gap, against keeping right; and changes that were safe."""
    lane = told.observations[:, 19]
    nowhere = ((told.actions == 1) & (lane == 1)) | ((told.actions == 2) & (lane == -1))
    gap = (told.violations == VIOLATIONS.index("gap")) & ~nowhere
    right = told.violations == VIOLATIONS.index("keep right")
    fine = (told.actions > 0) & (told.violations == 0)
    return [int(which.sum()) for which in (nowhere, gap, right, fine)]


def film(expert: NetworkDriver, learned: DeepIQL, n_seconds: int = 40) -> dict[str, Any]:
    """Two drivers in the same traffic for a while, every car of it.

    In the first traffic in which the expert changes lanes where it must not, and DCIQL does so
    four times, neither of them at once.
    """
    env = Highway()
    for seed in seeds(5, 100):
        moments = {}
        for name, driver, masked in (("expert", expert, False), ("DCIQL", learned, True)):
            observation, info = env.reset(seed=seed)
            cars, safe, actions = [env.cars], [info["safe"]], []
            for _ in range(n_seconds):
                mask = info["safe"] if masked else np.ones(3, dtype=bool)
                actions.append(driver.act(observation, mask))
                observation, _, _, _, info = env.step(actions[-1])
                cars.append(env.cars)
                safe.append(info["safe"])
            moments[f"{name}_cars"] = np.round(cars, 1).astype(np.float32)
            moments[f"{name}_safe"] = np.array(safe)
            moments[f"{name}_actions"] = np.array(actions, dtype=np.int8)
        unsafe = ~moments["expert_safe"][np.arange(n_seconds), moments["expert_actions"]]
        changes = moments["DCIQL_actions"] > 0
        if unsafe.any() and unsafe.argmax() > 1 and changes.argmax() > 1 and changes.sum() > 3:
            break
    env.close()
    np.savez_compressed(FILM, **moments)
    speeds = {name: moments[f"{name}_cars"][1:, 0, 2].mean() for name in ("expert", "DCIQL")}
    return {"seed": seed, **{name: round(float(speed), 1) for name, speed in speeds.items()}}


def checked_slice() -> dict[str, Any]:
    """What a short seeded drive of the stored expert must give again."""
    env = Highway()
    told = drive(stored_expert(), CHECKED, env=env, seed=seeds(3, 1)[0], masked=False)
    env.close()
    return {
        "decisions": CHECKED,
        "speed": told.mean_speed,
        "violations": told.n_violations,
        "actions": "".join(map(str, told.actions)),
    }


def line(rows: dict[str, list[Any]]) -> str:
    speed, violations, collisions = (rows[key] for key in ("speed", "violations", "collisions"))
    return f"{np.mean(speed):6.2f} m/s, violations {violations}, collisions {collisions}"


if __name__ == "__main__":
    main()
