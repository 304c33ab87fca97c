import copy
import pickle
from dataclasses import asdict, replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from models import random_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    GridWorld,
    MDPEnv,
    Objectworld,
    ResponseTask,
    cliff,
    russell_norvig,
    value_iteration,
)

UP, RIGHT, DOWN, LEFT = range(4)


def test_slips_and_bumps():
    world = russell_norvig()
    p = world.mdp.transitions
    s = world.states
    corner = s[2, 0]
    assert_allclose(p[corner, UP, s[1, 0]], 0.8)
    assert_allclose(p[corner, UP, s[2, 1]], 0.1)
    assert_allclose(p[corner, UP, corner], 0.1)
    assert_allclose(p[s[1, 0], RIGHT, s[1, 0]], 0.8)  # the wall
    assert_allclose(p[s[0, 3]], 0)
    assert_allclose(p.sum(axis=2)[~world.mdp.terminal], 1)


def test_trying_the_exit_and_slipping_pays_only_the_living_reward():
    world = russell_norvig()
    outcomes = world.mdp.outcomes(int(world.states[0, 2]), RIGHT)
    into_exit = outcomes.next_state == world.states[0, 3]
    assert_allclose(outcomes.reward, np.where(into_exit, 0.96, -0.04))
    assert_array_equal(outcomes.terminated, into_exit)


def test_a_living_reward_of_zero_builds_no_wall():
    world = russell_norvig(living_reward=0.0)
    assert world.mdp.n_states == 11
    assert_allclose(world.mdp.transitions.sum(axis=2)[~world.mdp.terminal], 1)


def test_the_cliff_agrees_with_gymnasium():
    ours = cliff().mdp
    theirs = MDP.from_gymnasium(gymnasium.make("CliffWalking-v1"), 1.0)
    to_theirs = np.r_[np.arange(37), 47]  # theirs numbers the cliff cells too
    assert_allclose(value_iteration(ours).v, value_iteration(theirs).v[to_theirs])
    assert_allclose(ours.rewards[36], theirs.rewards[36])
    slippery = MDP.from_gymnasium(gymnasium.make("CliffWalking-v1", is_slippery=True), 1.0)
    assert_allclose(
        value_iteration(cliff(slip=2 / 3).mdp).v, value_iteration(slippery).v[to_theirs], rtol=1e-5
    )


def test_large_worlds_are_sparse_and_agree_with_small_ones():
    big = GridWorld("\n".join(["." * 30] * 19 + ["." * 29 + "+"]), discount=0.9)
    assert big.mdp.is_sparse
    assert_allclose(
        value_iteration(big.mdp).v, value_iteration(big.mdp.to_dense(), method="synchronous").v,
        atol=1e-7,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": "..x"}, r"text has 'x' in row 0, column 2; it must be one of \.#SC\+-G"),
        ({"text": "..\n."}, r"text has rows of \[1, 2\] cells"),
        ({"text": ""}, "text has rows of"),
        ({"text": "SS"}, "more than one S"),
        ({"text": "#C#S"[:3]}, "text has a cliff but no S"),
        ({"text": "##"}, "no cell to stand on"),
        ({"text": "..", "slip": 1.1}, r"slip is 1.1; it must lie in \[0, 1\]"),
        ({"text": "..", "living_reward": np.nan}, "living_reward is nan; it must be finite"),
        ({"text": "..", "exits": {"#": 1}}, "exits has the key '#'"),
        ({"text": "..", "exits": {"A": np.inf}}, r"exits\['A'\] is inf; it must be finite"),
    ],
)
def test_bad_maps_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        GridWorld(**arguments)


def test_bad_discount_of_a_world_is_named():
    with pytest.raises(ValueError, match="discount is 2"):
        GridWorld("..", discount=2).mdp  # noqa: B018


def test_exits_of_ones_own():
    world = GridWorld("A.S.B", exits={"A": 10.0, "B": 5.0}, living_reward=-1, slip=0)
    assert_allclose(value_iteration(world.mdp).v, [0, 9, 8, 7, 0])


def test_releasing_in_the_window_pays():
    task = ResponseTask()
    found = value_iteration(task.mdp)
    assert_allclose(found.v[:22], 1)
    assert_allclose(found.v[22:], 0)
    assert_allclose(task.times[[0, 16, 29]], [0, 1.6, 2.9])
    assert_array_equal(found.policy[:16].argmax(axis=1), 0)
    costly = ResponseTask(holding_cost=0.1)
    assert value_iteration(costly.mdp).policy[0].argmax() == 1  # 1.6 rewards too late
    assert_array_equal(task.mdp.outcomes(0, 1).terminated, [True])
    with pytest.raises(ValueError, match="duration is 2 s; it must be at least cue"):
        ResponseTask(duration=2.0)
    with pytest.raises(ValueError, match="bin_width is 0"):
        ResponseTask(bin_width=0)


@pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes.*")
@pytest.mark.parametrize("name", ["RussellNorvig", "Cliff", "ResponseTask"])
def test_gymnasiums_own_checker_is_content(name):
    check_env(gymnasium.make(f"rl_lib/{name}-v0").unwrapped)
    check_env(MDPEnv(random_mdp(0, 5, 2, 0.9, form="ending sparse")), skip_render_check=True)


