"""`make deep`: networks in the place of tables on Objectworld, and what a reward is good for.

The expert is softmax(10 q*), its choices are recorded, and values are compared with its own
(protocol "chosen" of `bench.objectworld`). Beside DIQL stand the paper's own update, DIQL's
behaviour classifier alone, and tabular methods. Then the learned rewards are planned with anew:
in the same world, with another wind, and where the expert has never been asked, and compared with
what the expert would do there. Simulated.

    python -m bench.deep [--worlds 5]
"""

import argparse
import json
import re
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from rl_lib import (
    MDP,
    Demonstrations,
    Objectworld,
    boltzmann,
    empirical_mdp,
    expected_value_difference,
    iavi,
    iql,
    maxent_irl,
    soft_value_iteration,
    value_iteration,
)
from rl_lib.deep.diql import DeepIQL, diql
from rl_lib.deep.transitions import Transitions
from rl_lib.inverse.deep_maxent import deep_maxent_irl

RESULTS = Path(__file__).parent / "deep.json"
S, A, STEPS = 1024, 5, 8
SIZES = (8, 32, 128, 512)
SMOOTHINGS = (0.1, 0.3, 1.0, 3.0)
WIND = 0.6  # elsewhere
SEED = 2020
UPDATES = 4000


def reachable(world: Objectworld) -> np.ndarray:
    """Distances to the nearest object of each colour, from the cells that the actions lead to."""
    return world.features("distances")[world.targets].reshape(S, -1)


def expert_of(mdp: MDP) -> np.ndarray:
    return boltzmann(value_iteration(mdp, tol=1e-10).q, 0.1)


def windy(world: Objectworld, wind: float) -> Objectworld:
    return Objectworld(world.objects, world.size, world.n_colours, wind, world.discount)


