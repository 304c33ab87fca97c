import numpy as np
import pytest
from hypothesis import given, strategies as st
from models import any_mdp
from numpy.testing import assert_allclose

from rl_lib import (
    MDP,
    Demonstrations,
    Objectworld,
    boltzmann_expert,
    epic_distance,
    evaluate_policy,
    expected_value_difference,
    iavi,
    log_likelihood,
    reward_correlation,
    russell_norvig,
    sum_zero_reward,
    value_iteration,
)

choices = any_mdp(least_actions=2, forms=["expected", "expected sparse"])
seeds = st.integers(0, 2**32)


def shaped(mdp, reward, potential):
    ahead = (mdp.transition_matrix @ potential).reshape(reward.shape)
    return reward + mdp.discount * ahead - potential[:, None]


def test_value_difference_by_hand():
    # Action 1 ends at once and pays 1; action 0 pays nothing for ever.
    p = np.zeros((2, 2, 2))
    p[:, 0] = np.eye(2)
    mdp = MDP(p, [[0.0, 1.0], [0.0, 3.0]], 0.9, start=[0.25, 0.75])
    ends, waits = np.tile([0.0, 1.0], (2, 1)), np.tile([1.0, 0.0], (2, 1))
    assert expected_value_difference(mdp, ends, waits) == pytest.approx((1 + 9) / 2)
    assert expected_value_difference(mdp, ends, waits, over="start") == pytest.approx(2.5)
    assert expected_value_difference(mdp, waits, ends, over="start") == pytest.approx(-2.5)
    assert expected_value_difference(mdp, ends, ends) == 0


def test_value_difference_is_that_of_simulated_returns():
    world = russell_norvig(discount=0.9)
    best = value_iteration(world.mdp).policy
    at_random = np.full((11, 4), 0.25)
    returns = []
    for policy in (best, at_random):
        walks = Demonstrations.sample(
            world.mdp, policy, 20_000, max_steps=200, rng=np.random.default_rng(0)
        )
        paid = world.mdp.rewards[walks.states, walks.actions] * 0.9**walks.times
        returns.append(paid.sum() / len(walks))
    lost = expected_value_difference(world.mdp, best, at_random, over="start")
    assert lost == pytest.approx(returns[0] - returns[1], abs=0.02)


@given(choices, seeds)
def test_the_sum_zero_gauge_forgets_potentials_and_nothing_else(mdp, seed):
    potential = np.random.default_rng(seed).normal(scale=10, size=mdp.n_states)
    fixed = sum_zero_reward(mdp, mdp.rewards)
    scale = max(1, np.abs(mdp.rewards).max(), np.abs(potential).max())
    assert_allclose(fixed.sum(axis=1), 0, atol=1e-7 * scale)
    again = sum_zero_reward(mdp, shaped(mdp, mdp.rewards, potential))
    assert_allclose(again, fixed, atol=1e-7 * scale)
    # The same choices, by how much one action is better than another.
    before, after = (value_iteration(mdp.with_rewards(r)) for r in (mdp.rewards, fixed))
    assert_allclose(before.q - before.v[:, None], after.q - after.v[:, None], atol=1e-5 * scale)


def test_the_reward_of_iavi_is_the_truth_in_the_sum_zero_gauge():
    world = Objectworld.random(size=8, n_objects=20, rng=np.random.default_rng(0))
    expert = boltzmann_expert(world.mdp, 0.5)
    found = iavi(world.mdp, expert.policy).reward
    assert_allclose(0.5 * found, sum_zero_reward(world.mdp, world.mdp.rewards), atol=1e-8)
    assert reward_correlation(world.mdp, found, world.mdp.rewards) == pytest.approx(1)
    assert reward_correlation(world.mdp, -found, world.mdp.rewards) == pytest.approx(-1)
    # On arrival or on leaving, at the exchange rate of γ: the same to an agent.
    leaving = np.repeat(world.state_reward[:, None] / 0.9, 5, axis=1)
    assert reward_correlation(world.mdp, leaving, world.mdp.rewards) == pytest.approx(1)


