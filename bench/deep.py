"""`make deep`: networks in the place of tables on Objectworld, and what a reward is good for.

The expert is softmax(10 q*), its choices are recorded, and values are compared with its own
(protocol "chosen" of `bench.objectworld`). Beside DIQL stand the paper's own update, DIQL's
behaviour classifier alone, and other methods. Then what was learned goes to three changed worlds:
another wind, actions that mean something else, and objects in other places. Behaviour goes there
as it is; rewards are planned with anew, and compared with what the expert would do there. All
experts are simulated.

    python -m bench.deep [--worlds 5]
"""

import argparse
import json
import re
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
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
    state_reward,
    value_iteration,
)
from rl_lib.deep.diql import diql
from rl_lib.deep.transitions import Transitions
from rl_lib.inverse.deep_maxent import deep_maxent_irl

RESULTS = Path(__file__).parent / "deep.json"
S, A, STEPS, DISCOUNT = 1024, 5, 8, 0.9
SIZES = (8, 32, 128, 512)
SMOOTHINGS = (0.01, 0.03, 0.1, 0.3, 1.0)
WIND = 0.6  # instead of 0.3
TURNED = (0, 2, 3, 4, 1)  # "up" goes right, "right" down, and so on
UPDATES = 4000
ONE_HOT = {"n_steps": 12_000, "hidden": (), "batch": 256, "learning_rate": 5e-3, "weight_decay": 0}


class World(NamedTuple):
    """A model, and what can be seen in its states."""

    mdp: MDP
    reachable: np.ndarray
    """Distances to each colour from the cells that the actions lead to, (S, F)."""
    near: np.ndarray
    """Distances to each colour from the cell itself, (S, F)."""

    @classmethod
    def of(cls, world: Objectworld) -> "World":
        return cls(world.mdp, world.features("reachable"), world.features("distances"))

    def turned(self) -> "World":
        """Each action does what another did; what is seen stays in its place."""
        rows = (np.arange(S)[:, None] * A + np.array(TURNED)).ravel()
        transitions = sparse.csr_array(self.mdp.transition_matrix[rows])
        mdp = MDP(transitions, self.mdp.rewards[:, TURNED], DISCOUNT, start=self.mdp.start)
        return self._replace(mdp=mdp)


def expert_of(mdp: MDP) -> np.ndarray:
    return boltzmann(value_iteration(mdp, tol=1e-10).q, 0.1)


