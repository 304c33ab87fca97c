import copy
import io
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st
from models import mdps, random_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    Demonstrations,
    GridWorld,
    evaluate_policy,
    occupancy,
    russell_norvig,
    value_iteration,
)


def sampled(mdp, n, seed=0, **options):
    policy = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
    return Demonstrations.sample(mdp, policy, n, rng=np.random.default_rng(seed), **options)


def test_lists_come_back_as_they_went_in():
    lists = [[(0, 1, 2), (2, 0, 2)], [], [(1, 1, 0)]]
    walks = Demonstrations.from_trajectories(lists, terminated=[True, False, False])
    back = walks.to_trajectories()
    assert [[tuple(map(int, step)) for step in steps] for steps in back] == lists
    assert_array_equal(walks.lengths, [2, 0, 1])
    assert_array_equal(walks.times, [0, 1, 0])
    assert (len(walks), walks.n_steps) == (3, 3)
    again = Demonstrations.from_trajectories(back, terminated=walks.terminated)
    for name in ("states", "actions", "next_states", "offsets", "terminated"):
        assert_array_equal(getattr(again, name), getattr(walks, name))


def test_without_next_states_only_the_last_is_unknown():
    walks = Demonstrations.from_trajectories([[(0, 1), (3, 0), (2, 0)], [(1, 1)]])
    assert_array_equal(walks.next_states, [3, 2, -1, -1])
    assert walks.transition_counts(4, 2).sum() == 2
    assert walks.counts(4, 2).sum() == 4


def test_pandas_both_ways():
    pd = pytest.importorskip("pandas")
    walks = sampled(russell_norvig().mdp, 20)
    frame = walks.to_pandas()
    assert list(frame.columns) == [
        "trajectory", "step", "state", "action", "next_state", "terminated",
    ]  # fmt: skip
    back = Demonstrations.from_pandas(frame)
    for name in ("states", "actions", "next_states", "offsets", "terminated"):
        assert_array_equal(getattr(back, name), getattr(walks, name))
    short = Demonstrations.from_pandas(frame[["trajectory", "state", "action"]])
    assert_array_equal(short.states, walks.states)
    with pytest.raises(ValueError, match="'action'"):
        Demonstrations.from_pandas(pd.DataFrame({"trajectory": [0], "state": [0]}))


@given(mdps, st.integers(0, 99))
def test_samples_stay_in_the_model(mdp, seed):
    if mdp.terminal.all():
        with pytest.raises(ValueError, match="start sums to 0"):
            sampled(mdp, 1, seed)
        return
    walks = sampled(mdp, 50, seed, max_steps=7)
    walks.check(mdp)
    assert len(walks) == 50
    assert walks.lengths.max() <= 7
    ended = walks.offsets[1:][walks.terminated & (walks.lengths > 0)] - 1
    ends = mdp.end_probability[walks.states[ended], walks.actions[ended]] > 0
    assert (ends | mdp.terminal[walks.next_states[ended]]).all()
    going_on = ~walks.terminated
    assert (walks.lengths[going_on] == 7).all()


def test_visits_are_those_of_the_occupancy():
    # 40 000 walks: standard errors are at most 6 / 2 / 200.
    mdp = random_mdp(3, 5, 3, 0.8, form="outcome sparse")
    rng = np.random.default_rng(1)
    policy = rng.dirichlet(np.ones(3), size=5)
    walks = Demonstrations.sample(mdp, policy, 40_000, max_steps=6, rng=rng)
    weight = mdp.discount**walks.times
    seen = np.bincount(walks.states * 3 + walks.actions, weight, minlength=15).reshape(5, 3)
    assert_allclose(seen / 40_000, occupancy(mdp, policy, horizon=6), atol=0.02)


def test_a_policy_may_change_with_time():
    mdp = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.9)
    alternating = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]]])
    rng = np.random.default_rng(0)
    walks = Demonstrations.sample(mdp, alternating, 3, max_steps=3, rng=rng)
    assert_array_equal(walks.actions, [0, 1, 0] * 3)


def test_returns_of_samples_agree_with_the_value():
    world = russell_norvig()
    best = value_iteration(world.mdp).policy
    walks = Demonstrations.sample(world.mdp, best, 20_000, rng=np.random.default_rng(2))
    last = walks.next_states[walks.offsets[1:] - 1]
    won = world.exit_rewards[world.states >= 0][last]
    returns = won - 0.04 * walks.lengths
    error = returns.std() / np.sqrt(len(returns))
    start = world.states[2, 0]
    assert abs(returns.mean() - evaluate_policy(world.mdp, best).v[start]) < 4 * error