def test_a_reward_without_effect_correlates_with_nothing():
    world = Objectworld.random(size=5, n_objects=10, rng=np.random.default_rng(0))
    for useless in (np.full((25, 5), 7.0), np.zeros((25, 5))):
        assert np.isnan(reward_correlation(world.mdp, useless, world.mdp.rewards))
        assert np.isnan(epic_distance(useless, world.mdp.rewards, 0.9))


def epic_by_enumeration(left, right, discount, over):
    """Both canonical rewards entry by entry, as defined, and a weighted correlation."""
    n, m = left.shape[:2]
    every = [(s, a, t) for s in range(n) for a in range(m) for t in range(n)]
    weight = np.array([over[s] / m * over[t] for s, a, t in every])
    columns = []
    for r in (left, right):

        def expected(s, r=r):
            return sum(over[t] / m * r[s, a, t] for a in range(m) for t in range(n))

        both = sum(over[s] * expected(s) for s in range(n))
        columns.append(
            [
                r[s, a, t] + discount * expected(t) - expected(s) - discount * both
                for s, a, t in every
            ]
        )
    covariance = np.cov(columns, aweights=weight)
    rho = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    return np.sqrt(max(1 - rho, 0) / 2)


@given(seeds, st.integers(1, 4), st.integers(1, 3), st.floats(0, 1))
def test_epic_is_its_definition(seed, n, m, discount):
    if n * m == 1:
        return  # one reward, and nothing to correlate
    rng = np.random.default_rng(seed)
    over = rng.dirichlet(np.full(n, 3.0))
    left, right = rng.normal(size=(2, n, m, n))
    found = epic_distance(left, right, discount, over=over)
    assert found == pytest.approx(epic_by_enumeration(left, right, discount, over), abs=1e-6)
    # A reward (S, A) is one that does not depend on the next state.
    narrow, wide = left[..., 0], np.repeat(left[..., :1], n, axis=2)
    by_width = [
        epic_distance(a, b, discount, over=over)
        for a, b in (
            (narrow, right[..., 0]),
            (wide, right[..., 0]),
            (narrow, right[..., :1] + 0 * right),
        )
    ]
    assert_allclose(by_width, by_width[0], atol=1e-6)


@given(seeds)
def test_epic_forgets_potentials_scale_and_constants(seed):
    rng = np.random.default_rng(seed)
    reward, potential = rng.normal(size=(4, 2, 4)), rng.normal(size=4)
    same = 3 * (reward + 0.9 * potential - potential[:, None, None]) + 5
    other = rng.normal(size=(4, 2, 4))
    assert epic_distance(same, reward, 0.9) == pytest.approx(0, abs=1e-6)
    assert epic_distance(-same, reward, 0.9) == pytest.approx(1)
    distances = [epic_distance(a, other, 0.9) for a in (same, reward)]
    assert distances[0] == pytest.approx(distances[1], abs=1e-6)
    assert epic_distance(other, reward, 0.9) == pytest.approx(epic_distance(reward, other, 0.9))


@pytest.mark.parametrize("unit", [1e-160, 1e-82, 1.0, 1e80, 1e160])
@pytest.mark.parametrize("constant", [0.0, 3e5])
def test_units_and_constants_do_not_matter(unit, constant):
    reward = np.array([[1.0, 2.0], [3.0, 5.0]])
    assert epic_distance(unit * (reward + constant), reward, 0.9) == pytest.approx(0, abs=1e-4)
    ends = MDP(np.zeros((2, 2, 2)), reward, 0.9)
    assert reward_correlation(ends, unit * (reward + constant), reward) == pytest.approx(1)
    assert_allclose(sum_zero_reward(ends, unit * reward) / unit, [[-0.5, 0.5], [-1, 1]])


