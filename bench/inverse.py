"""Inverse methods beside what was published: `measure()` returns times and ratios."""

import multiprocessing
import sys
import time

import numpy as np

from bench.models import slippery_grid
from bench.published import sweep_of_least_squares
from bench.solvers import peak_gigabytes
from rl_lib import MDP, Demonstrations, Objectworld, boltzmann_expert, iavi, iql, maxent_irl


def measure(repeat: int) -> dict:
    results = {
        "iavi": iavi_and_sweeps(repeat) | apart(iavi_on_a_million),
        "iql": iql_and_plain_python(repeat),
        "maxent": maxent_on_objectworld(repeat) | apart(maxent_and_irl_maxent),
    }
    found = results["iavi"]
    print(
        f"IAVI: {found['ratio']:.0f} times the published sweeps ({found['seconds'] * 1e3:.1f} ms "
        f"against {found['sweep_seconds']:.1f} s at a residual of {found['residual']:.0e}); "
        f"a million states in {found['million_seconds']:.1f} s and "
        f"{found['million_gigabytes']:.2f} GB, residual {found['million_residual']:.0e}"
    )
    found = results["iql"]
    print(
        f"IQL: {found['ratio']:.0f} times the same loop in plain Python "
        f"({found['nanoseconds']:.0f} ns against {found['plain_nanoseconds']:.0f} ns a step)"
    )
    found = results["maxent"]
    print(
        f"Maximum entropy: Objectworld with {found['features']} features in "
        f"{found['seconds']:.2f} s ({found['sweeps']} iterations); {found['ratio']:.0f} times "
        f"irl-maxent on its 10×10 grid ({found['grid_seconds'] * 1e3:.0f} ms against "
        f"{found['peer_seconds']:.2f} s; largest mismatch a trajectory {found['mismatch']:.2f} "
        f"against {found['peer_mismatch']:.2f})"
    )
    return results


def median_seconds(function, repeat):
    """Median time of a call after one to warm up, and what the last call returned."""
    times = []
    for _ in range(repeat + 1):
        began = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - began)
    return float(np.median(times[1:])), result


def apart(function):
    """The result of a function that runs in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function)


def iavi_and_sweeps(repeat):
    world = Objectworld.random(rng=np.random.default_rng(0))
    policy = boltzmann_expert(world.mdp).policy
    seconds, found = median_seconds(lambda: iavi(world.mdp, policy), repeat)
    began = time.perf_counter()
    reward, _, change, sweeps = sweep_of_least_squares(world.mdp, policy, tol=1e-10)
    sweep_seconds = time.perf_counter() - began
    assert np.allclose(reward, found.reward, atol=1e-8)
    return {
        "seconds": seconds, "residual": found.residual, "sweep_seconds": sweep_seconds,
        "sweeps": sweeps, "sweep_residual": change, "ratio": sweep_seconds / seconds,
    }  # fmt: skip


def iavi_on_a_million():
    rng = np.random.default_rng(0)
    mdp = slippery_grid(1_000, 0.9, rng)
    policy = rng.dirichlet(np.full(4, 5.0), size=mdp.n_states)
    began = time.perf_counter()
    found = iavi(mdp, policy)
    return {
        "million_seconds": time.perf_counter() - began,
        "million_residual": found.residual,
        "million_gigabytes": peak_gigabytes(),
    }


def iql_and_plain_python(repeat):
    """Nanoseconds a step, of the function that numba compiles and of itself, not compiled."""
    module = sys.modules[iql.__module__]
    rng = np.random.default_rng(0)
    world = Objectworld.random(rng=rng)
    walks = boltzmann_expert(world.mdp, 0.1).demonstrate(4_096, max_steps=8, rng=rng)
    seconds, _ = median_seconds(lambda: iql(walks, 1024, 5, 0.9, epochs=20), repeat)
    compiled = module._epoch
    module._epoch = compiled.py_func
    try:
        plain_seconds, plain = median_seconds(lambda: iql(walks, 1024, 5, 0.9, epochs=1), repeat)
    finally:
        module._epoch = compiled
    assert np.allclose(iql(walks, 1024, 5, 0.9, epochs=1).q, plain.q)
    each, plain_each = seconds / 20 / walks.n_steps * 1e9, plain_seconds / walks.n_steps * 1e9
    return {"ratio": plain_each / each, "nanoseconds": each, "plain_nanoseconds": plain_each}


def maxent_on_objectworld(repeat):
    rng = np.random.default_rng(0)
    world = Objectworld.random(rng=rng)
    walks = boltzmann_expert(world.mdp, 0.1).demonstrate(512, max_steps=8, rng=rng)
    features = world.features()
    seconds, found = median_seconds(lambda: maxent_irl(world.mdp, features, walks, l2=1.0), repeat)
    assert found.converged
    return {"seconds": seconds, "sweeps": found.sweeps, "features": features.shape[1]}


def maxent_and_irl_maxent():
    """Both fit the peer's icy grid, 10 × 10, goal in the last cell, from 200 of its trajectories.

    The peer stops where it stops; ours goes on until its features match no worse.
    """
    import irl_maxent.gridworld as worlds
    from irl_maxent import maxent, optimizer, solver, trajectory

    np.random.seed(0)  # noqa: NPY002  (the peer draws from the global generator)
    grid = worlds.IcyGridWorld(size=10, p_slip=0.2)
    n, goal, start = 100, [99], np.eye(100)[0]
    value = solver.value_iteration(grid.p_transition, np.eye(100)[99], discount=0.9)
    policy = solver.stochastic_policy_from_value(grid, value, w=lambda x: x**5)
    adapter = trajectory.stochastic_policy_adapter(policy)
    walks = list(trajectory.generate_trajectories(200, grid, adapter, start, goal))
    features = worlds.state_features(grid)

    def peer():
        step = optimizer.ExpSga(lr=optimizer.linear_decay(lr0=0.2))
        first = optimizer.Constant(1.0)
        return maxent.irl(grid.p_transition, features, goal, walks, step, first)

    observed = maxent.feature_expectation_from_trajectories(features, walks)
    transitions = np.moveaxis(grid.p_transition, 2, 1).copy()
    transitions[goal] = 0
    mdp = MDP(transitions, np.zeros((n, 4)), 0.9, start=0)
    steps = [list(walk.transitions()) for walk in walks]
    recorded = Demonstrations.from_trajectories(steps, terminated=True)

    peer_seconds, reward = median_seconds(peer, 3)
    visits = maxent.compute_expected_svf(grid.p_transition, start, goal, reward)
    peer_mismatch = float(np.abs(observed - features.T @ visits).max())
    tol = peer_mismatch * len(walks) / recorded.n_steps
    seconds, found = median_seconds(lambda: maxent_irl(mdp, features, recorded, tol=tol), 15)
    mismatch = float(np.abs(found.observed - found.expected).max() / len(walks))
    return {
        "ratio": peer_seconds / seconds, "grid_seconds": seconds, "peer_seconds": peer_seconds,
        "mismatch": mismatch, "peer_mismatch": peer_mismatch,
    }  # fmt: skip
