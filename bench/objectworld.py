"""`make objectworld`: every tabular method on Objectworld, from 4 to 4 096 demonstrations.

Two protocols. "chosen": the demonstrator is softmax(10 q*), its own choice of action is recorded,
and values are compared with the demonstrator's. "executed", that of the published figures: the
demonstrator is greedy, the action that the wind executed is recorded, and values are compared with
those of softmax(q*). All demonstrators are simulated.
"""

import json
import multiprocessing
import re
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from rl_lib import (
    Demonstrations,
    Objectworld,
    boltzmann,
    empirical_mdp,
    epic_distance,
    evaluate_policy,
    expected_value_difference,
    greedy,
    iavi,
    iql,
    log_likelihood,
    maxent_irl,
    reward_correlation,
    state_reward,
    value_iteration,
)

RESULTS = Path(__file__).parent / "objectworld.json"
SIZES = (4, 32, 128, 512, 4096)
SEEDS = range(5)
STEPS = 8
S, A = 1024, 5
PROTOCOLS = ("chosen", "executed")
MEASURES = ("evd", "share", "correlation", "epic", "log_likelihood", "seconds")
PUBLISHED = {  # EVD and seconds of the authors' released code, under the protocol "executed"
    "chance": 15.416,
    "IAVI": {"4": [15.312, 41.4], "512": [2.045, 78.9]},
    "IQL": {"4": [15.360, 0.12], "512": [3.289, 12.9]},
}


def from_state_reward(world, reward):
    """The Boltzmann policy of a reward, and the reward."""
    return boltzmann(value_iteration(world.mdp.with_rewards(reward)).q), reward


def from_iavi(world, walks, mdp=None):
    found = iavi(mdp or world.mdp, walks.policy(S, A))
    return boltzmann(found.q), found.reward


def from_iql(world, walks, **options):
    found = iql(walks, S, A, world.discount, **options)
    return found.policy, found.reward


def from_maxent(world, walks, features, l2=1.0):
    found = maxent_irl(world.mdp, features, walks, l2=l2)
    return found.policy, found.reward


def with_product(world):
    """The thresholds, and the one product of two of them that the true reward contains."""
    return np.column_stack((world.features(), world.state_reward > 0))


PAPER = {"step_size": 0.01, "reward_step_size": 1e-4, "update": "taken"}
METHODS: dict[str, Callable] = {
    "chance": lambda world, walks: (np.full((S, A), 1 / A), None),
    "clone": lambda world, walks: (walks.policy(S, A), None),
    "IAVI": from_iavi,
    "IAVI, state gauge": lambda world, walks: from_state_reward(
        world, state_reward(world.mdp, walks.policy(S, A)).reward
    ),
    "IAVI, counted model": lambda world, walks: from_iavi(
        world, walks, empirical_mdp(walks, S, A, world.discount)
    ),
    "IQL": lambda world, walks: from_iql(world, walks, epochs=300),
    "IQL as published": lambda world, walks: from_iql(world, walks, **PAPER),
    # Distances are divided by 32, and need weights that a stronger prior would hold back.
    "MaxEnt, distances": lambda world, walks: from_maxent(
        world, walks, world.features("distances"), l2=1e-3
    ),
    "MaxEnt, thresholds": lambda world, walks: from_maxent(world, walks, world.features()),
    "MaxEnt, product too": lambda world, walks: from_maxent(world, walks, with_product(world)),
}


def recorded(protocol, world):
    """The model and the policy that recordings come from, and the policy to be compared with."""
    q = value_iteration(world.mdp, tol=1e-10).q
    if protocol == "chosen":
        expert = boltzmann(q, 0.1)
        return world.mdp, expert, expert
    # To record what the wind executed is to record an agent in still air who does it by itself.
    calm = Objectworld(world.objects, wind=0.0)
    share = world.wind / A
    return calm.mdp, (1 - world.wind) * greedy(q) + share, boltzmann(q)


