import copy
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import value_iteration
from rl_lib.worlds.labyrinth import Labyrinth

ENCODINGS = ("swirl", "visits")
TO_PORT = {"swirl": [0, 2, 6, 13, 28, 57, 116], "visits": [0, 2, 5, 11, 24, 49, 100]}


@pytest.fixture(params=ENCODINGS)
def world(request):
    return Labyrinth(request.param)


def test_every_step_leads_to_a_neighbour_or_stays(world):
    p, node = world.mdp.transitions, np.arange(127)
    assert_allclose(p.sum(axis=2), 1)
    assert set(np.unique(p)) == {0.0, 1.0}
    assert_array_equal(p.argmax(axis=2), world.targets)
    for s in node:
        neighbours = {2 * s + 1, 2 * s + 2} if s < 63 else set()
        neighbours |= {(s - 1) // 2} if s else set()
        moves = world.targets[s][world.possible[s]]
        assert sorted(moves) == sorted(neighbours)  # each of them once
        assert set(world.targets[s]) <= neighbours | {s}


def test_every_node_reaches_home_by_its_parents(world):
    assert world.parent[world.home] == -1
    here, steps = np.arange(127), np.zeros(127, dtype=int)
    while (here != world.home).any():
        away = here != world.home
        assert (world.targets[here[away]] == world.parent[here[away], None]).any(axis=1).all()
        here[away] = world.parent[here[away]]
        steps += away
    assert_array_equal(steps, world.depth)
    assert_array_equal(np.bincount(world.depth), 2 ** np.arange(7))


def test_the_port_is_six_turns_from_home(world):
    here, seen = world.home, [world.home]
    for turn in (1, 0, 0, 1, 0, 1):  # right, left, left, right, left, right
        here = world.targets[here, turn]
        seen.append(here)
    assert seen == TO_PORT[world.encoding]
    assert here == world.water
    v = value_iteration(world.mdp).v
    assert_allclose(v[world.home] / v[world.parent[world.water]], 0.95**5)
    assert_allclose(v[world.parent[world.water]], 1 / (1 - 0.95**2))  # in and out again


def test_the_layout_is_a_maze(world):
    place = world.positions
    assert len(np.unique(place, axis=0)) == 127
    assert_array_equal(np.abs(place).max(axis=0), 7)
    step = place[1:] - place[world.parent[1:]]
    assert ((step == 0).sum(axis=1) == 1).all()
    assert_array_equal(step[:, 0] == 0, world.depth[1:] % 2 == 1)
    assert_array_equal(np.abs(step).sum(axis=1), np.array((4, 4, 2, 2, 1, 1))[world.depth[1:] - 1])


def test_a_left_turn_is_one(world):
    place, back = world.positions, world.parent
    for s in range(1, 63):
        way = place[s] - place[back[s]]
        turn = place[world.targets[s, 0]] - place[s]
        assert way[0] * turn[1] - way[1] * turn[0] > 0
    assert place[world.targets[0, 0]][1] > 0  # on the way in from the left, left is up


def test_both_encodings_are_one_maze():
    swirl, visits = map(Labyrinth, ENCODINGS)
    same = {tuple(place): s for s, place in enumerate(visits.positions)}
    to_visits = np.array([same[tuple(place)] for place in swirl.positions])
    assert_array_equal(to_visits[swirl.targets[:, :2]], visits.targets[to_visits, :2])
    assert to_visits[swirl.water] == visits.water
    assert to_visits[100] != 100


def test_swirl_numbers_by_the_compass():
    world = Labyrinth("swirl")
    step = (world.positions[1:] - world.positions[world.parent[1:]]) @ (1, -1)
    odd = np.arange(1, 127) % 2 == 1
    assert_array_equal(step < 0, odd)  # up or left


def test_swirls_own_transitions_are_the_model():
    path = Path(os.environ.get("RL_LIB_DATA", ""), "swirl", "labyrinth", "trans_probs.npy")
    if not os.environ.get("RL_LIB_DATA") or not path.exists():
        pytest.skip("RL_LIB_DATA names no folder with swirl/labyrinth/trans_probs.npy")
    assert_array_equal(Labyrinth("swirl").mdp.transitions, np.load(path))


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))]
)
def test_copies_are_equal(world, copied):
    _ = world.mdp, world.positions
    again = copied(world)
    assert again == world
    assert hash(again) == hash(world)
    assert again != replace(world, discount=0.5)
    assert Labyrinth("swirl") != Labyrinth("visits")
    for name in ("depth", "parent", "targets", "possible", "positions"):
        assert not getattr(again, name).flags.writeable


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "left"}, 'encoding is \'left\'; it must be "swirl" or "visits"'),
        ({"encoding": 3}, 'encoding is 3; it must be "swirl" or "visits"'),
        ({"discount": 2}, r"discount is 2; it must lie in \[0, 1\]"),
    ],
)
def test_a_bad_labyrinth_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        Labyrinth(**options)
