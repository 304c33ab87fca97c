"""`make bench`: our solver and our Q-learning beside their peers, in one run, as ratios."""

import argparse
import json
import multiprocessing
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bench.models import DISCOUNTS, MODELS
from bench.solvers import SOLVERS, serve
from rl_lib import MDPEnv, q_learning, russell_norvig

TOL = 1e-6
LIMIT = 60  # seconds for one solution; a slower peer is shown as slower than that
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
    learning = q_learning_ratio(options.repeat)
    print(
        f"Q-learning: {learning['ratio']:.0f} times the plain Python loop "
        f"({learning['nanoseconds']:.0f} ns against {learning['plain_nanoseconds']:.0f} ns a step)"
    )
    peers = {name: version(name) for name in ("numpy", "numba", "quantecon", "mdpsolver")}
    results = {"versions": peers, "tol": TOL, "points": points, "q_learning": learning}
    results |= {"geometric_mean": mean, "worst": max(ratios), "gigabytes": memory}
    if not options.model:
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        print(f"stored in {RESULTS.parent.name}/{RESULTS.name}")


def solve_point(model: str, discount: float, repeat: int) -> dict:
    """Medians over rounds in which every solver solves the same model once."""
    kind, size = MODELS[model]
    names = [name for name in SOLVERS if applies(name, kind, size)]
    context = multiprocessing.get_context("spawn")
    workers, times, slow = {}, {name: [] for name in names}, {}
    solvers: dict[str, dict] = {}
    for name in names:
        here, there = context.Pipe()
        process = context.Process(
            target=serve, args=(there, name, (kind, size, discount), TOL), daemon=True
        )
        process.start()
        here.send(True)  # the warm-up, which also builds the model
        if here.poll(LIMIT + 60):
            seconds, error, memory = here.recv()
            solvers[name] = {"error": error, "gigabytes": memory}
            workers[name] = process, here
            if seconds > LIMIT or error > 1.001 * TOL:
                slow[name] = seconds
        else:
            slow[name] = np.inf
            times[name] = [seconds]
        if name in slow:
            process.terminate()
            workers.pop(name, None)
    # A warm-up that took several times as long as another peer's, compilation apart, will do.
    fastest = min((times[name][0] for name in workers if name != "ours"), default=0.0)
    far_behind = {name for name in workers if times[name][0] > max(5.0, 4 * fastest)} - {"ours"}
    for name in workers.keys() - far_behind:
        times[name].clear()
    for _ in range(repeat):
        for name, (_, pipe) in workers.items():
            if name in far_behind:
                continue
            pipe.send(True)
            times[name].append(pipe.recv()[0])
    for process, pipe in workers.values():
        pipe.send(False)
        process.join()
    for name in workers:
        solvers[name]["seconds"] = float(np.median(times[name]))
    peers = [name for name in workers if name != "ours"]
    point = {"model": model, "discount": discount, "solvers": solvers}
    cells = [f"{name} {solvers[name]['seconds']:.4f} s" for name in workers]
    cells += [
        f"{name} " + ("misses the error" if t <= LIMIT else f"> {LIMIT} s")
        for name, t in slow.items()
    ]
    if peers:
        best = min(peers, key=lambda name: solvers[name]["seconds"])
        ratio = float(np.median(np.divide(times["ours"], times[best])))
        point |= {"best_peer": best, "ratio": ratio}
    else:  # every peer was too slow: the ratio is at most this
        ratio = solvers["ours"]["seconds"] / LIMIT
        point |= {"best_peer": None, "ratio": ratio}
    print(f"{model}, γ = {discount}: ratio {ratio:.3f}   " + " · ".join(cells), flush=True)
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


def q_learning_ratio(repeat: int) -> dict:
    """Time a step, ours and plain, on the 4×3 grid as the same Gymnasium environment."""
    world, rng = russell_norvig(), np.random.default_rng(0)
    env = MDPEnv(world)
    env.reset(seed=0)
    options = {"step_size": 0.1, "epsilon": 0.1, "rng": rng}
    q_learning(world, episodes=10, **options)
    fast, plain = [], []
    for _ in range(repeat):
        began = time.perf_counter()
        learned = q_learning(world, episodes=100_000, **options)
        fast.append((time.perf_counter() - began) / learned.lengths.sum())
        began = time.perf_counter()
        _, steps = plain_q_learning(env, 1_000, 0.1, 0.1, 1.0, rng)
        plain.append((time.perf_counter() - began) / steps)
    return {
        "ratio": float(np.median(np.divide(plain, fast))),
        "nanoseconds": float(np.median(fast)) * 1e9,
        "plain_nanoseconds": float(np.median(plain)) * 1e9,
    }


if __name__ == "__main__":
    main()
