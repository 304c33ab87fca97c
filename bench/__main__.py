"""`make bench`: our solvers and learners beside their peers, in one run, as ratios."""

import argparse
import json
import multiprocessing
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bench import inverse
from bench.models import DISCOUNTS, MODELS
from bench.solvers import SOLVERS, serve
from rl_lib import MDPEnv, q_learning, russell_norvig

TOL = 1e-6
LIMIT = 30  # seconds for one solution; a slower peer is shown as slower than that
START = 30  # seconds to start a process, build the model and compile
OUT: set[tuple[str, str]] = set()  # models and the solvers that were too slow for them
RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="timed solutions of each solver")
    parser.add_argument("--model", choices=MODELS, action="append", help="only these models")
    options = parser.parse_args()
    print(f"Optimal values to a certified error of {TOL:g}, medians of {options.repeat}\n")
    points = [
        solve_point(model, discount, options.repeat)
        for model in options.model or MODELS
        for discount in DISCOUNTS
    ]
    ratios = [point["ratio"] for point in points if "ratio" in point]
    mean = float(np.exp(np.mean(np.log(ratios))))
    print(f"\nour time / best peer's: {mean:.3f} in the geometric mean, {max(ratios):.3f} at worst")
    memory = max(point["solvers"]["ours"]["gigabytes"] for point in points)
    print(f"our largest process: {memory:.2f} GB")
    imports = import_ratio(options.repeat)
    print(
        f"import rl_lib: {imports['ratio']:.2f} times import numpy, scipy.sparse "
        f"({imports['seconds']:.2f} s against {imports['plain_seconds']:.2f} s, whole process)"
    )
    learning = q_learning_ratio(options.repeat)
    print(
        f"Q-learning: {learning['ratio']:.0f} times the plain Python loop "
        f"({learning['nanoseconds']:.0f} ns against {learning['plain_nanoseconds']:.0f} ns a step)"
        f", {learning['environment_ratio']:.1f} times in an environment, each step checked"
    )
    others = inverse.measure(options.repeat)
    packages = ("numpy", "numba", "quantecon", "mdpsolver", "irl-maxent")
    peers = {name: version(name) for name in packages}
    results = {
        "versions": peers,
        "tol": TOL,
        "limit": LIMIT,
        "points": points,
        "imports": imports,
        "q_learning": learning,
    }
    results |= others | {"geometric_mean": mean, "worst": max(ratios), "gigabytes": memory}
    if not options.model:
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        print(f"stored in {RESULTS.parent.name}/{RESULTS.name}")


class Contestant:
    """One solver on one model, in a process of its own."""

    def __init__(self, name: str, spec: tuple[str, int, float]) -> None:
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.pipe, there = context.Pipe()
        self.process = context.Process(
            target=serve, args=(there, name, spec, TOL, LIMIT), daemon=True
        )
        self.process.start()
        self.pipe.send(True)
        reply = self.pipe.recv() if self.pipe.poll(START + LIMIT) else (np.inf, np.inf, np.nan)
        self.warm_up, self.error, self.gigabytes = reply
        self.times: list[float] = []

    @property
    def verdict(self) -> str:
        if self.warm_up > LIMIT:
            return f"more than {LIMIT} s"
        return "" if self.error <= 1.001 * TOL else f"error {self.error:.1g}"

    def solve(self) -> None:
        self.pipe.send(True)
        self.times.append(self.pipe.recv()[0])

    @property
    def seconds(self) -> float:
        return float(np.median(self.times)) if self.times else self.warm_up

    def stop(self) -> None:
        self.process.terminate()
        self.process.join()


