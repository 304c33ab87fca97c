"""Giving up: against all switch times by brute force, EM's invariant, and an oracle."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    Demonstrations,
    IntentionGrid,
    beliefs,
    boltzmann,
    giving_up,
    iavi,
    multi_intention_irl,
    value_iteration,
)
from rl_lib._compiled import plain

WORLD = IntentionGrid()
SOFT = np.stack([boltzmann(value_iteration(WORLD.mdp.with_rewards(r)).q) for r in WORLD.rewards])


def ragged(seed, lengths, n_states=3, n_actions=2):
    rng = np.random.default_rng(seed)
    walks = Demonstrations.from_trajectories(
        [np.stack((rng.integers(n_states, size=n), rng.integers(n_actions, size=n)), 1)
         for n in lengths]
    )  # fmt: skip
    return walks, rng.dirichlet(np.ones(n_actions), (2, n_states)), rng


@pytest.mark.parametrize("compiled", [True, False])
@given(seed=st.integers(0, 2**32), lengths=st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_beliefs_agree_with_all_switch_times(compiled, seed, lengths):
    walks, policies, rng = ragged(seed, lengths)
    switch = rng.choice([0.0, 0.2, 0.7, 1.0], walks.n_steps)
    with pytest.MonkeyPatch.context() as patch:
        if not compiled:
            patch.setitem(beliefs.__globals__, "_passes", plain(beliefs.__globals__["_passes"]))
        found = beliefs(walks, policies, switch)
    b = policies[:, walks.states, walks.actions]
    for begin, end in pairwise(walks.offsets):
        totals = [1.0]
        for stop in range(begin + 1, end + 1):
            # The switch comes before step k; k = stop: not yet.
            joint = np.array([
                (1 - switch[begin:k]).prod() * (switch[k] if k < stop else 1.0)
                * b[0, begin:k].prod() * b[1, k:stop].prod()
                for k in range(begin, stop + 1)
            ])  # fmt: skip
            totals.append(joint.sum())
            assert_allclose(found.filtered[stop - 1, 0], joint[-1] / joint.sum(), atol=1e-12)
            evidence = np.exp(found.log_probabilities[stop - 1])
            assert_allclose(evidence, totals[-1] / totals[-2], rtol=1e-10)
        if end > begin:
            posterior = joint / joint.sum()
            assert_allclose(found.switched[begin:end], posterior[:-1], atol=1e-12)
            still = 1 - np.cumsum(posterior)[:-1]
            assert_allclose(found.smoothed[begin:end, 0], still, atol=1e-12)
    assert_allclose(found.filtered.sum(axis=1), 1)


@given(st.integers(0, 2**32), st.sampled_from([0.05, 0.5, 3]))
def test_no_iteration_lowers_the_objective(seed, smoothing):
    walks, _, rng = ragged(seed, [4, 0, 7, 7])
    mdp = MDP(np.full((3, 2, 3), 1 / 3), np.zeros((3, 2)), 0.8)
    found = giving_up(
        mdp, walks, smoothing=smoothing, restarts=1, tol=1e-9, max_iter=5_000, rng=rng
    )
    assert (np.diff(found.objective) >= -1e-9 * np.abs(found.objective[1:])).all()
    assert_allclose(found.log_likelihood, found.beliefs(walks).log_probabilities.mean())


@pytest.fixture(scope="module")
def grid():
    """Softmax experts: walks to fit to, others to judge by, and what they intended."""
    train, test = (WORLD.simulate(1_024, SOFT, rng=np.random.default_rng(k)) for k in (0, 1))
    return Demonstrations(*train.steps), Demonstrations(*test.steps), test.intentions


def test_switches_come_back_nearly_as_well_as_an_oracle_finds_them(grid):
    train, test, intentions = grid
    found = giving_up(WORLD.mdp, train, rng=np.random.default_rng(0))
    assert found.converged
    rule = WORLD.switch_probability(test.states, test.times)
    oracle, ours = beliefs(test, SOFT, rule), found.beliefs(test)
    chain = multi_intention_irl(WORLD.mdp, train, 2, restarts=4, rng=np.random.default_rng(0))
    for name in ("filtered", "smoothed"):
        best, right = (
            (getattr(b, name).argmax(axis=1) == intentions).mean() for b in (oracle, ours)
        )
        assert best - 0.06 < right <= best + 0.005
        # One chain for all steps does worse, by either labelling.
        plain_chain = (getattr(chain, name)(test).argmax(axis=1) == intentions).mean()
        assert max(plain_chain, 1 - plain_chain) < right - 0.03
    assert oracle.log_probabilities.mean() > ours.log_probabilities.mean()
    assert ours.log_probabilities.mean() > chain.predictive_log_likelihood(test)
    # Over all that were still after the goal, as often as in truth.
    still = oracle.smoothed[:, 0] + oracle.switched
    there = WORLD.barriers[test.states] & (test.times != 8)
    for where, true in ((there, 0.3), (~WORLD.barriers[test.states] & (test.times == 8), 0.5)):
        h = found.switch_probability(test)[where]
        assert abs(np.average(h, weights=still[where]) - true) < 0.15
    for policy, reward in zip(found.policy, found.reward, strict=True):
        assert_allclose(reward, iavi(WORLD.mdp, policy).reward)


def test_times_never_seen(grid):
    train, test, _ = grid
    short = Demonstrations.from_trajectories([w[:5] for w in train.to_trajectories()[:50]])
    found = giving_up(WORLD.mdp, short, restarts=1, rng=np.random.default_rng(0))
    late = test.times >= 5
    expected = 1 - 0.9 * (1 - found.by_state[test.states[late]])
    assert_allclose(found.switch_probability(test)[late], expected)


def test_greedy_experts_are_told_apart_by_one_step():
    experts = [value_iteration(WORLD.mdp.with_rewards(r)).policy for r in WORLD.rewards]
    walks = WORLD.simulate(200, experts, rng=np.random.default_rng(2))
    steps = Demonstrations(*walks.steps)
    rule = WORLD.switch_probability(steps.states, steps.times)
    found = beliefs(steps, experts, rule)
    assert_array_equal(found.filtered.argmax(axis=1), walks.intentions)


WALK = Demonstrations.from_trajectories([[(0, 0), (1, 1)]])
EVEN = np.full((2, 2, 2), 0.5)


@pytest.mark.parametrize(
    ("policies", "switch", "message"),
    [
        (EVEN[0], [0, 0], r"policies has shape \(2, 2\); it must be \(2, S, A\)"),
        (EVEN * 2, [0, 0], r"policies\[0, 0\] sums to 2"),
        (EVEN, [0, 2], r"switch must lie in \[0, 1\]"),
        (EVEN, [0], r"switch has shape \(1,\)"),
        (np.eye(2)[np.ones((2, 2), int)], [0, 0], "step 0 is impossible"),
        (EVEN[:, :1], [0, 0], r"states\[1\] .* is 1"),
    ],
)
def test_bad_beliefs_are_named(policies, switch, message):
    with pytest.raises(ValueError, match=message):
        beliefs(WALK, policies, switch)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"smoothing": 0}, "smoothing is 0"),
        ({"restarts": 0}, "restarts is 0"),
        ({"tol": 0}, "tol is 0"),
        ({"max_iter": 0}, "max_iter is 0"),
        ({"rng": 1}, "rng is 1"),
        ({"demonstrations": Demonstrations.from_trajectories([[]])}, "holds no step"),
    ],
)
def test_bad_input_is_named(change, message):
    options = {"demonstrations": WALK, "rng": np.random.default_rng(0)}
    mdp = MDP(np.full((2, 2, 2), 0.5), np.zeros((2, 2)), 0.8)
    with pytest.raises((ValueError, TypeError), match=message):
        giving_up(mdp, **(options | change))


def test_stopping_early_is_said(grid):
    with pytest.warns(UserWarning, match="not converged after 2 iterations"):
        found = giving_up(WORLD.mdp, grid[0], max_iter=2, restarts=1, rng=np.random.default_rng(0))
    assert (found.converged, found.n_iter) == (False, 2)
