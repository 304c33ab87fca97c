"""What recorded choices tell: known truths come back, and what is open is said to be."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    Demonstrations,
    anchored_reward,
    boltzmann,
    boltzmann_expert,
    describe,
    iavi,
    log_likelihood,
    rat,
    russell_norvig,
    value_iteration,
)
from rl_lib.behaviour.agents import RATS
from rl_lib.plots import description


def described(walks, seed=0, **options):
    return describe(walks, rng=np.random.default_rng(seed), **options)


def trials(name="noisy", n=500, seed=0):
    return rat(name).demonstrate(n, rng=np.random.default_rng(seed))


def test_counts_and_what_was_never_seen():
    walks = Demonstrations.from_trajectories(
        [[(0, 0), (0, 0), (2, 1)], [(0, 0)]], terminated=[1, 0]
    )
    found = described(walks, n_states=4, n_actions=3, min_taken=3)
    assert_array_equal(found.counts, [[3, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert_array_equal(found.visits, [3, 0, 1, 0])
    assert_array_equal(found.never_visited, [1, 3])
    assert_array_equal(found.never_taken, [2])
    assert_array_equal(found.choices, [1, 0, 1, 0])
    assert_array_equal(found.told, found.counts >= 3)
    assert_array_equal(np.isnan(found.low), ~found.told)
    assert (found.n_trajectories, found.n_ended) == (2, 1)
    text = "\n".join(found.cannot_be_told)
    assert "states never visited: 2 of 4 (1, 3)" in text
    assert "actions never taken: 1 of 3 (2)" in text


@pytest.mark.parametrize("name", RATS)
def test_with_much_behaviour_the_reward_is_the_agents_own_in_this_gauge(name):
    # q* − v* is the agent's reward shaped by the potential −v*, in units of its temperature.
    logs = np.log(rat(name).policy)
    truth = logs - logs.max(axis=1, keepdims=True)
    found = described(trials(name, 200_000), n_resamples=50)
    often = found.counts > 2_000
    assert often.sum() > 20
    assert_allclose(found.reward[often], truth[: len(found.reward)][often], atol=0.15)
    assert (found.high - found.low)[often].max() < 0.3


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.965, 1.0])
def test_the_reward_explains_the_behaviour_at_any_discount(discount):
    task = rat("impatient").mdp
    found = described(trials("impatient"), n_states=30)
    world = MDP(task.transitions, found.reward, discount, start=0)
    assert_allclose(boltzmann(value_iteration(world, tol=1e-12).q), found.policy, atol=1e-9)


def paying(world, policy, cost):
    """A reward that explains the policy and in which holding pays `cost` in every bin."""
    v = anchored_reward(world, policy, 0).v
    extra = np.zeros(len(v))  # worth of the state if holding costs: (I − γ P_hold) extra = cost
    for s in reversed(range(len(v))):
        extra[s] = cost[0] + world.discount * (world.transitions[s, 0] @ extra)
    v = v + extra
    q = np.log(policy) - np.log(policy).max(axis=1, keepdims=True) + v[:, None]
    reward = q - world.discount * world.transitions @ v
    assert_allclose(reward[:, 0], cost[0], atol=1e-9)
    return reward


def test_gauge_and_discount_and_cost_cannot_be_told():
    """Rewards of other gauges and discounts, one with a cost of holding, are as likely."""
    walks, task = trials("impatient"), rat("impatient").mdp
    found = described(walks, n_states=30)
    likely = []
    for discount in (0.5, 0.965, 1.0):
        world = MDP(task.transitions, np.zeros((30, 2)), discount, start=0)
        cost = 0.05 * np.array([-1.0, 0.0])  # of holding, made up for elsewhere
        for reward in (
            iavi(world, found.policy).reward,
            anchored_reward(world, found.policy, 1).reward,
            paying(world, found.policy, cost),
        ):
            q = value_iteration(world.with_rewards(reward), tol=1e-12).q
            likely.append(log_likelihood(walks, boltzmann(q)))
    assert np.ptp(likely) < 1e-6
    text = "\n".join(found.cannot_be_told)
    for words in (
        "gauge: one number V(s)",
        "discount γ",
        "discount and holding cost",
        "temperature",
    ):
        assert words in text


def test_a_trajectory_that_comes_back_counts_once():
    """Decisions of one trajectory belong together: few long ones tell less than many short."""
    rng = np.random.default_rng(0)
    habits = [[(0, int(rng.random() < 0.5))] * 40 for _ in range(30)]  # each has one habit
    together = described(Demonstrations.from_trajectories(habits))
    apart = described(
        Demonstrations.from_trajectories([[step] for walk in habits for step in walk])
    )
    assert_array_equal(together.counts, apart.counts)
    wide = (together.high - together.low).max() / (apart.high - apart.low).max()
    assert wide > 3


@pytest.mark.parametrize("taken", [1, 3, 30])
def test_intervals_of_one_visit_are_those_of_the_beta_distribution(taken):
    stats = pytest.importorskip("scipy.stats")
    walks = Demonstrations.from_trajectories([[(0, int(k < taken))] for k in range(100)])
    found = described(walks, n_resamples=200_000, min_taken=1)
    share = stats.beta(taken + 0.5, 100.5 - taken).ppf([0.025, 0.975])
    assert_allclose([found.low[0, 1], found.high[0, 1]], np.log(share / (1 - share)), atol=0.05)


def test_large_tables_are_described_piece_by_piece(monkeypatch):
    walks = boltzmann_expert(russell_norvig(discount=0.9).mdp).demonstrate(
        300, rng=np.random.default_rng(0)
    )
    whole = described(walks, n_resamples=4_000)
    monkeypatch.setattr("rl_lib.inverse.description._AT_ONCE", 5_000)
    pieces = described(walks, n_resamples=4_000, seed=1)
    assert_allclose(pieces.low, whole.low, atol=0.2)
    assert_allclose(pieces.high, whole.high, atol=0.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_states": 3}, r"states\[3\] .* is 3; it must be below 3"),
        ({"n_actions": 1}, "actions.* must be below 1"),
        ({"smoothing": 0}, r"smoothing is 0; it must lie in \(0, "),
        ({"level": 1.5}, "level is 1.5"),
        ({"min_taken": 0}, "min_taken is 0"),
        ({"n_resamples": 0}, "n_resamples is 0"),
        ({"state_names": ["a"]}, "state_names has 1 entries; it must have"),
        ({"action_names": "abc"}, "action_names has 3 entries; it must have 2"),
        ({"n_states": 10**8}, "there are at most 10000000 pairs"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        described(trials(n=30), **options)


def test_nothing_to_describe():
    with pytest.raises(ValueError, match="holds no step"):
        described(Demonstrations.from_trajectories([]))
    with pytest.raises(TypeError, match="rng is 3"):
        describe(trials(n=3), rng=3)


def test_the_table_and_the_picture():
    found = described(trials(), n_states=30, action_names=("hold", "release"))
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "16     release" in text
    assert "-" not in text.replace("\n- ", "\n")  # true minus signs
    assert "… and 2 states visited less often" in text
    frame = found.to_pandas()
    assert list(frame) == ["state", "action", "taken", "share", "reward", "low", "high"]
    assert frame.taken.sum() == found.counts.sum()
    above, below = description(found)
    assert [t.get_text() for t in above.figure.legends[0].get_texts()] == ["hold", "release"]
    assert any(t.get_text() == "never visited" for t in below.texts)
    for a, bars in enumerate(below.containers):
        told = found.told[:, a]
        ends = np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])
        assert_allclose(ends, np.column_stack((found.low, found.high))[told][:, [a, a + 2]])
        assert_allclose(bars.lines[0].get_ydata(), found.reward[told, a])
        few = (found.visits > 0) & ~told
        hollow = [line for line in below.lines if line.get_markerfacecolor() == "none"][a]
        assert_allclose(hollow.get_ydata(), found.reward[few, a])
    many = Demonstrations.from_trajectories([[(s, s % 2)] for s in range(100)])
    assert len(description(described(many))[1].get_xticks()) == 60


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "rl_lib", "describe", *map(str, arguments)],
        capture_output=True, env=os.environ | environment, check=False,
    )  # fmt: skip


def test_the_command(tmp_path):
    table, picture = tmp_path / "trials.csv", tmp_path / "picture.png"
    table.write_text("trial,state,action\n1,press,hold\n1,later,go\n", "utf8")
    ran = command(table, "--picture", picture, PYTHONIOENCODING="cp1252")
    assert ran.returncode == 0, ran.stderr
    assert b"later" in ran.stdout
    assert picture.stat().st_size > 1_000
    drawn = picture.read_bytes()
    table.write_text("trial,state,action\n1,press,\n", "utf8")
    for arguments, word in (
        ((table,), "column action, row 2, is ''"),
        ((tmp_path / "none.csv",), "No such file"),
        ((tmp_path,), "directory"),
    ):
        ran = command(*arguments)
        assert ran.returncode == 2
        lines = ran.stderr.decode().strip().splitlines()
        assert len(lines) == 1
        assert word in lines[0]
    table.write_text("trial,state,action\n1,press,hold\n", "utf8")
    shell = f'"{sys.executable}" -m rl_lib describe "{table}" | true'
    ran = subprocess.run(["sh", "-c", shell], capture_output=True, check=False)
    assert ran.stderr == b""  # nobody reads on
    ran = command(table, "--picture", picture)
    assert (ran.returncode, b"not written over" in ran.stderr) == (2, True)
    assert picture.read_bytes() == drawn


@pytest.mark.slow
def test_intervals_hold_the_truth(capsys):
    """Of 200 simulated data sets of each rat; intervals of no width, [0, 0], are left out."""
    held, given = np.zeros((2, len(RATS), 30, 2))
    for k, name in enumerate(RATS):
        logs = np.log(rat(name).policy)
        truth = logs - logs.max(axis=1, keepdims=True)
        rng = np.random.default_rng(k)
        for _ in range(200):
            found = describe(rat(name).demonstrate(500, rng=rng), n_states=30, n_actions=2, rng=rng)
            told = found.told & (found.low < found.high)
            given[k] += told
            held[k] += told & (found.low <= truth + 1e-9) & (truth <= found.high + 1e-9)
    often = given >= 40
    share = np.where(often, held / np.maximum(given, 1), np.nan)
    worst = np.unravel_index(np.nanargmin(share), share.shape)
    with capsys.disabled():
        print(
            f"\n95 % intervals hold the truth in {held.sum() / given.sum():.1%}; worst: "
            f"{RATS[worst[0]]}, state {worst[1]}, action {worst[2]}: {share[worst]:.1%}"
        )
    assert 0.90 <= held.sum() / given.sum() <= 0.99
    assert np.nanmin(share) > 0.8
