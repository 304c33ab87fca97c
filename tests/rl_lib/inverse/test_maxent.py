import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from models import mdps, random_mdp
from numpy.testing import assert_allclose
from scipy import linalg, optimize, sparse

from rl_lib import (
    MDP,
    Demonstrations,
    GridWorld,
    Objectworld,
    maxent_irl,
    occupancy,
    russell_norvig,
    soft_expert,
    soft_value_iteration,
)
from rl_lib.inverse._likelihood import Features, Likelihood
from rl_lib.planning import _evaluation


@given(mdps, st.integers(0, 99), st.sampled_from([None, 1, 5, 1000]))
@settings(max_examples=50)
def test_occupancies_sum_to_what_they_must(mdp, seed, horizon):
    policy = np.random.default_rng(seed).dirichlet(np.ones(mdp.n_actions), size=mdp.n_states)
    visits = occupancy(mdp, policy, horizon=horizon)
    assert (visits >= -1e-12).all()
    # Discounted probability of still being there, step by step.
    alive, total, here = [], 0.0, mdp.start
    chosen = np.einsum("sa,sat->st", policy, mdp.to_dense().transitions)
    for time in range(horizon or 4_000):
        here = np.where(mdp.terminal, 0, here)
        total += mdp.discount**time * here.sum()
        alive.append(here.sum())
        here = here @ chosen
    assert_allclose(visits.sum(), total, rtol=1e-9, atol=1e-9)
    if min(alive) > 1 - 1e-12:
        h = horizon or np.inf
        assert_allclose(visits.sum(), (1 - mdp.discount**h) / (1 - mdp.discount), rtol=1e-9)


def numerical(value, theta, step=1e-5):
    unit = np.eye(len(theta)) * step
    return np.array([(value(theta + e) - value(theta - e)) / (2 * step) for e in unit])


