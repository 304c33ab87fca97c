import copy
import pickle
from dataclasses import asdict, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Demonstrations
from rl_lib.worlds.bandit import ReversalBandit

TASK = ReversalBandit()
SESSIONS, TRIALS = 30, 800


@pytest.fixture(scope="module")
def played():
    return TASK.simulate(SESSIONS, TRIALS, rng=np.random.default_rng(1))


def share_is(mask, p):
    """Within four standard errors."""
    assert len(mask) > 50
    assert abs(mask.mean() - p) <= 4 * np.sqrt(p * (1 - p) / len(mask))


def test_states_are_three_trials_and_back():
    states = np.arange(64)
    trials = TASK.decode(states)
    assert trials.shape == (64, 3, 2)
    assert len(np.unique(trials.reshape(64, 6), axis=0)) == 64
    assert_array_equal(TASK.encode(trials), states)
    assert_array_equal(TASK.decode(0b011011), [[0, 1], [1, 0], [1, 1]])


def test_a_trial_is_remembered_and_the_oldest_forgotten():
    for state in (0, 27, 63):
        for action in (0, 1):
            for outcome in (0, 1):
                after = TASK.decode(TASK.next_state(state, action, outcome))
                assert_array_equal(after[:2], TASK.decode(state)[1:])
                assert_array_equal(after[2], (action, outcome))


def test_the_policies_are_what_they_are_called():
    assert TASK.policies.shape == (3, 64, 2)
    assert_allclose(TASK.policies.sum(axis=2), 1)
    won, lost = (TASK.encode([[1, outcome]] * 3) for outcome in (1, 0))
    right = TASK.policies[:, :, 1]
    assert right[0, won] > 0.99
    assert right[0, lost] < 0.05
    assert right[1, lost] < right[1, won] < 0.5  # explores the other arm
    assert_allclose(right[2], 0.15)
    # Left and right are alike to a mouse that exploits or explores.
    mirrored = TASK.encode(TASK.decode(np.arange(64)) ^ (1, 0))
    assert_allclose(right[:2][:, mirrored], 1 - right[:2])


def test_sessions_are_demonstrations(played):
    demonstrations = Demonstrations(*played.steps)
    assert_array_equal(demonstrations.lengths, [TRIALS] * SESSIONS)
    assert (demonstrations.next_states >= 0).all()
    latest = TASK.decode(demonstrations.next_states)[:, -1]
    assert_array_equal(latest[:, 0], demonstrations.actions)
    expected = [
        TASK.next_state(s, a, o)
        for s, a, o in zip(
            demonstrations.states[:99].tolist(), *latest[:99].T.tolist(), strict=True
        )
    ]
    assert_array_equal(demonstrations.next_states[:99], expected)
    assert len(np.unique(demonstrations.states)) == 64


def test_arms_reverse_by_the_rule(played):
    actions = Demonstrations(*played.steps).actions.reshape(SESSIONS, TRIALS)
    correct = played.correct.reshape(SESSIONS, TRIALS)
    better = np.where(correct, actions, 1 - actions)
    blocks = 0
    for arm, right in zip(better, correct, strict=True):
        began = 0
        for t in range(1, TRIALS):
            due = t - began >= 20 and right[t - 15 : t].mean() >= 0.75
            assert due == (arm[t] != arm[t - 1])
            if due:
                began, blocks = t, blocks + 1
    assert blocks > 100


def test_rewards_follow_the_better_arm(played):
    outcome = Demonstrations(*played.steps).next_states % 2
    share_is(outcome[played.correct], 0.75)
    share_is(outcome[~played.correct], 0.25)


def test_intentions_follow_the_chain_and_choices_the_policies(played):
    k = played.intentions.reshape(SESSIONS, TRIALS)
    for one in range(3):
        for other in range(3):
            share_is(k[:, 1:][k[:, :-1] == one] == other, TASK.transition[one, other])
    demonstrations = Demonstrations(*played.steps)
    for intention in range(3):
        mask = played.intentions == intention
        p = TASK.policies[intention, demonstrations.states[mask], 1]
        surprise = (demonstrations.actions[mask] - p).sum() / np.sqrt((p * (1 - p)).sum())
        assert abs(surprise) < 4
    share = [played.correct[played.intentions == intention].mean() for intention in range(3)]
    assert share[0] == max(share)


def test_one_seed_gives_one_simulation():
    one, other = (TASK.simulate(2, 50, rng=np.random.default_rng(5)) for _ in "ab")
    for name in ("intentions", "correct"):
        assert_array_equal(getattr(one, name), getattr(other, name))
    assert Demonstrations(*one.steps) == Demonstrations(*other.steps)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))]
)
def test_copies_are_equal(copied):
    again = copied(TASK)
    assert again == TASK == ReversalBandit(**asdict(TASK))
    assert hash(again) == hash(TASK)
    assert again != replace(TASK, better=0.9)
    assert again != replace(TASK, transition=np.eye(3))
    with pytest.raises(ValueError, match="read-only"):
        again.transition[0, 0] = 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"better": 1.5}, r"better is 1\.5; it must lie in \[0, 1\]"),
        ({"worse": 0.9}, r"worse is 0\.9; it must be at most better, 0\.75"),
        ({"criterion": -1}, "criterion is -1"),
        ({"window": 0}, "window is 0; it must be at least 1"),
        ({"least": 10}, "least is 10; it must be at least window, 15"),
        ({"transition": np.eye(2)}, r"transition has shape \(2, 2\); it must have shape \(3, 3\)"),
        ({"transition": np.zeros((3, 3))}, r"transition\[0\] sums to 0"),
    ],
)
def test_a_bad_task_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        ReversalBandit(**options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: TASK.encode([[0, 2]] * 3), ValueError, "trials is .*; it must have shape"),
        (lambda: TASK.encode([0, 1]), ValueError, "trials is .*; it must have shape"),
        (lambda: TASK.decode([64]), ValueError, r"states is \[?.*64.*; it must hold whole numbers"),
        (lambda: TASK.decode(0.5), ValueError, "states is .*0.5.*; it must hold whole numbers"),
        (lambda: TASK.next_state(64, 0, 0), ValueError, "state is 64; it must be in {0, …, 63}"),
        (lambda: TASK.next_state(0, 2, 0), ValueError, "action is 2"),
        (lambda: TASK.simulate(0, 5, rng=np.random.default_rng(0)), ValueError, "n_sessions is 0"),
        (lambda: TASK.simulate(5, 0, rng=np.random.default_rng(0)), ValueError, "n_trials is 0"),
        (lambda: TASK.simulate(5, 5, rng=None), TypeError, "rng is None"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