def replanned(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """The Boltzmann policy of a reward of states or of actions, in some model."""
    rewards = np.broadcast_to(reward[:, None], (S, A)) if reward.ndim == 1 else reward
    return boltzmann(value_iteration(mdp.with_rewards(np.ascontiguousarray(rewards))).q)


def one_world(seed: int) -> dict[str, Any]:
    world = Objectworld.random(rng=np.random.default_rng(seed))
    other = windy(world, WIND)
    expert, there = expert_of(world.mdp), expert_of(other.mdp)
    chance = np.full((S, A), 1 / A)
    found: dict[str, Any] = {
        "chance": expected_value_difference(world.mdp, expert, chance),
        "chance elsewhere": expected_value_difference(other.mdp, there, chance),
        "here": {}, "elsewhere": {}, "seconds": {},
    }  # fmt: skip
    features = reachable(world)
    for size in SIZES:
        walks = Demonstrations.sample(
            world.mdp, expert, size, max_steps=STEPS, rng=np.random.default_rng([seed, size])
        )
        for name, (policy, moved, seconds) in methods(world, other, walks, features, seed).items():
            here = expected_value_difference(world.mdp, expert, policy)
            elsewhere = expected_value_difference(other.mdp, there, moved)
            for key, value in (("here", here), ("elsewhere", elsewhere), ("seconds", seconds)):
                found[key].setdefault(name, []).append(round(float(value), 4))
    return found


def methods(
    world: Objectworld, other: Objectworld, walks: Demonstrations, features: np.ndarray, seed: int
) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """Of each method: its policy here, its policy with the other wind, and seconds."""
    found = {}
    expert = expert_of(world.mdp)
    began = time.perf_counter()
    tried = []
    for smoothing in SMOOTHINGS:
        fitted = iavi(world.mdp, walks.policy(S, A, smoothing=smoothing))
        policy = boltzmann(fitted.q)
        evd = expected_value_difference(world.mdp, expert, policy)
        tried.append((evd, policy, replanned(other.mdp, fitted.reward)))
    _, policy, moved = min(tried, key=lambda one: one[0])
    found["IAVI, best smoothing"] = (policy, moved, time.perf_counter() - began)
    began = time.perf_counter()
    learned = iql(walks, S, A, world.discount, epochs=300)
    moved = replanned(other.mdp, learned.reward)
    found["IQL"] = (learned.policy, moved, time.perf_counter() - began)
    began = time.perf_counter()
    soft = maxent_irl(world.mdp, world.features("distances"), walks, l2=1e-3)
    found["MaxEnt, distances"] = (
        soft.policy, soft_policy(other.mdp, soft.reward), time.perf_counter() - began,
    )  # fmt: skip
    began = time.perf_counter()
    net = deep_maxent_irl(
        world.mdp, world.features("distances"), walks, l2=0.1, max_iter=60,
        rng=np.random.default_rng([SEED, seed]),
    )  # fmt: skip
    moved = soft_policy(other.mdp, net.state_reward)
    found["deep MaxEnt, distances"] = (net.policy, moved, time.perf_counter() - began)
    steps = Transitions.of(walks, features)
    for name, update in (("DIQL", "all"), ("DIQL as published", "taken")):
        began = time.perf_counter()
        (deep,) = diql(
            steps, A, world.discount, update=update, n_steps=UPDATES,
            rng=np.random.default_rng([SEED, seed]),
        )  # fmt: skip
        seconds = time.perf_counter() - began
        found[name] = (deep.policy(features), deep.policy(features), seconds)
        if update == "all":
            found |= by_products(deep, world, other, features)
    return found


def soft_policy(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    rewards = np.broadcast_to(reward[:, None], (S, A)) if reward.ndim == 1 else reward
    return soft_value_iteration(mdp.with_rewards(np.ascontiguousarray(rewards))).policy


def by_products(
    deep: DeepIQL, world: Objectworld, other: Objectworld, features: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    cloned = deep.cloned(features)
    here, moved = (replanned(each.mdp, deep.reward(features)) for each in (world, other))
    certain = 0.999 * cloned + 0.001 / A
    exact = iavi(world.mdp, certain)
    return {
        "the classifier alone": (cloned, cloned, 0.0),
        "DIQL, reward replanned": (here, moved, 0.0),
        "classifier, then IAVI": (boltzmann(exact.q), replanned(other.mdp, exact.reward), 0.0),
    }


def one_hot() -> dict[str, Any]:
    """DIQL with one-hot features beside IAVI on the counted model, pairs seen often or not."""
    told = []
    for seed in range(5):
        for n_walks in (4, 8, 16, 1000):
            rng = np.random.default_rng([SEED, seed])
            transitions = rng.dirichlet(np.ones(8), size=(8, 3))
            mdp = MDP(transitions, rng.normal(size=(8, 3)), discount=0.7)
            policy = boltzmann(value_iteration(mdp).q)
            walks = Demonstrations.sample(mdp, policy, n_walks, max_steps=10, rng=rng)
            counts = walks.counts(8, 3)
            exact = iavi(empirical_mdp(walks, 8, 3, 0.7), walks.policy(8, 3))
            if not (counts.sum(axis=0) > 0).all():
                continue
            (deep,) = diql(
                Transitions.of(walks, np.eye(8)), 3, 0.7, n_steps=12_000, hidden=(), batch=256,
                learning_rate=5e-3, weight_decay=0, rng=rng,
            )  # fmt: skip
            reward = deep.reward(np.eye(8))
            together = np.corrcoef(reward.ravel(), exact.reward.ravel())[0, 1]
            apart = np.abs(deep.policy(np.eye(8)) - boltzmann(exact.q)).max()
            told.append(
                {
                    "least": int(counts.min()),
                    "unseen": int((counts == 0).sum()),
                    "correlation": round(float(together), 4),
                    "apart": round(float(apart), 4),
                }
            )  # fmt: skip
    return {"runs": told}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.deep", description=__doc__)
    parser.add_argument("--worlds", type=int, default=5)
    options = parser.parse_args()
    began = time.perf_counter()
    with warnings.catch_warnings(), threadpool_limits(2):
        warnings.simplefilter("ignore")
        worlds = [one_world(seed) for seed in tqdm(range(options.worlds), unit="world")]
        known = one_hot()
    results = {
        "versions": {name: version(name) for name in ("numpy", "jax", "optax")},
        "sizes": list(SIZES), "wind": WIND, "steps": UPDATES, "one_hot": known,
        "chance": [one["chance"] for one in worlds],
        "chance elsewhere": [one["chance elsewhere"] for one in worlds],
    } | {
        key: {name: [one[key][name] for one in worlds] for name in worlds[0][key]}
        for key in ("here", "elsewhere", "seconds")
    }  # fmt: skip
    for key in ("here", "elsewhere"):
        print(
            f"\nEVD {key}; mean of {len(worlds)} worlds\n{'':26}" + "".join(f"{n:9}" for n in SIZES)
        )
        for name, values in results[key].items():
            print(f"{name:26}" + "".join(f"{v:9.2f}" for v in np.mean(values, axis=0)))
    results["minutes"] = (time.perf_counter() - began) / 60
    text = json.dumps(results, indent=1, ensure_ascii=False)
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), text)
    RESULTS.write_text(flat + "\n", "utf8")
    print(f"{results['minutes']:.1f} minutes; stored in {RESULTS.parent.name}/{RESULTS.name}")


if __name__ == "__main__":
    main()