def test_one_seed_one_sample():
    mdp = russell_norvig().mdp
    assert_array_equal(sampled(mdp, 9, 5).states, sampled(mdp, 9, 5).states)
    assert len(sampled(mdp, 9, 5).states) != len(sampled(mdp, 9, 6).states)


def test_a_start_in_an_exit_is_an_episode_without_steps():
    world = GridWorld("+.", slip=0)
    walks = sampled(world.mdp, 10, start=[1.0, 0.0])
    assert (walks.n_steps, walks.terminated.all()) == (0, True)


def test_empirical_policy():
    walks = Demonstrations.from_trajectories([[(0, 0), (0, 0), (0, 1)]])
    assert_allclose(walks.policy(2, 2, smoothing=0), [[2 / 3, 1 / 3], [0.5, 0.5]])
    assert_allclose(walks.policy(2, 2, smoothing=1), [[3 / 5, 2 / 5], [0.5, 0.5]])


STEP = [(0, 0, 1)]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Demonstrations.from_trajectories([[(0, 0, 1), (2, 0, 1)]]), ValueError,
         r"next_states\[0\] \(trajectory 0, step 0\) is 1; it must be the state of the following"),
        (lambda: Demonstrations.from_trajectories([STEP, [(0, -1, 1)]]), ValueError,
         r"actions\[1\] \(trajectory 1, step 0\) is -1; it must be at least 0"),
        (lambda: Demonstrations.from_trajectories([[(0, 0, 1, 2)]]), ValueError,
         r"trajectories\[0\] has shape \(1, 4\)"),
        (lambda: Demonstrations.from_trajectories([[(0.5, 0)]]), ValueError,
         r"trajectories\[0\]\[0, 0\] is 0.5; it must be a whole number"),
        (lambda: Demonstrations.from_trajectories([[(0, np.nan)]]), ValueError, "whole number"),
        (lambda: Demonstrations.from_trajectories([["ab"]]), TypeError, r"trajectories\[0\]"),
        (lambda: Demonstrations.from_trajectories([STEP], terminated=[True, True]), ValueError,
         "terminated has 2 entries"),
        (lambda: Demonstrations([0], [0], [0], [0, 2], [False]), ValueError, "offsets is"),
        (lambda: Demonstrations([0], [0, 1], [0], [0, 1], [False]), ValueError, "same number"),
        (lambda: Demonstrations.from_trajectories([STEP]).counts(1, 1), ValueError,
         r"next_states\[0\] \(trajectory 0, step 0\) is 1; it must be below 1"),
        (lambda: Demonstrations.from_trajectories([STEP]).policy(2, 1, smoothing=-1), ValueError,
         "smoothing is -1"),
        (lambda: sampled(russell_norvig().mdp, 0), ValueError, "n_trajectories is 0"),
        (lambda: sampled(russell_norvig().mdp, 1, max_steps=0), ValueError, "max_steps is 0"),
        (lambda: Demonstrations.sample(russell_norvig().mdp, np.ones((11, 4)), 1,
                                       rng=np.random.default_rng(0)), ValueError, r"policy\[0\]"),
        (lambda: Demonstrations.sample(russell_norvig().mdp, np.full((11, 4), 0.25), 1, rng=3),
         TypeError, "rng is 3"),
    ],
)  # fmt: skip
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_steps_that_leave_the_model_are_named():
    world = GridWorld("S.+", slip=0)
    jump = Demonstrations.from_trajectories([[(0, 1, 1)], [(0, 1, 2)]])
    with pytest.raises(ValueError, match=r"next_states\[1\] \(trajectory 1, step 0\) is 2; it can"):
        jump.check(world.mdp)
    lingering = Demonstrations.from_trajectories([[(1, 1, 2), (2, 0, 2), (2, 0, 2)]])
    with pytest.raises(ValueError, match="trajectory 0, step 1"):
        lingering.check(world.mdp)


@pytest.mark.parametrize(
    ("steps", "terminated", "message"),
    [
        ([(0, 0, 2)], True, "cannot follow there"),  # ends or stays, but goes nowhere
        ([(2, 0, 2)], True, "cannot end the episode"),
        ([(1, 0, 2)], True, "cannot end the episode"),
        ([(0, 0, 0)], True, None),
        ([(0, 0, 0)], False, None),
        ([(0, 0)], True, None),
        ([(2, 0)], False, None),
    ],
)
def test_endings_are_checked_too(steps, terminated, message):
    p = np.zeros((3, 1, 3))
    p[0, 0, 0], p[1, 0, 2], p[2, 0, 2] = 0.5, 1.0, 1.0
    mdp = MDP(p, np.ones((3, 1)), 0.9)
    walk = Demonstrations.from_trajectories([steps], terminated=terminated)
    if message is None:
        walk.check(mdp)
        return
    with pytest.raises(ValueError, match=message):
        walk.check(mdp)