def one_world(job):
    """All measures of all methods in one world."""
    protocol, seed = job
    world = Objectworld.random(rng=np.random.default_rng(seed))
    model, behaviour, expert = recorded(protocol, world)
    truth = np.repeat(world.state_reward[:, None] / world.discount, A, axis=1)
    held_out = Demonstrations.sample(
        model, behaviour, 1_000, max_steps=STEPS, rng=np.random.default_rng([seed, 0])
    )
    chance = expected_value_difference(world.mdp, expert, np.full((S, A), 1 / A))

    def measure(policy, reward, seconds):
        evd = expected_value_difference(world.mdp, expert, policy)
        return {
            "evd": evd,
            "share": evd / chance,
            "correlation": None if reward is None else reward_correlation(
                world.mdp, reward, world.mdp.rewards
            ),
            "epic": None if reward is None else epic_distance(reward, truth, world.discount),
            "log_likelihood": log_likelihood(held_out, policy),
            "seconds": seconds,
        }  # fmt: skip

    floor = measure(behaviour, None, 0.0)["evd"]
    better = evaluate_policy(world.mdp, behaviour).v - evaluate_policy(world.mdp, expert).v
    found = {"floor": floor, "gain": float(better.mean()), "methods": {}}
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # estimated policies contradict the state-only gauge
        for size in SIZES:
            walks = Demonstrations.sample(
                model, behaviour, size, max_steps=STEPS, rng=np.random.default_rng([seed, size])
            )
            for name, method in METHODS.items():
                if size == SIZES[0]:
                    method(world, walks)  # compiles
                began = time.perf_counter()
                policy, reward = method(world, walks)
                seconds = time.perf_counter() - began
                found["methods"].setdefault(name, {})[size] = measure(policy, reward, seconds)
    return found


def collect() -> dict:
    """Lists over seeds, as results[protocol][method][measure][size]."""
    jobs = [(protocol, seed) for protocol in PROTOCOLS for seed in SEEDS]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        worlds = list(tqdm(pool.map(one_world, jobs), total=len(jobs), unit="world"))
    results: dict = {"sizes": list(SIZES), "published": PUBLISHED}
    for protocol in PROTOCOLS:
        these = [world for job, world in zip(jobs, worlds, strict=True) if job[0] == protocol]
        results[protocol] = {name: [world[name] for world in these] for name in ("floor", "gain")}
        results[protocol]["methods"] = {
            name: {
                measure: [[world["methods"][name][k][measure] for world in these] for k in SIZES]
                for measure in MEASURES
            }
            for name in METHODS
        }
    return results


def main() -> None:
    began = time.perf_counter()
    results = collect()
    results["minutes"] = (time.perf_counter() - began) / 60
    for protocol in PROTOCOLS:
        print(f"\nEVD, action {protocol}; mean of {len(SEEDS)} worlds, in brackets of chance")
        print(" " * 22 + "".join(f"{size:>16}" for size in SIZES) + "   reward corr.   seconds")
        for name, found in results[protocol]["methods"].items():
            cells = "".join(
                f"{np.mean(evd):8.2f} ({np.mean(share):4.0%})  "
                for evd, share in zip(found["evd"], found["share"], strict=True)
            )
            correlation = found["correlation"][-1]
            known = f"{np.mean(correlation):12.2f}" if correlation[0] is not None else " " * 12
            print(f"{name:24}{cells}{known}{np.mean(found['seconds'][-1]):12.4f}")
    text = json.dumps(results, indent=1, ensure_ascii=False)
    in_rows = re.sub(r"\[\s+([^\[\]{}]+?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    RESULTS.write_text(in_rows + "\n", "utf8")
    print(f"\n{results['minutes']:.1f} minutes; stored in {RESULTS.parent.name}/{RESULTS.name}")


if __name__ == "__main__":
    main()
