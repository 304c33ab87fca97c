"""The stored comparison of networks and tables: what needs no network comes out again."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

pytest.importorskip("jax")
from bench import deep as benchmark
from rl_lib import Demonstrations, Objectworld, boltzmann, expected_value_difference, iavi

STORED = json.loads(benchmark.RESULTS.read_text("utf8"))
WORLDS = ("here", "wind", "turned", "moved")


def evd(world, name):
    return np.array(STORED[world][name])


def interval(values):
    k = len(values)
    half = stats.t.ppf(0.975, k - 1) * values.std(axis=0, ddof=1) / np.sqrt(k)
    return values.mean(axis=0) - half, values.mean(axis=0) + half


def test_what_needs_no_network_comes_out_again():
    world = benchmark.World.of(Objectworld.random(rng=np.random.default_rng(0)))
    expert = benchmark.expert_of(world.mdp)
    chance = np.full((1024, 5), 0.2)
    turned = world.turned()
    for name, each in (("here", world), ("turned", turned)):
        there = benchmark.expert_of(each.mdp)
        for method, policy in (("chance", chance), ("a perfect clone", expert)):
            found = expected_value_difference(each.mdp, there, policy)
            assert found == pytest.approx(evd(name, method)[0, 0], abs=1e-3)
    size = 128
    walks = Demonstrations.sample(
        world.mdp, expert, size, max_steps=benchmark.STEPS, rng=np.random.default_rng([0, size])
    )
    policies = [
        boltzmann(iavi(world.mdp, walks.policy(1024, 5, smoothing=c)).q)
        for c in benchmark.SMOOTHINGS
    ]
    best = min(expected_value_difference(world.mdp, expert, policy) for policy in policies)
    assert best == pytest.approx(evd("here", "IAVI")[0, benchmark.SIZES.index(size)], abs=1e-3)


def test_turned_actions_do_what_others_did():
    world = benchmark.World.of(Objectworld.random(size=32, rng=np.random.default_rng(1)))
    turned = world.turned()
    old = world.mdp.transition_matrix.reshape((1024 * 5, 1024))
    new = turned.mdp.transition_matrix
    state = 500
    for action, meant in enumerate(benchmark.TURNED):
        assert_allclose(new[[state * 5 + action]].toarray(), old[[state * 5 + meant]].toarray())
    assert_allclose(turned.mdp.rewards[:, 1], world.mdp.rewards[:, 2])
    # Who knows what the actions do is as well off as before.
    assert_allclose(
        benchmark.expert_of(turned.mdp), benchmark.expert_of(world.mdp)[:, benchmark.TURNED],
        atol=1e-6,
    )  # fmt: skip


def test_the_stored_comparison_is_whole():
    assert tuple(STORED["sizes"]) == benchmark.SIZES
    for world in WORLDS:
        assert len(STORED[world]) == 14
        for name, rows in STORED[world].items():
            once = name in ("chance", "a perfect clone")
            assert np.shape(rows) == (5, 1 if once else len(benchmark.SIZES)), name
    assert_allclose(evd("here", "a perfect clone"), 0, atol=1e-9)


@pytest.mark.parametrize("size", [32, 128])
def test_with_targets_for_all_actions_it_beats_the_best_table(size):
    k = benchmark.SIZES.index(size)
    _, high = interval(evd("here", "DIQL")[:, k])
    low, _ = interval(evd("here", "IAVI")[:, k])
    assert high < low


def test_with_one_hot_features_it_is_the_closed_form():
    often = [run for run in STORED["one_hot"] if run["least"] >= 5]
    assert len(often) >= 5
    assert min(run["correlation"] for run in often) >= 0.98
    assert max(run["apart"] for run in often) <= 0.05