def test_missing_values_in_a_frame_are_named():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"trajectory": [0, 0], "state": [0, 1], "action": [1, 1]})
    unknown = frame.assign(next_state=[1.0, np.nan])
    assert_array_equal(Demonstrations.from_pandas(unknown).next_states, [1, -1])
    for name in ("trajectory", "state", "action"):
        holed = frame.astype(float)
        holed.loc[1, name] = np.nan
        with pytest.raises(ValueError, match=f"frame has no value in row 1 of column {name}"):
            Demonstrations.from_pandas(holed)


def test_an_ending_without_an_exit_is_a_step_to_where_one_was():
    mdp = MDP([[[0.5]]], [[1.0]], 0.9)
    walks = sampled(mdp, 100)
    walks.check(mdp)
    assert walks.terminated.all()
    assert (walks.next_states == 0).all()
    mdp = MDP([[[0.0, 1.0]], [[0.0, 0.0]]], [[1.0], [1.0]], 0.9)
    walks = sampled(mdp, 1, start=[1.0, 0.0])
    assert_array_equal(walks.next_states, [1, 1])


def frame(**columns):
    pd = pytest.importorskip("pandas")
    given = {"trajectory": [0, 0, 1], "state": [0, 1, 0], "action": [1, 1, 0]}
    return pd.DataFrame(given | columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"terminated": [True, True, False]},
         r"frame.terminated\[0\] is True, but frame.trajectory\[0\] goes on after it"),
        ({"terminated": ["no", "no", "no"]}, r"frame.terminated\[0\] is 'no'; it must be True or"),
        ({"terminated": [False, "False", True]}, r"frame.terminated\[1\] is 'False'"),
        ({"terminated": [0, 0.5, 1]}, r"frame.terminated\[1\] is 0.5; it must be True or False"),
        ({"terminated": [0, np.nan, 1]}, "frame has no value in row 1 of column terminated"),
        ({"step": [0, 2, 0]}, r"frame.step\[1\] is 2, after 0; .* must count up by one"),
        ({"step": [1, 0, 0]}, r"frame.step\[1\] is 0, after 1"),
        ({"state": [0, "left", 0]}, r"frame.state\[1\] is 'left'; it must be a whole number"),
        ({"state": [0, 1.5, 0]}, r"frame.state\[1\] is 1.5; it must be a whole number"),
        ({"state": [0, 10**30, 0]}, r"frame.state\[1\] is 1000000000000000000000000000000; it"),
        ({"action": [True, False, True]}, r"frame.action\[0\] is True; it must be a whole number"),
        ({"trajectory": [[0], [0], [1]]}, "frame.trajectory holds what is no label"),
        ({"next_state": [2, -1, -1]}, "must be the state of the following step"),
        ({"next_state": ["x", -1, -1]}, r"frame.next_state\[0\] is 'x'"),
    ],
)  # fmt: skip
def test_what_a_frame_may_not_hold_is_named(columns, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        Demonstrations.from_pandas(frame(**columns))
    assert "\n" not in str(caught.value)


def test_frames_in_forms_that_people_have():
    pd = pytest.importorskip("pandas")
    plain = Demonstrations.from_pandas(frame(terminated=[False, True, False]))
    for other in (
        frame(terminated=[0, 1, 0]),
        frame(terminated=np.array([0.0, 1.0, 0.0])),
        frame(terminated=[0, 1, 0], step=[7, 8, 3]),
        frame(terminated=[0, 1, 0], trajectory=["b", "b", "a"]).astype({"state": float}),
        frame(terminated=[0, 1, 0], trajectory=pd.Categorical(["b", "b", "a"], ["c", "a", "b"])),
        frame(terminated=pd.array([False, True, False], dtype="boolean")).convert_dtypes(),
        frame(terminated=[0, 1, 0], next_state=[1, None, np.nan]),
        frame(terminated=[0, 1, 0]).set_index(pd.Index([5, 5, 5])),
        frame(terminated=[0, 1, 0]).iloc[[0, 2, 1]],  # in between, and in order
    ):
        assert Demonstrations.from_pandas(other) == plain
    for none in (frame().iloc[:0], frame().iloc[:0].astype(object)):
        assert Demonstrations.from_pandas(none).n_trajectories == 0
    with pytest.raises(TypeError, match="frame is 3; it must be a pandas DataFrame"):
        Demonstrations.from_pandas(3)
    with pytest.raises(ValueError, match="frame has column state twice"):
        Demonstrations.from_pandas(pd.concat([frame(), frame()[["state"]]], axis=1))


@pytest.mark.parametrize("word", ["no", "False", "", "yes", np.nan, None, 2, [True, "no"], ["1"]])
def test_no_word_is_a_truth_value(word):
    with pytest.raises((ValueError, TypeError), match="terminated"):
        Demonstrations.from_trajectories([STEP, STEP], terminated=word)
    with pytest.raises((ValueError, TypeError), match="terminated"):
        Demonstrations([0], [0], [1], [0, 1], [word])


@st.composite
def recordings(draw):
    """Demonstrations of every kind that a table can hold: no trajectory is empty."""
    trajectories = draw(st.lists(st.lists(st.tuples(*[st.integers(0, 9)] * 2), min_size=1)))
    made = Demonstrations.from_trajectories(
        trajectories, terminated=[draw(st.booleans()) for _ in trajectories]
    )
    after, ends = made.next_states.copy(), made.offsets[1:] - 1
    after[ends] = [draw(st.integers(-1, 9)) for _ in ends]
    return Demonstrations(made.states, made.actions, after, made.offsets, made.terminated)


@given(recordings())
def test_a_table_in_a_file_gives_the_same_demonstrations(made):
    pd = pytest.importorskip("pandas")
    text = made.to_pandas().to_csv(index=False)
    assert Demonstrations.from_pandas(pd.read_csv(io.StringIO(text))) == made
    again = pickle.loads(pickle.dumps(copy.deepcopy(made)))
    assert again == made
    assert hash(again) == hash(made)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.data())
