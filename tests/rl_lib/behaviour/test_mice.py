"""Simulated mice do what their docstring says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Labyrinth, simulate_mice

WORLD = Labyrinth("swirl")


@pytest.fixture(scope="module")
def found():
    return simulate_mice(60, 400, rng=np.random.default_rng(0))


def test_they_walk_in_the_maze(found):
    walks = found.data.demonstrations
    assert_array_equal(walks.next_states, WORLD.targets[walks.states, walks.actions])
    walks.check(WORLD.mdp)
    assert_array_equal(found.data.transitions, WORLD.mdp.to_dense().transitions)


def test_thirst_ends_at_the_water_and_not_before(found):
    walks, intended = found.data.demonstrations, found.intentions
    within = np.flatnonzero(walks.times > 0)
    before, now = intended[within - 1], intended[within]
    ended = within[(before == 0) & (now != 0)]
    assert len(ended) > 100
    assert (walks.states[ended] == WORLD.water).all()
    assert not ((intended == 0) & (walks.states == WORLD.water)).any()
    begun = (before == 2) & (now == 0)
    assert_allclose(begun.sum() / (before == 2).sum(), 0.02, atol=0.003)


def test_looking_around_turns_back_now_and_then(found):
    walks = found.data.demonstrations
    inner = (WORLD.depth[walks.states] > 0) & (WORLD.depth[walks.states] < 6)
    free = inner & (walks.times > 0) & (found.intentions == 2)
    back = walks.next_states == np.roll(walks.states, 1)
    assert_allclose(back[free].mean(), 0.1, atol=0.01)
    leaf = WORLD.depth[walks.states] == 6
    assert back[leaf & (walks.times > 0) & (found.intentions == 2)].all()


def test_with_an_aim_they_get_there_soon(found):
    walks, intended = found.data.demonstrations, found.intentions
    nearer = WORLD.depth[walks.next_states] < WORLD.depth[walks.states]
    assert nearer[intended == 1].mean() > 0.9


def test_the_same_seed_gives_the_same_mice():
    first, second = (simulate_mice(3, 50, rng=np.random.default_rng(4)) for _ in range(2))
    assert first.data.demonstrations == second.data.demonstrations
    assert_array_equal(first.data.test, [0])
    assert_array_equal(first.data.train, [1, 2])