@pytest.mark.parametrize("horizon", [None, 1, 6])
@pytest.mark.parametrize("kind", ["state", "state-action", "sparse"])
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_likelihood(seed, kind, horizon):
    mdp = random_mdp(seed, 6, 3, 0.9)
    rng = np.random.default_rng(seed)
    shape = {"state": (6, 4), "state-action": (6, 3, 4), "sparse": (18, 4)}[kind]
    given_features = features = rng.normal(size=shape)
    if kind == "sparse":
        given_features, features = sparse.csr_array(features), features.reshape(6, 3, 4)
    policy = rng.dirichlet(np.ones(3), size=6)
    walks = Demonstrations.sample(mdp, policy, 30, max_steps=horizon or 9, rng=rng)
    phi, of_reward = Features(mdp, given_features), Likelihood(mdp, walks, horizon)
    theta = rng.normal(size=4)

    def reward(theta):
        paid = features @ theta
        paid = np.repeat(paid[:, None], 3, axis=1) if kind == "state" else paid
        return np.where(mdp.terminal[:, None], 0, paid)

    def likelihood(theta):
        """Written down from its definition, Σ γ^t log π_t(a|s), undiscounted without horizon."""
        if horizon is None:
            found = soft_value_iteration(mdp.with_rewards(reward(theta)), tol=1e-12)
            return (walks.counts(6, 3) * np.log(found.policy)).sum()
        v, total = np.zeros(6), 0.0
        for time in reversed(range(horizon)):
            q = mdp.with_rewards(reward(theta)).action_values(v)
            v = np.where(mdp.terminal, 0, np.log(np.exp(q).sum(axis=1)))
            now = walks.times == time
            log_policy = (q - v[:, None])[walks.states[now], walks.actions[now]]
            total += mdp.discount**time * log_policy.sum()
        return total

    value, slope = of_reward(phi.reward(theta))
    assert_allclose(value, likelihood(theta), rtol=1e-8, atol=1e-8)
    assert_allclose(phi.sum(slope), numerical(likelihood, theta), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("horizon", [None, 12])
@pytest.mark.parametrize("seed", range(4))
def test_features_match_on_exact_occupancies(seed, horizon):
    rng = np.random.default_rng(seed)
    mdp = random_mdp(seed, 8, 3, 0.9, ending=False)
    policy = rng.dirichlet(np.ones(3), size=8)
    features = rng.normal(size=(8, 3, 5))
    visits = occupancy(mdp, policy, horizon=horizon)
    found = maxent_irl(mdp, features, visits, horizon=horizon)
    assert found.converged
    assert_allclose(found.expected, found.observed, atol=1e-6)
    own = occupancy(mdp, found.policy, horizon=horizon)
    assert_allclose(np.einsum("sa,saf->f", own, features), found.observed, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_linear_reward_is_found_again(seed):
    mdp = random_mdp(seed, 8, 3, 0.9, ending=False)
    rng = np.random.default_rng(seed)
    features, theta = rng.normal(size=(8, 3, 4)), rng.normal(size=4)
    expert = soft_expert(mdp.with_rewards(features @ theta))
    found = maxent_irl(mdp, features, occupancy(mdp, expert.policy))
    assert_allclose(found.policy, expert.policy, atol=1e-5)
    if np.linalg.matrix_rank(features.reshape(24, 4)) == 4:
        assert_allclose(found.theta, theta, atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_no_policy_with_the_same_features_has_more_entropy(seed):
    # All occupancies with the same features, by linear algebra alone: they lie on one line, and the
    # causal entropy along it is concave.
    mdp = random_mdp(seed, 3, 2, 0.7, ending=False)
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(3, 2, 2))
    observed = occupancy(mdp, rng.dirichlet(np.ones(2), size=3)).ravel()
    flow = np.repeat(np.eye(3), 2, axis=0) - 0.7 * mdp.to_dense().transitions.reshape(6, 3)
    (line,) = linalg.null_space(np.vstack((flow.T, features.reshape(6, 2).T))).T
    reach = -observed / line  # where an entry of the occupancy becomes 0
    low, high = reach[line > 0].max(), reach[line < 0].min()

    def lost(length):
        d = (observed + length * line).reshape(3, 2)
        return (d * np.log(d / d.sum(axis=1, keepdims=True))).sum()

    best = optimize.minimize_scalar(
        lost, bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    )
    assert best.success
    visits = occupancy(mdp, maxent_irl(mdp, features, observed.reshape(3, 2)).policy).ravel()
    assert_allclose(visits, observed + best.x * line, atol=1e-5)
    assert lost((visits - observed) @ line) <= best.fun + 1e-9


def test_truncated_recordings_do_not_bias_the_weights():
    # Eight steps of a process that goes on: no horizon, and the true weights come out.
    mdp = random_mdp(7, 6, 3, 0.9, ending=False)
    rng = np.random.default_rng(7)
    features, theta = rng.normal(size=(6, 3, 3)), np.array([0.5, -1.0, 0.8])
    expert = soft_expert(mdp.with_rewards(features @ theta))
    walks = expert.demonstrate(20_000, max_steps=8, rng=rng)
    assert_allclose(maxent_irl(mdp, features, walks).theta, theta, atol=0.05)


def test_priors_shrink_and_select():
    mdp = random_mdp(2, 6, 3, 0.9, ending=False)
    rng = np.random.default_rng(2)
    features = rng.normal(size=(6, 3, 6))
    expert = soft_expert(mdp.with_rewards(features @ np.array([1.0, -1.0, 0, 0, 0, 0])))
    walks = expert.demonstrate(200, max_steps=10, rng=rng)
    free, shrunk, few = (
        maxent_irl(mdp, features, walks, **prior) for prior in ({}, {"l2": 300.0}, {"l1": 150.0})
    )
    assert np.abs(shrunk.theta).sum() < 0.9 * np.abs(free.theta).sum()
    assert (few.theta == 0).sum() >= 2
    assert (few.theta[:2] != 0).all()
    assert max(shrunk.log_likelihood, few.log_likelihood) < free.log_likelihood
    # The optimality conditions of the L1 problem, from its definition.
    slope = few.observed - few.expected
    assert_allclose(slope[few.theta != 0], 150 * np.sign(few.theta[few.theta != 0]), rtol=1e-2)
    assert (np.abs(slope[few.theta == 0]) <= 150.1).all()


@pytest.mark.parametrize("reward", [-100.0, 0.0, 100.0])
@pytest.mark.parametrize("horizon", [None, 1_000])
def test_hard_numbers_stay_finite(reward, horizon):
    # An absorbing state in which demonstrations linger, and rewards far apart.
    p = np.zeros((3, 2, 3))
    p[0, 0, 1] = p[0, 1, 0] = p[1, 0, 2] = p[1, 1, 0] = p[2, :, 2] = 1
    mdp = MDP(p, np.zeros((3, 2)), 0.99, start=0)
    truth = np.array([[-1.0, reward], [0.0, reward], [0.0, 0.0]])
    expert = soft_expert(mdp.with_rewards(truth))
    walks = expert.demonstrate(20, max_steps=horizon or 200, rng=np.random.default_rng(0))
    assert (walks.states == 2).any() or reward == 100.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # never-met features drift off
        found = maxent_irl(mdp, np.eye(6).reshape(3, 2, 6), walks, horizon=horizon, l2=1e-3)
    for name in ("theta", "reward", "v", "q", "policy", "expected"):
        assert np.isfinite(getattr(found, name)).all(), name


def test_the_grid_of_the_slides():
    world = russell_norvig(discount=0.95)
    expert = soft_expert(world.mdp, temperature=0.1)
    walks = expert.demonstrate(2_000, rng=np.random.default_rng(0))
    arriving = world.mdp.transition_matrix @ np.eye(11)  # features of the cell entered
    found = maxent_irl(world.mdp, sparse.csr_array(arriving), walks, l2=1e-2)
    exits = world.states[world.cells == "+"][0], world.states[world.cells == "-"][0]
    assert found.theta.argmax() == exits[0]
    assert found.theta.argmin() == exits[1]


def test_objectworld_with_its_threshold_features():
    world = Objectworld.random(rng=np.random.default_rng(0))
    features = world.features()
    rng = np.random.default_rng(1)
    theta = rng.normal(size=128) * (rng.random(128) < 0.1)
    left = world.mdp.with_rewards(np.repeat((features @ theta)[:, None], 5, axis=1))
    walks = soft_expert(left).demonstrate(4_000, max_steps=8, rng=rng)
    found = maxent_irl(world.mdp, features, walks, l2=1.0)
    assert found.converged
    assert np.corrcoef(found.state_reward, features @ theta)[0, 1] > 0.9


GRID = russell_norvig(discount=0.9).mdp
ONE = Demonstrations.from_trajectories([[(7, 0, 4), (4, 0, 0)]])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((GRID, np.eye(11), Demonstrations.from_trajectories([[]])), {}, "holds no step"),
        ((GRID, np.eye(11), Demonstrations.from_trajectories([[(7, 0, 3)]])), {}, "in the model"),
        ((GRID, np.eye(11), np.zeros((11, 4))), {}, "holds no step"),
        ((GRID, np.eye(11), -np.ones((11, 4))), {}, r"demonstrations\[0, 0\] is -1"),
        ((GRID, np.eye(11), np.ones((4, 11))), {}, r"demonstrations has shape \(4, 11\)"),
        ((GRID, np.eye(5), ONE), {}, r"features has shape \(5, 5\)"),
        ((GRID, np.zeros((11, 0)), ONE), {}, "must have a feature"),
        ((GRID, np.eye(11) * np.nan, ONE), {}, "features.*finite"),
        ((GRID, np.eye(11), ONE), {"horizon": 1}, "2 steps in trajectory 0; with horizon=1"),
        ((GRID, np.eye(11), ONE), {"horizon": 0}, "horizon is 0"),
        ((GRID, np.eye(11), ONE), {"l2": -1}, "l2 is -1"),
        ((GRID, np.eye(11), ONE), {"tol": 0}, "tol is 0"),
        ((russell_norvig().mdp, np.eye(11), ONE), {}, "discount is 1; .* needs a horizon"),
        ((MDP([[[1.0]]], [[0.0]], 0.9), [[1.0]], [[1.0]]), {}, "mdp has 1 action"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        maxent_irl(*arguments, **options)


def test_decisions_without_known_successors():
    bandit = MDP(np.zeros((1, 2, 1)), np.zeros((1, 2)), 0.9)
    walks = Demonstrations.from_trajectories([[(0, 0)], [(0, 1)], [(0, 1)], [(0, 1)]])
    found = maxent_irl(bandit, np.eye(2).reshape(1, 2, 2), walks)
    assert_allclose(found.policy, [[0.25, 0.75]], atol=1e-6)


def test_last_decisions_are_no_exits_where_the_model_pays():
    # State 2 ends at once, pays, and nobody was seen there: it is decided in all the same.
    p = np.zeros((3, 2, 3))
    p[0, 0, 1] = p[0, 1, 2] = 1
    features = np.zeros((3, 2, 2))
    features[1, 0, 0] = features[2, 0, 0] = features[0, 1, 1] = 1
    mdp = MDP(p, np.ones((3, 2)), 0.9)
    counts = np.array([[10.0, 0], [9, 1], [0, 0]])
    found = maxent_irl(mdp, features, counts, l2=1e-2)
    again = soft_value_iteration(mdp.with_rewards(features @ found.theta + 1e-300))
    assert_allclose(found.policy[0], again.policy[0], atol=1e-6)


def test_an_array_with_a_horizon_must_be_an_occupancy():
    mdp = random_mdp(7, 6, 3, 0.9, ending=False)
    walks = Demonstrations.sample(
        mdp, np.full((6, 3), 1 / 3), 50, max_steps=8, rng=np.random.default_rng(0)
    )
    elsewhere = occupancy(mdp, np.full((6, 3), 1 / 3), horizon=8, start=np.eye(6)[0])
    for wrong in (walks.counts(6, 3), elsewhere):
        with pytest.raises(ValueError, match=r"demonstrations\[\d\] begins .* times"):
            maxent_irl(mdp, np.ones((6, 3, 1)), wrong, horizon=8)


def test_large_models_give_the_same_answer(monkeypatch):
    world = GridWorld("\n".join(["." * 12] * 12), discount=0.9)
    walks = soft_expert(world.mdp).demonstrate(40, max_steps=20, rng=np.random.default_rng(0))
    features = np.random.default_rng(1).normal(size=(144, 3))
    direct = maxent_irl(world.mdp, features, walks, l2=0.1)
    visits = occupancy(world.mdp, direct.policy)
    for limit in ("DENSE_STATES", "DIRECT_STATES"):
        monkeypatch.setattr(_evaluation, limit, 10)
        assert_allclose(occupancy(world.mdp, direct.policy), visits, atol=1e-9)
        assert_allclose(
            maxent_irl(world.mdp, features, walks, l2=0.1).theta, direct.theta, atol=1e-5
        )
    assert_allclose(visits.sum(), 10)


def test_short_trajectories_count():
    one = Demonstrations.from_trajectories([[], [(7, 0, 4)]])
    found = maxent_irl(GRID, np.eye(11), one, l2=0.1)
    assert found.converged
    finite = maxent_irl(GRID, np.eye(11), one, horizon=1, l2=0.1)
    assert finite.policy.shape == (1, 11, 4)


def test_max_iter_is_admitted():
    walks = Demonstrations.from_trajectories([[(7, 0, 4), (4, 0, 0)]])
    with pytest.warns(UserWarning, match=r"tol is 1e-07, but after 1 iterations the gradient is"):
        found = maxent_irl(GRID, np.eye(11), walks, max_iter=1)
    assert not found.converged


def test_the_answer_does_not_depend_on_the_form_of_the_model():
    world = GridWorld("..+\n...", discount=0.9)
    walks = soft_expert(world.mdp, 0.3).demonstrate(50, rng=np.random.default_rng(3))
    given = MDP(world.mdp.transition_matrix, np.zeros((6, 4)), 0.9)
    dense, thin = (maxent_irl(m, np.eye(6), walks, l2=0.1) for m in (world.mdp, given))
    assert_allclose(dense.theta, thin.theta, atol=1e-6)
