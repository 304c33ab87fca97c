"""`make bench-intentions`: an iteration of ours beside batched NumPy and hmmlearn, as ratios.

Simulated recordings of the shape of the mice's: 238 windows of 500 steps in the labyrinth, three
intentions. hmmlearn knows no states that are seen, so it meets ours where there is only one: the
same actions as four symbols, from the same beginning, as many iterations.
"""

import argparse
import contextlib
import json
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from rl_lib import Intentions, Labyrinth, simulate_intentions
from rl_lib.inverse import _forward_backward as passes
from rl_lib.inverse._em import Model, Problem, beginning, expect, maximise

RESULTS = Path(__file__).parent / "intentions.json"
WINDOWS, LENGTH, K, N_ITER = 238, 500, 3, 10


def recordings(rng):
    mdp = Labyrinth("swirl").mdp
    policy = rng.dirichlet(np.full(mdp.n_actions, 0.5), (K, mdp.n_states))
    transition = 0.05 / K + 0.95 * np.eye(K)
    none = np.zeros(0)
    agent = Intentions(policy, none, None, np.full(K, 1 / K), transition, 0.0, none, none, 0, True)
    return mdp, simulate_intentions(mdp, agent, np.full(WINDOWS, LENGTH), rng=rng).demonstrations


def ours(problem: Problem, model: Model) -> Model:
    for _ in range(N_ITER):
        model = maximise(problem, expect(problem, model), model)
    return model


@contextlib.contextmanager
def not_compiled():
    compiled, passes.COMPILED = passes.COMPILED, False
    try:
        yield
    finally:
        passes.COMPILED = compiled


def in_numpy(problem: Problem, model: Model) -> Model:
    with not_compiled():
        return ours(problem, model)


def theirs(problem: Problem, model: Model, lengths, implementation: str) -> Model:
    """Hmmlearn's, with the same priors."""
    from hmmlearn.hmm import CategoricalHMM

    hmm = CategoricalHMM(
        K, n_features=problem.shape[2], n_iter=N_ITER, tol=-np.inf, init_params="",
        startprob_prior=1 + problem.chain_smoothing, transmat_prior=1 + problem.chain_smoothing,
        emissionprob_prior=1 + problem.smoothing, implementation=implementation,
    )  # fmt: skip
    hmm.startprob_, hmm.transmat_ = (part.copy() for part in model.chain)
    hmm.emissionprob_ = model.policy[:, 0].copy()
    hmm.fit(problem.pairs[:, None], lengths)
    return Model(hmm.emissionprob_[:, None], passes.Chain(hmm.startprob_, hmm.transmat_))


def race(contestants: dict, repeat: int) -> dict:
    """Seconds an iteration of each, taking turns; all have to find the same."""
    found = [run() for run in contestants.values()]  # this compiles, too
    for other in found[1:]:
        np.testing.assert_allclose(other.policy, found[0].policy, atol=1e-8)
        np.testing.assert_allclose(other.chain.transition, found[0].chain.transition, atol=1e-8)
    times: dict = {name: [] for name in contestants}
    for _ in range(repeat):
        for name, run in contestants.items():
            began = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - began) / N_ITER)
    first = times["ours"]
    return {
        name: {"seconds": float(np.median(each)), "ratio": float(np.median(np.divide(each, first)))}
        for name, each in times.items()
    }


def measure(repeat: int) -> dict:
    rng = np.random.default_rng(0)
    mdp, walks = recordings(rng)
    shape = K, mdp.n_states, mdp.n_actions
    maze = Problem(walks.pairs(*shape[1:]), walks.offsets, shape, 0.5, 1.0)
    alone = maze._replace(pairs=walks.actions, shape=(K, 1, mdp.n_actions))
    begin, begin_alone = beginning(maze, rng), beginning(alone, rng)
    in_maze = {"ours": lambda: ours(maze, begin), "NumPy": lambda: in_numpy(maze, begin)}
    in_one_state = {"ours": lambda: ours(alone, begin_alone)} | {
        f"hmmlearn, {way}": lambda way=way: theirs(alone, begin_alone, walks.lengths, way)
        for way in ("log", "scaling")
    }
    return {"labyrinth": race(in_maze, repeat), "one state": race(in_one_state, repeat)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.intentions", description=__doc__)
    parser.add_argument("--repeat", type=int, default=9, help="timed runs of each")
    options = parser.parse_args()
    if not find_spec("hmmlearn"):
        parser.exit(message="hmmlearn is not installed: nothing is measured\n")
    results = measure(options.repeat)
    for where, times in results.items():
        own = times["ours"]["seconds"]
        print(f"{where}: {own * 1e3:.1f} ms an iteration")
        for name, each in times.items():
            if name != "ours":
                print(f"  {name}: {each['ratio']:.1f} times as long")
    results["versions"] = {name: version(name) for name in ("numpy", "numba", "hmmlearn")}
    results |= {"windows": WINDOWS, "length": LENGTH, "k": K, "iterations": N_ITER}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf8")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}")


if __name__ == "__main__":
    main()
