import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Demonstrations, boltzmann, value_iteration
from rl_lib.worlds.intention_grid import IntentionGrid

WORLD = IntentionGrid()


def solutions(world=WORLD):
    return [value_iteration(world.mdp.with_rewards(reward)) for reward in world.rewards]


EXPERTS = [solution.policy for solution in solutions()]


@pytest.fixture(scope="module")
def walks():
    return WORLD.simulate(4_000, EXPERTS, rng=np.random.default_rng(1))


def share_is(mask, p):
    """Within four standard errors."""
    assert len(mask) > 50
    assert abs(mask.mean() - p) <= 4 * np.sqrt(p * (1 - p) / len(mask))


def test_the_dynamics():
    p = WORLD.mdp.transitions
    assert_allclose(p.sum(axis=2), 1)
    assert_allclose(p[12, 2, [12, 7, 13, 17, 11]], [0.02, 0.02, 0.92, 0.02, 0.02])
    assert_allclose(p[0, 0, [0, 1, 5]], [0.9 + 0.06, 0.02, 0.02])  # up and left stay, too
    assert_array_equal(np.flatnonzero(WORLD.barriers), [2, 7, 10, 11, 12])  # row 0, 1, 2


def test_each_intention_is_paid_in_its_corner():
    assert WORLD.rewards.shape == (2, 25, 5)
    assert_array_equal(WORLD.rewards[0], WORLD.mdp.rewards)
    assert_allclose(WORLD.rewards[1], np.rot90(WORLD.rewards[0].reshape(5, 5, 5), 2)[
        :, :, [0, 3, 4, 1, 2]].reshape(25, 5))  # fmt: skip
    for solution, corner in zip(solutions(), (24, 0), strict=True):
        assert solution.v.argmax() == corner


def test_walks_are_possible_and_stop_in_a_corner(walks):
    demonstrations = Demonstrations(*walks.steps)
    demonstrations.check(WORLD.mdp)
    assert demonstrations.n_trajectories == 4_000
    assert len(walks.intentions) == demonstrations.n_steps
    first, last = demonstrations.offsets[:-1], demonstrations.offsets[1:] - 1
    assert (demonstrations.states[first] == 0).all()
    assert (demonstrations.lengths < 100).all()
    assert np.isin(demonstrations.next_states[last], (0, 24)).all()
    before = np.ones(demonstrations.n_steps, dtype=bool)
    before[last] = False
    back = (demonstrations.next_states == 0) & (demonstrations.states != 0)
    assert not (before & (back | (demonstrations.next_states == 24))).any()
    assert not demonstrations.terminated.any()


def test_intentions_switch_once_and_by_the_rule(walks):
    demonstrations = Demonstrations(*walks.steps)
    time, state, now = demonstrations.times, demonstrations.states, walks.intentions
    inside = time > 0
    earlier = np.where(inside, np.roll(now, 1), 0)
    assert not ((earlier == 1) & (now == 0)).any()
    hoping, barrier = earlier == 0, WORLD.barriers[state]
    gave_up = now == 1
    share_is(gave_up[hoping & barrier & (time != 8)], 0.3)
    share_is(gave_up[hoping & ~barrier & (time == 8)], 0.5)
    assert not gave_up[hoping & ~barrier & (time != 8)].any()


def test_both_at_once():
    world = IntentionGrid(late=2, noise=0.0)
    right = np.eye(5)[np.full(25, 2)]
    walks = world.simulate(2_000, [right, np.eye(5)[np.full(25, 4)]], rng=np.random.default_rng(2))
    steps = Demonstrations(*walks.steps)
    there = (steps.times == 2) & (steps.states == 2)
    assert there.sum() == 2_000
    share_is(walks.intentions[there] == 1, 0.65)
    assert_allclose(world.switch_probability([2, 3], 2), [0.65, 0.5])


def test_actions_follow_the_policies():
    policies = [boltzmann(s.q, 0.5) for s in solutions()]
    walks = WORLD.simulate(2_000, policies, rng=np.random.default_rng(3))
    steps = Demonstrations(*walks.steps)
    for k in (0, 1):
        for s in (1, 6):
            mask = (walks.intentions == k) & (steps.states == s)
            for a in (1, 2):
                share_is(steps.actions[mask] == a, policies[k][s, a])


def test_staying_at_the_start_is_no_arrival_and_the_limit_holds():
    stay = np.eye(5)[np.zeros((2, 25), dtype=int)]
    walks = IntentionGrid(noise=0.0).simulate(3, stay, max_steps=12, rng=np.random.default_rng(0))
    assert_array_equal(Demonstrations(*walks.steps).lengths, 12)


def test_one_seed_gives_one_simulation():
    one, other = (WORLD.simulate(20, EXPERTS, rng=np.random.default_rng(5)) for _ in "ab")
    assert Demonstrations(*one.steps) == Demonstrations(*other.steps)
    assert_array_equal(one.intentions, other.intentions)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))]
)
def test_copies_are_equal(copied):
    again = copied(WORLD)
    assert again == WORLD
    assert hash(again) == hash(WORLD)
    assert again != replace(WORLD, late=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": 2}, r"noise is 2; it must lie in \[0, 1\]"),
        ({"barrier_switch": -0.1}, "barrier_switch is -0.1"),
        ({"late_switch": 1.5}, "late_switch is 1.5"),
        ({"late": -1}, "late is -1; it must be at least 0"),
        ({"reward": np.nan}, "reward is nan; it must be a finite number"),
        ({"discount": 2}, "discount is 2"),
    ],
)
def test_a_bad_grid_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        IntentionGrid(**options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, ValueError, "n is 0; it must be at least 1"),
        ({"max_steps": 0}, ValueError, "max_steps is 0"),
        ({"policies": EXPERTS[0]}, ValueError, r"policies has shape \(25, 5\); .* \(2, 25, 5\)"),
        ({"policies": np.zeros((2, 25, 5))}, ValueError, r"policies\[0, 0\] sums to 0"),
        ({"rng": 3}, TypeError, "rng is 3; it must be a numpy.random.Generator"),
    ],
)
def test_a_bad_simulation_is_named(options, error, message):
    good = {"n": 2, "policies": EXPERTS, "rng": np.random.default_rng(0)}
    with pytest.raises(error, match=message):
        WORLD.simulate(**(good | options))