def test_a_pure_potential_is_no_reward():
    potential = np.array([1.0, -1.0, 1.0, -1.0])
    nothing = np.broadcast_to(0.9 * potential - potential[:, None, None], (4, 2, 4))
    other = np.random.default_rng(0).normal(size=(4, 2, 4))
    assert np.isnan(epic_distance(nothing, other, 0.9))


def test_epic_does_not_see_what_is_the_same_in_one_world_only():
    world = Objectworld.random(size=6, n_objects=12, rng=np.random.default_rng(0))
    expert = boltzmann_expert(world.mdp)
    leaving = np.repeat(world.state_reward[:, None] / 0.9, 5, axis=1)
    assert epic_distance(iavi(world.mdp, expert.policy).reward, leaving, 0.9) > 0.5


def test_log_likelihood_by_hand():
    walks = Demonstrations.from_trajectories([[(0, 0), (1, 1)], [(1, 1)]])
    policy = np.array([[0.5, 0.5], [0.8, 0.2]])
    assert log_likelihood(walks, policy) == pytest.approx(np.log(0.5 * 0.2 * 0.2) / 3)
    assert log_likelihood(walks, [[1.0, 0.0], [1.0, 0.0]]) == -np.inf
    assert log_likelihood(walks, [[1.0, 0.0], [0.0, 1.0]]) == 0


def test_the_expert_predicts_its_own_behaviour_best():
    expert = boltzmann_expert(russell_norvig(discount=0.9).mdp, 0.2)
    held_out = expert.demonstrate(5_000, rng=np.random.default_rng(0))
    best = log_likelihood(held_out, expert.policy)
    for other in (0.05, 0.8):
        assert log_likelihood(held_out, boltzmann_expert(expert.mdp, other).policy) < best
    assert evaluate_policy(expert.mdp, expert.policy).converged


TWO = MDP([[[0.5], [0.5]]], [[0.0, 1.0]], 0.9)
HALF = [[0.5, 0.5]]
STEP = Demonstrations.from_trajectories([[(0, 0)]])
EMPTY = Demonstrations.from_trajectories([[]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_value_difference(TWO, HALF, HALF, over="all"), "over is 'all'"),
        (lambda: expected_value_difference(TWO, [[0.5, 0.6]], HALF), r"expert\[0\] sums to 1\.1"),
        (lambda: expected_value_difference(TWO, HALF, [[1.0]]), "learned has shape"),
        (lambda: sum_zero_reward(TWO, [[1.0]]), "reward has shape"),
        (lambda: reward_correlation(TWO, HALF, [[1.0, np.nan]]), r"truth\[0, 1\] is nan"),
        (lambda: reward_correlation(TWO, [1.0, 2.0], HALF), "reward has shape"),
        (lambda: epic_distance([1.0], [1.0], 0.9), r"reward and truth have shapes"),
        (lambda: epic_distance(HALF, [[0.5, 0.5, 0.5]], 0.9), "S and A must be the same"),
        (lambda: epic_distance(HALF, [[[0.5, 0.5]]], 0.9), r"must be \(S, A\) or \(S, A, S\)"),
        (lambda: epic_distance(HALF, HALF, 1.5), r"discount is 1\.5"),
        (lambda: epic_distance(HALF, HALF, 0.9, over=[2.0]), "over sums to 2"),
        (lambda: epic_distance(np.zeros((0, 2)), np.zeros((0, 2)), 0.9), "at least 1"),
        (lambda: log_likelihood(STEP, np.zeros((0, 2))), "policy has shape"),
        (lambda: log_likelihood(STEP, [0.5, 0.5]), "policy has shape"),
        (lambda: log_likelihood(STEP, [[0.5, 0.6]]), r"policy\[0\] sums to 1\.1"),
        (lambda: log_likelihood(EMPTY, HALF), "holds no step"),
        (lambda: log_likelihood(Demonstrations.from_trajectories([[(3, 0)]]), HALF), "below 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