def solve_point(model: str, discount: float, repeat: int) -> dict:
    """Medians over rounds in which every solver solves the same model once."""
    kind, size = MODELS[model]
    names = [name for name in SOLVERS if applies(name, kind, size) and (model, name) not in OUT]
    everyone = [Contestant(name, (kind, size, discount)) for name in names]
    # A larger discount is only harder.
    OUT.update((model, one.name) for one in everyone if one.warm_up > LIMIT)
    ours, valid = everyone[0], [peer for peer in everyone[1:] if not peer.verdict]
    fastest = min((peer.warm_up for peer in valid), default=0.0)
    # A warm-up several times as long as another's, compilation apart, says enough.
    timed = [ours] + [peer for peer in valid if peer.warm_up <= max(5.0, 4 * fastest)]
    for _ in range(repeat):
        for contestant in timed:
            contestant.solve()
    for contestant in everyone:
        contestant.stop()
    point: dict = {"model": model, "discount": discount, "best_peer": None}
    if valid:
        best = min(timed[1:], key=lambda peer: peer.seconds)
        point["best_peer"] = best.name
        point["ratio"] = float(np.median(np.divide(ours.times, best.times)))
    else:  # no peer made it in time: the ratio is at most this
        point["ratio"] = ours.seconds / LIMIT
    point["solvers"] = {
        one.name: {"seconds": one.seconds, "error": one.error, "gigabytes": one.gigabytes}
        if not one.verdict
        else {"verdict": one.verdict}
        for one in everyone
    }
    cells = [f"{one.name} {one.verdict or f'{one.seconds:.4f} s'}" for one in everyone]
    print(f"{model}, γ = {discount}: {point['ratio']:.3f}   " + " · ".join(cells), flush=True)
    return point


def applies(name: str, kind: str, size: int) -> bool:
    n_states = size**2 if kind == "grid" else size
    if name.startswith("mdpsolver"):
        return n_states <= 100_000  # beyond, its lists of lists do not fit
    return name != "quantecon pi" or n_states <= 10_000  # a direct solution for each policy


def plain_q_learning(env, episodes, alpha, epsilon, gamma, rng):
    """The textbook loop, as a student would write it; returns q and the number of steps."""
    q = np.zeros((env.observation_space.n, env.action_space.n))
    steps = 0
    for _ in range(episodes):
        state, _ = env.reset()
        over = False
        while not over:
            if rng.random() < epsilon:
                action = int(rng.integers(q.shape[1]))
            else:
                action = int(np.argmax(q[state]))
            next_state, reward, terminated, truncated, _ = env.step(action)
            target = reward if terminated else reward + gamma * q[next_state].max()
            q[state, action] += alpha * (target - q[state, action])
            state, over = next_state, terminated or truncated
            steps += 1
    return q, steps


def import_ratio(repeat: int) -> dict:
    """Whole processes that import, side by side."""

    def seconds(statement: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        return time.perf_counter() - began

    ours, plain, used = [], [], []
    for _ in range(2 * repeat + 1):
        ours.append(seconds("import rl_lib"))
        plain.append(seconds("import numpy, scipy.sparse"))
        used.append(seconds("from rl_lib import MDP, GridWorld"))
    return {
        "ratio": float(np.median(np.divide(ours, plain))),
        "model_ratio": float(np.median(np.divide(used, plain))),
        "seconds": float(np.median(ours)),
        "plain_seconds": float(np.median(plain)),
    }


def q_learning_ratio(repeat: int) -> dict:
    """Time a step, ours and plain, on the 4×3 grid: its model, and as a Gymnasium environment."""
    world, rng = russell_norvig(), np.random.default_rng(0)
    env = MDPEnv(world)
    env.reset(seed=0)
    options = {"step_size": 0.1, "epsilon": 0.1, "rng": rng}
    q_learning(world, episodes=10, **options)
    fast, checked, plain = [], [], []
    for _ in range(repeat):
        began = time.perf_counter()
        learned = q_learning(world, episodes=100_000, **options)
        fast.append((time.perf_counter() - began) / learned.lengths.sum())
        began = time.perf_counter()
        learned = q_learning(env, episodes=1_000, discount=1.0, **options)
        checked.append((time.perf_counter() - began) / learned.lengths.sum())
        began = time.perf_counter()
        _, steps = plain_q_learning(env, 1_000, 0.1, 0.1, 1.0, rng)
        plain.append((time.perf_counter() - began) / steps)
    return {
        "ratio": float(np.median(np.divide(plain, fast))),
        "environment_ratio": float(np.median(np.divide(plain, checked))),
        "nanoseconds": float(np.median(fast)) * 1e9,
        "plain_nanoseconds": float(np.median(plain)) * 1e9,
    }


if __name__ == "__main__":
    main()