def test_the_environment_draws_what_the_model_says():
    mdp = random_mdp(2, 3, 2, 0.9, form="ending")
    env = MDPEnv(mdp)
    env.reset(seed=1)
    n = 20_000
    for s, a in ((0, 0), (1, 1)):
        expected = mdp.outcomes(s, a)
        seen = []
        for _ in range(n):
            env._state, env._over = s, False
            s2, r, over, _, _ = env.step(a)
            seen.append((s2, round(r, 9), over))
        for p, s2, r, over in zip(*expected, strict=True):
            share = sum(x == (s2, round(float(r), 9), bool(over)) for x in seen) / n
            assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / n) + 1e-12


def test_a_time_limit_truncates_and_does_not_terminate():
    env = MDPEnv(MDP([[[1.0]]], [[1.0]], 0.9), max_steps=2)
    env.reset(seed=0)
    assert env.step(0)[2:4] == (False, False)
    assert env.step(0)[2:4] == (False, True)
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(0)


def test_rendering():
    env = MDPEnv(russell_norvig(), render_mode="rgb_array")
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (72, 96, 3)
    assert picture.dtype == np.uint8
    assert_array_equal(picture[60, 12], (0, 114, 178))  # the agent, bottom left
    text = MDPEnv(random_mdp(0, 5, 2, 0.9), render_mode="ansi")
    text.reset(seed=0)
    assert text.render().count("@") == 1
    with pytest.raises(ValueError, match="render_mode is 'human'"):
        MDPEnv(russell_norvig(), render_mode="human")
    with pytest.raises(TypeError, match="world is 3; it must be an MDP"):
        MDPEnv(3)


def test_objectworld_rewards_by_hand():
    world = Objectworld([(0, 0, 0, 1), (3, 0, 1, 0), (7, 7, 0, 0)], size=8, wind=0.0)
    grid = world.to_grid(world.state_reward)
    assert_array_equal(grid[:5, 0], [-1, 1, 1, 1, 0])
    assert_array_equal(grid[7, 3:], [0, -1, -1, -1, -1])
    assert set(np.unique(grid)) == {-1.0, 0.0, 1.0}
    corner = world.mdp.outcomes(0, 1)  # up, over the edge
    assert_array_equal(corner.next_state, [0])
    assert_array_equal(world.mdp.outcomes(0, 3).reward, [1.0])


def test_a_colour_that_no_object_has_is_never_near():
    assert Objectworld([(0, 0, 1, 0)], size=1).state_reward == 0
    assert Objectworld([(0, 0, 1, 0)], size=1).distances[0, 0] > 3


def test_the_wind_replaces_an_action_by_any():
    world = Objectworld([(0, 0, 0, 0)], size=3, wind=0.3)
    right = world.mdp.outcomes(4, 2)
    assert_allclose(dict(zip(right.next_state, right.probability, strict=True))[5], 0.76)
    assert_allclose(np.sort(right.probability)[:4], 0.06)
    assert_allclose(world.mdp.transitions.sum(axis=1), 1)


def test_objectworld_features():
    world = Objectworld.random(rng=np.random.default_rng(0))
    thresholds, distances = world.features(), world.features("distances")
    assert thresholds.shape == (1024, 128)
    assert set(np.unique(thresholds)) == {0.0, 1.0}
    near = thresholds.reshape(1024, 4, 32)
    assert_array_equal(near.sum(axis=2), 33 - np.maximum(world.distances, 1).clip(max=33))
    reachable = world.features("reachable")
    assert reachable.shape == (1024, 20)
    assert_array_equal(reachable[:, :4], distances)
    assert_array_equal(reachable[:, 8:12], distances[world.targets[:, 2]])
    with pytest.raises(ValueError, match="kind is 'all'"):
        world.features("all")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objects": [(0, 0, 0, 2)]}, r"objects\[0, 3\] is 2; it must be in {0, …, 1}"),
        ({"objects": [(0, 32, 0, 0)]}, r"objects\[0, 1\] is 32; it must be in {0, …, 31}"),
        ({"objects": [(0, 0, 0)]}, r"objects has shape \(1, 3\)"),
        ({"objects": [(0, 0, 0, 0)], "wind": 1.5}, "wind is 1.5"),
        ({"objects": [(0, 0, 0, 0)], "discount": 2}, "discount is 2"),
        ({"objects": [(0, 0, 0, 0)], "size": 0}, "size is 0"),
        ({"objects": [(0, 0, 0, 0)], "n_colours": 1}, "n_colours is 1"),
    ],
)
def test_a_bad_objectworld_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        Objectworld(**options)


WORLDS = [
    russell_norvig(),
    GridWorld("S#+", exits={"+": 2.0}),
    ResponseTask(holding_cost=0.1),
    Objectworld([(0, 0, 0, 1), (0, 4, 1, 0)], size=5),
]


def pickled(world):
    return pickle.loads(pickle.dumps(world))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize("world", WORLDS)
def test_worlds_can_be_copied_and_compared(world, copied):
    _ = world.mdp  # computed once; a copy computes its own
    again = copied(world)
    assert again == world
    assert hash(again) == hash(world)
    assert again != replace(world, discount=0.123)
    assert type(world)(**asdict(world)) == world
    assert_array_equal(again.mdp.rewards, world.mdp.rewards)
    assert len({world, again, replace(world, discount=0.123)}) == 2


def test_copies_keep_their_arrays_read_only():
    world = copy.deepcopy(WORLDS[-1])
    with pytest.raises(ValueError, match="read-only"):
        world.objects[0, 0] = 3


def test_exits_cannot_be_written_to():
    world = GridWorld("S.+", exits={"+": 1.0})
    with pytest.raises(TypeError):
        world.exits["+"] = 2.0
    assert dict(world.exits) == {"+": 1.0}