def replanned(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """The Boltzmann policy of a reward (S, A) in some model."""
    return boltzmann(value_iteration(mdp.with_rewards(reward)).q)


def soft(mdp: MDP, reward: np.ndarray) -> np.ndarray:
    """The policy that maximum entropy has in mind, of a reward (S, A)."""
    return soft_value_iteration(mdp.with_rewards(reward)).policy


def by_state(reward: np.ndarray) -> np.ndarray:
    return np.repeat(reward[:, None], A, axis=1)


Behaviour = Callable[[World], np.ndarray]
"""What somebody does in a world."""


def methods(here: World, expert: np.ndarray, walks: Demonstrations, seed: int) -> dict[str, Any]:
    """Of each method: its behaviour, and the seconds that it took."""
    found: dict[str, tuple[Behaviour, float]] = {}
    began = time.perf_counter()

    def add(name: str, behaviour: Behaviour) -> None:
        nonlocal began
        found[name] = behaviour, time.perf_counter() - began
        began = time.perf_counter()

    counted = min(  # an advantage that nobody else has: chosen by the truth
        (walks.policy(S, A, smoothing=c) for c in SMOOTHINGS),
        key=lambda policy: expected_value_difference(here.mdp, expert, policy),
    )
    closed = iavi(here.mdp, counted)
    add("IAVI", lambda world: closed.policy)
    add("IAVI, replanned", lambda world: replanned(world.mdp, closed.reward))
    learned = iql(walks, S, A, DISCOUNT, epochs=300)
    add("IQL", lambda world: learned.policy)
    add("IQL, replanned", lambda world: replanned(world.mdp, learned.reward))
    for name, kind, l2 in (("distances", "near", 1e-3), ("reachable", "reachable", 1e-3)):
        linear = maxent_irl(here.mdp, getattr(here, kind), walks, l2=l2)
        add(
            f"MaxEnt, {name}",
            lambda world, kind=kind, linear=linear: soft(
                world.mdp, by_state(getattr(world, kind) @ linear.theta)
            ),
        )
    net = deep_maxent_irl(
        here.mdp, here.near, walks, l2=0.1, max_iter=60, rng=np.random.default_rng(seed)
    )
    add("deep MaxEnt", lambda world: soft(world.mdp, by_state(net.reward_of(world.near))))
    steps, options = Transitions.of(walks, here.reachable), {"n_steps": UPDATES}
    (deep,) = diql(steps, A, DISCOUNT, rng=np.random.default_rng(seed), **options)
    add("DIQL", lambda world: deep.policy(world.reachable))
    add("DIQL, replanned", lambda world: replanned(world.mdp, deep.reward(world.reachable)))
    add("DIQL, classifier alone", lambda world: deep.cloned(world.reachable))
    told = state_reward(here.mdp, 0.99 * deep.cloned(here.reachable) + 0.01 / A).reward
    add("DIQL, classifier, state gauge", lambda world: replanned(world.mdp, told))
    (paper,) = diql(steps, A, DISCOUNT, update="taken", rng=np.random.default_rng(seed), **options)
    add("DIQL as published", lambda world: paper.policy(world.reachable))
    return found


def one_world(seed: int) -> dict[str, Any]:
    objects = Objectworld.random(rng=np.random.default_rng(seed))
    windy = Objectworld(objects.objects, wind=WIND)
    moved = Objectworld.random(rng=np.random.default_rng([seed, 1]))
    worlds = {"here": World.of(objects), "wind": World.of(windy)}
    worlds |= {"turned": worlds["here"].turned(), "moved": World.of(moved)}
    experts = {name: expert_of(world.mdp) for name, world in worlds.items()}
    found: dict[str, Any] = {name: {} for name in (*worlds, "seconds")}
    for name, world in worlds.items():
        chance = np.full((S, A), 1 / A)
        found[name]["chance"] = [expected_value_difference(world.mdp, experts[name], chance)]
        # The same behaviour as in the old world, to the last digit: a perfect clone.
        clone = expected_value_difference(world.mdp, experts[name], experts["here"])
        found[name]["a perfect clone"] = [clone]
    for size in SIZES:
        walks = Demonstrations.sample(
            worlds["here"].mdp, experts["here"], size, max_steps=STEPS,
            rng=np.random.default_rng([seed, size]),
        )  # fmt: skip
        learned = methods(worlds["here"], experts["here"], walks, seed)
        for method, (behaviour, seconds) in learned.items():
            found["seconds"].setdefault(method, []).append(seconds)
            for name, world in worlds.items():
                evd = expected_value_difference(world.mdp, experts[name], behaviour(world))
                found[name].setdefault(method, []).append(evd)
    return found


def one_hot(seed: int) -> list[dict[str, Any]]:
    """DIQL with one-hot features beside IAVI on the counted model, pairs seen often or not."""
    told, n, m, discount = [], 8, 3, 0.7
    rng = np.random.default_rng(seed)
    mdp = MDP(rng.dirichlet(np.ones(n), size=(n, m)), rng.normal(size=(n, m)), discount)
    policy = boltzmann(value_iteration(mdp).q)
    for n_walks in (4, 8, 16, 32, 64, 256, 1024):
        walks = Demonstrations.sample(mdp, policy, n_walks, max_steps=10, rng=rng)
        counts = walks.counts(n, m)
        if not counts.sum(axis=0).all():
            continue
        exact = iavi(empirical_mdp(walks, n, m, discount), walks.policy(n, m))
        steps = Transitions.of(walks, np.eye(n))
        (deep,) = diql(steps, m, discount, rng=np.random.default_rng(seed), **ONE_HOT)
        rewards = deep.reward(np.eye(n)), exact.reward
        apart = np.abs(deep.policy(np.eye(n)) - boltzmann(exact.q)).max()
        told.append(
            {
                "least": int(counts.min()),
                "unseen": int((counts == 0).sum()),
                "correlation": float(np.corrcoef([r.ravel() for r in rewards])[0, 1]),
                "apart": float(apart),
            }
        )
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.deep", description=__doc__)
    parser.add_argument("--worlds", type=int, default=5)
    n_worlds = parser.parse_args().worlds
    began = time.perf_counter()
    with warnings.catch_warnings(), threadpool_limits(2):
        warnings.simplefilter("ignore")  # an estimated policy contradicts the state-only gauge
        worlds = [one_world(seed) for seed in tqdm(range(n_worlds), unit="world")]
        known = [run for seed in range(n_worlds) for run in one_hot(seed)]
    results: dict[str, Any] = {
        "versions": {name: version(name) for name in ("numpy", "jax", "optax")},
        "sizes": SIZES,
        "updates": UPDATES,
        "winds": (0.3, WIND),
        "one_hot": known,
    }
    for key in worlds[0]:
        results[key] = {
            name: [[round(value, 4) for value in one[key][name]] for one in worlds]
            for name in worlds[0][key]
        }
    results["minutes"] = (time.perf_counter() - began) / 60
    text = json.dumps(results, indent=1, ensure_ascii=False)
    in_rows = re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda found: " ".join(found[0].split()), text)
    RESULTS.write_text(in_rows + "\n", "utf8")
    for key in worlds[0]:
        unit = "seconds" if key == "seconds" else f"EVD, {key}"
        print(f"\n{unit}; mean of {n_worlds} worlds\n{'':30}" + "".join(f"{n:9}" for n in SIZES))
        for name, values in results[key].items():
            print(f"{name:30}" + "".join(f"{v:9.2f}" for v in np.mean(values, axis=0)))
    print(f"{results['minutes']:.1f} minutes; stored in {RESULTS.parent.name}/{RESULTS.name}")


if __name__ == "__main__":
    main()