def test_selected_trajectories_are_those(lengths, data):
    rng = np.random.default_rng(sum(lengths))
    lists = [rng.integers(3, size=(n, 2)) for n in lengths]
    walks = Demonstrations.from_trajectories(lists, terminated=rng.random(len(lists)) < 0.5)
    which = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=8))
    found = walks.select(which)
    assert found == Demonstrations.from_trajectories(
        [lists[i] for i in which], terminated=walks.terminated[which]
    )
    mask = np.isin(np.arange(len(lists)), which)
    assert walks.select(mask) == walks.select(np.flatnonzero(mask))


@pytest.mark.parametrize("which", [[2], [-1], [0.5], [True], [[0]], ["a"]])
def test_what_is_no_trajectory_is_not_selected(which):
    walks = Demonstrations.from_trajectories([[(0, 1)], [(1, 0)]])
    with pytest.raises((ValueError, TypeError), match="which"):
        walks.select(which)


def test_observations_are_carried():
    seen = [np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]), np.array([[6.0, 7.0]])]
    walks = Demonstrations.from_observations(
        [(seen[0], [1, 0]), (seen[1], [1])], terminated=[True, False]
    )
    assert_array_equal(walks.states, [0, 1, 3])
    assert_array_equal(walks.next_states, [1, 2, -1])
    assert_array_equal(walks.known, [True, True, False])
    assert_array_equal(walks.observations, np.concatenate(seen))
    second = walks.select([1])
    assert_array_equal(second.observations[second.states], seen[1])
    again = pickle.loads(pickle.dumps(walks))
    assert again == walks
    assert hash(again) == hash(walks)
    assert walks != Demonstrations(*walks._parts()[:-1])
    with pytest.raises(ValueError, match="read-only"):
        walks.observations[0] = 1
    assert len(Demonstrations.from_observations([])) == 0


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        ([[0.0], [np.nan]], r"trajectories\[0\], its observations,\[1, 0\] is nan"),
        ([[0.0]], r"trajectories\[0\] has observations of shape \(1, 1\) and 2 actions"),
        ([0.0, 1.0], r"observations of shape \(2,\)"),
    ],
)
def test_observations_that_do_not_fit_are_refused(seen, message):
    with pytest.raises(ValueError, match=message):
        Demonstrations.from_observations([(seen, [0, 1])])


def test_every_state_needs_an_observation():
    steps = [0, 1], [0, 0], [1, 2], [0, 2], [False]
    with pytest.raises(ValueError, match=r"next_states\[1\] .* is 2; it must be below 2"):
        Demonstrations(*steps, observations=np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"observations has shape \(3,\)"):
        Demonstrations(*steps, observations=np.zeros(3))
