"""Intentions: against all paths by brute force, invariants of EM, and what is known to be true."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from models import random_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    Demonstrations,
    IntentionGrid,
    boltzmann,
    empirical_mdp,
    iavi,
    iql,
    log_likelihood,
    multi_intention_iql,
    multi_intention_irl,
    value_iteration,
)
from rl_lib.inverse import _forward_backward as passes
from rl_lib.inverse._forward_backward import (
    Chain,
    expected_counts,
    filter_steps,
    most_probable,
    smooth_steps,
)


@st.composite
def hidden_chains(draw):
    """Likelihoods of ragged trajectories, some empty, and a chain."""
    lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    n_intentions = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    likelihood = rng.uniform(0.01, 1, (sum(lengths), n_intentions))
    chain = Chain(
        rng.dirichlet(np.ones(n_intentions)), rng.dirichlet(np.ones(n_intentions), n_intentions)
    )
    return likelihood, chain, np.concatenate(([0], np.cumsum(lengths)))


def joint(likelihood, chain, path):
    """p(path, actions) of one trajectory."""
    p = chain.start[path[0]]
    for before, now in pairwise(path):
        p *= chain.transition[before, now]
    return p * likelihood[np.arange(len(path)), list(path)].prod()


@pytest.mark.parametrize("compiled", [True, False])
@given(case=hidden_chains())
def test_passes_agree_with_all_paths(compiled, case):
    likelihood, chain, offsets = case
    n_intentions = len(chain.start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "COMPILED", compiled and passes.COMPILED)
        filtered, evidence = filter_steps(likelihood, chain, offsets)
        smoothed, pairs = smooth_steps(likelihood, filtered, evidence, chain, offsets)
    best = most_probable(np.log(likelihood), *map(np.log, chain), offsets)
    expected_pairs = np.zeros((n_intentions, n_intentions))
    for begin, end in pairwise(offsets):
        here = likelihood[begin:end]
        totals = [1.0]
        for t in range(1, end - begin + 1):
            paths = list(product(range(n_intentions), repeat=t))
            weights = np.array([joint(here[:t], chain, path) for path in paths])
            totals.append(weights.sum())
            last = np.array([path[-1] for path in paths])
            shares = np.bincount(last, weights, n_intentions) / weights.sum()
            assert_allclose(filtered[begin + t - 1], shares, atol=1e-12)
            assert_allclose(evidence[begin + t - 1], totals[t] / totals[t - 1], rtol=1e-12)
        if begin == end:
            continue
        for t in range(end - begin):
            at_t = np.array([path[t] for path in paths])
            shares = np.bincount(at_t, weights, n_intentions) / weights.sum()
            assert_allclose(smoothed[begin + t], shares, atol=1e-12)
        for path, weight in zip(paths, weights / weights.sum(), strict=True):
            for step in pairwise(path):
                expected_pairs[step] += weight
        assert_allclose(joint(here, chain, tuple(best[begin:end])), weights.max(), rtol=1e-12)
    assert_allclose(pairs, expected_pairs, atol=1e-12)
    # An E-step adds up the same.
    emission = np.concatenate((likelihood, np.ones((1, n_intentions))))  # and one never seen
    seen = np.arange(len(likelihood)) % max(len(likelihood) - 1, 1)  # the first one, twice
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "COMPILED", compiled and passes.COMPILED)
        expected = expected_counts(seen, emission, chain, offsets)
    filtered, evidence = filter_steps(emission[seen], chain, offsets)
    smoothed, pairs = smooth_steps(emission[seen], filtered, evidence, chain, offsets)
    counts = np.zeros(emission.shape)
    np.add.at(counts, seen, smoothed)
    begins = [smoothed[i] for i, j in pairwise(offsets) if i < j]
    assert_allclose(expected.log_likelihood, np.log(evidence).sum())
    assert_allclose(expected.counts, counts, atol=1e-12)
    assert_allclose(expected.begins, np.sum(begins, axis=0), atol=1e-12)
    assert_allclose(expected.switches, pairs, atol=1e-12)


def test_long_trajectories_do_not_underflow():
    rng = np.random.default_rng(0)
    likelihood = rng.uniform(1e-6, 1e-3, (20_000, 2))
    chain = Chain(np.array([0.5, 0.5]), np.array([[0.99, 0.01], [0.02, 0.98]]))
    filtered, evidence = filter_steps(likelihood, chain, np.array([0, 20_000]))
    smoothed, _ = smooth_steps(likelihood, filtered, evidence, chain, np.array([0, 20_000]))
    assert np.log(evidence).sum() < -100_000
    assert_allclose(smoothed.sum(axis=1), 1)


def switching(mdp, policies, transition, n, length, seed=0):
    """Demonstrations of an agent that switches policies, and the true intentions."""
    rng = np.random.default_rng(seed)
    following = mdp.to_dense().transitions if mdp.is_sparse else mdp.transitions
    trajectories, intentions = [], []
    for _ in range(n):
        state, z, steps = rng.integers(mdp.n_states), rng.integers(len(policies)), []
        for _ in range(length):
            action = rng.choice(mdp.n_actions, p=policies[z][state])
            steps.append((state, action))
            intentions.append(z)
            state = rng.choice(mdp.n_states, p=following[state, action])
            z = rng.choice(len(policies), p=transition[z])
        trajectories.append(steps)
    return Demonstrations.from_trajectories(trajectories), np.array(intentions)


def world(n_states=4, n_actions=3, seed=0):
    """Random dynamics without endings, and two agents with rewards that differ."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_states), (n_states, n_actions))
    mdp = MDP(p, np.zeros((n_states, n_actions)), 0.8)
    rewards = rng.normal(size=(2, n_states, n_actions)) * 2
    policies = [boltzmann(value_iteration(mdp.with_rewards(r), tol=1e-10).q) for r in rewards]
    return mdp, np.stack(policies)


STICKY = np.array([[0.95, 0.05], [0.1, 0.9]])


def test_what_was_simulated_comes_back():
    mdp, policies = world()
    walks, intentions = switching(mdp, policies, STICKY, 200, 200)
    found = multi_intention_irl(mdp, walks, 2, rng=np.random.default_rng(0))
    assert found.converged
    assert_allclose(found.policy, policies, atol=0.06)  # the first is the commoner one
    assert_allclose(found.transition, STICKY, atol=0.02)
    for z in range(2):
        assert_allclose(found.reward[z], iavi(mdp, policies[z]).reward, atol=0.5)
        assert_allclose(found.policy[z], boltzmann(value_iteration(
            mdp.with_rewards(found.reward[z]), tol=1e-12).q), atol=1e-8)  # fmt: skip
    # An oracle that knows everything is hardly better.
    oracle = found._replace(policy=policies, transition=STICKY)
    for infer in ("predicted", "filtered", "smoothed"):
        right, best = (
            (getattr(model, infer)(walks).argmax(axis=1) == intentions).mean()
            for model in (found, oracle)
        )
        assert best - 0.01 < right <= best + 0.005
    path = found.most_probable(walks)
    assert abs((path == intentions).mean() - right) < 0.02


def test_predictions_do_not_see_what_comes():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 3, 50)
    found = multi_intention_irl(mdp, walks, 2, restarts=1, rng=np.random.default_rng(0))
    changed = walks.actions.copy()
    changed[30:50] = (changed[30:50] + 1) % 3
    other = Demonstrations(
        walks.states, changed, walks.next_states, walks.offsets, walks.terminated
    )
    for infer, last in (("predicted", 31), ("filtered", 30)):
        before, after = (getattr(found, infer)(each) for each in (walks, other))
        assert_array_equal(before[:last], after[:last])
        assert (before[last : last + 5] != after[last : last + 5]).all()
        assert_array_equal(before[50:], after[50:])  # another trajectory
    steps = found.log_probabilities(walks)
    assert_array_equal(steps[:30], found.log_probabilities(other)[:30])
    # p(a_t | past) is the mixture that was predicted.
    chance = (found.predicted(walks) * found.policy[:, walks.states, walks.actions].T).sum(axis=1)
    assert_allclose(np.exp(steps), chance)
    assert_allclose(found.predictive_log_likelihood(walks), steps.mean())
    assert_allclose(found.log_likelihood, steps.mean(), atol=1e-4)


@given(
    st.integers(0, 2**32),
    st.integers(1, 3),
    st.sampled_from([0.05, 0.5, 3]),
    st.sampled_from([0.0, 1.0]),
)
def test_no_iteration_lowers_the_objective(seed, n_intentions, smoothing, chain_smoothing):
    mdp, policies = world(3, 2, seed)
    walks, _ = switching(mdp, policies, STICKY, 4, 15, seed)
    found = multi_intention_irl(
        mdp, walks, n_intentions, smoothing=smoothing, chain_smoothing=chain_smoothing,
        restarts=1, tol=1e-9, max_iter=5_000, rng=np.random.default_rng(seed),
    )  # fmt: skip
    assert (np.diff(found.objective) >= -1e-9 * np.abs(found.objective[1:])).all()
    for part in (found.policy, found.transition, found.start):
        assert_allclose(part.sum(axis=-1), 1)
        assert (part >= 0).all()
    assert np.isfinite(found.reward).all()


def test_one_intention_is_the_counted_policy():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 10, 30)
    found = multi_intention_irl(mdp, walks, 1, rng=np.random.default_rng(0))
    assert_allclose(found.policy[0], walks.policy(4, 3, smoothing=0.5))
    assert_allclose(found.reward[0], iavi(mdp, walks.policy(4, 3)).reward)
    assert_allclose(found.log_likelihood, log_likelihood(walks, found.policy[0]))
    assert found.n_iter == 2


def test_more_intentions_than_the_recordings_carry():
    mdp, policies = world()
    walks, _ = switching(mdp, policies[:1], np.eye(1), 2, 5)
    with np.errstate(all="raise"):
        found = multi_intention_irl(mdp, walks, 6, rng=np.random.default_rng(0))
    assert np.isfinite(found.policy).all()
    assert np.isfinite(found.reward).all()
    assert (found.transition > 0).all()


def test_states_never_visited_and_empty_trajectories():
    mdp = random_mdp(0, 5, 2, 0.9)
    steps = [[(0, 0), (1, 1), (0, 1)], [], [(1, 0)]]
    walks = Demonstrations.from_trajectories(steps)
    full = Demonstrations.from_trajectories([steps[0], steps[2]])
    found, same = (
        multi_intention_irl(mdp, each, 2, rng=np.random.default_rng(0)) for each in (walks, full)
    )
    assert_allclose(found.policy[:, 2:], 0.5)
    assert_allclose(found.policy, same.policy)
    assert_allclose(found.predicted(walks)[[0, 3]], [found.start, found.start])


def test_criteria_count_what_was_observed():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 4, 30)
    found = multi_intention_irl(mdp, walks, 2, restarts=1, rng=np.random.default_rng(0))
    log_likelihood_of_all = found.log_probabilities(walks).sum()
    free = ((walks.counts(4, 3) > 0).sum(axis=1) - 1).sum()
    for observed, rows in ((True, free), (False, 8)):
        parameters = 2 * rows + 3  # one row of Λ each, and ρ
        assert_allclose(
            found.bic(walks, observed=observed),
            -2 * log_likelihood_of_all + parameters * np.log(120),
        )


def test_labels_can_be_made_alike():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 20, 100)
    found = multi_intention_irl(mdp, walks, 2, restarts=1, rng=np.random.default_rng(0))
    swapped = found.relabelled([1, 0])
    assert_array_equal(swapped.transition[0, 1], found.transition[1, 0])
    again = swapped.like(found)
    for ours, theirs in zip(again, found, strict=True):
        assert_array_equal(ours, theirs)
    assert_allclose(swapped.log_probabilities(walks), found.log_probabilities(walks))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_intentions": 0}, "n_intentions is 0"),
        ({"smoothing": 0}, r"smoothing is 0; it must lie in \(0"),
        ({"chain_smoothing": -1}, "chain_smoothing is -1"),
        ({"restarts": 0}, "restarts is 0"),
        ({"tol": 0}, "tol is 0"),
        ({"max_iter": 0}, "max_iter is 0"),
        ({"rng": 1}, "rng is 1"),
        ({"demonstrations": Demonstrations.from_trajectories([[(9, 0)]])}, r"states\[0\] .* is 9"),
        ({"demonstrations": Demonstrations.from_trajectories([[]])}, "holds no step"),
    ],
)
def test_bad_input_is_named(change, message):
    options = {
        "demonstrations": Demonstrations.from_trajectories([[(0, 0)]]),
        "n_intentions": 2,
        "rng": np.random.default_rng(0),
    }
    with pytest.raises((ValueError, TypeError), match=message):
        multi_intention_irl(world()[0], **(options | change))


def test_stopping_early_is_said():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 4, 30)
    with pytest.warns(UserWarning, match="not converged after 2 iterations"):
        found = multi_intention_irl(mdp, walks, 2, max_iter=2, rng=np.random.default_rng(0))
    assert (found.converged, found.n_iter) == (False, 2)


def test_switches_that_never_happen_are_no_trouble():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 3, 20)
    found = multi_intention_irl(mdp, walks, 2, restarts=1, rng=np.random.default_rng(0))
    apart = found._replace(transition=np.eye(2), start=np.array([1.0, 0.0]))
    assert_array_equal(apart.most_probable(walks), 0)
    assert_array_equal(apart.smoothed(walks)[:, 0], 1)


def test_the_most_likely_beginning_goes_on():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 4, 40)
    found = multi_intention_irl(mdp, walks, 3, restarts=5, rng=np.random.default_rng(0))
    assert len(found.restarts) == 5
    assert len(set(found.restarts)) == 5
    assert found.log_likelihood > found.restarts.max() - 1e-6
    assert_allclose(found.predictive_log_likelihood(walks), found.log_likelihood)
    assert len(found.objective) == found.n_iter > 30
    assert found.converged
    gains = np.diff(found.objective)
    assert (gains > -1e-8).all()
    assert gains.min() >= 1e-6 * walks.n_steps or gains.argmin() == len(gains) - 1
    assert (np.abs(gains[28:31]) > 0).all()  # no iteration is told twice
    share = found.smoothed(walks).mean(axis=0)
    assert (np.diff(share) <= 0).all()


def centred(reward):
    return reward - reward.mean(axis=-1, keepdims=True)


def test_samples_give_the_rewards_of_the_closed_form():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 100, 200)
    sampled = multi_intention_iql(walks, 4, 3, 2, 0.8, rng=np.random.default_rng(0))
    known, counted = (
        multi_intention_irl(model, walks, 2, rng=np.random.default_rng(0))
        for model in (mdp, empirical_mdp(walks, 4, 3, 0.8))
    )
    for name in ("policy", "transition", "start", "objective", "restarts", "log_likelihood"):
        assert_array_equal(getattr(sampled, name), getattr(known, name))
    assert_allclose(sampled.reward, centred(counted.reward), atol=1e-3)
    assert np.corrcoef(centred(known.reward).ravel(), sampled.reward.ravel())[0, 1] > 0.99
    assert sampled.state_reward is None
    assert sampled.relabelled([1, 0]).like(sampled).state_reward is None


def test_samples_and_the_closed_form_in_the_grid_of_two_intentions():
    grid = IntentionGrid()
    experts = [
        boltzmann(value_iteration(grid.mdp.with_rewards(5 * r), tol=1e-9).q) for r in grid.rewards
    ]
    walks = Demonstrations(*grid.simulate(1_024, experts, rng=np.random.default_rng(0)).steps)
    sampled = multi_intention_iql(walks, 25, 5, 2, 0.9, epochs=50, rng=np.random.default_rng(0))
    # Nothing was recorded in the goal: to both kinds of samples, episodes end there.
    transitions = grid.mdp.transitions.copy()
    transitions[grid.goal] = 0
    known = MDP(transitions, np.zeros((25, 5)), 0.9)
    for mdp, least in ((empirical_mdp(walks, 25, 5, 0.9), 0.9999), (known, 0.95)):
        closed = multi_intention_irl(mdp, walks, 2, rng=np.random.default_rng(0)).reward
        rewards = (np.delete(each, grid.goal, axis=1).ravel() for each in (sampled.reward, closed))
        assert np.corrcoef(*rewards)[0, 1] > least


def test_one_intention_from_samples_is_inverse_q_learning():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 20, 100)
    found = multi_intention_iql(walks, 4, 3, 1, 0.8, epochs=20, rng=np.random.default_rng(0))
    alone = iql(walks, 4, 3, 0.8, epochs=20, rng=np.random.default_rng(0))
    # It counts while it looks for the first time; then both explain the same behaviour.
    assert_allclose(found.reward[0], centred(alone.reward), atol=0.01)


@pytest.mark.parametrize("chain_smoothing", [0.0, 1.0])
@pytest.mark.parametrize("k", [1, 2, 8])
@pytest.mark.parametrize(
    "steps",
    [
        [[(0, 0)]],
        [[], [(1, 1)], []],
        [[(0, 0)] * 300],  # one action, always: all intentions but one die out
        [[(0, 0), (1, 0)] * 50, [(0, 0)]],  # actions that nobody has seen, and states
        [[(0, t % 2) for t in range(200)]],  # each step another
    ],
)
def test_nothing_becomes_nan(steps, k, chain_smoothing):
    mdp = random_mdp(0, 5, 2, 0.9)
    walks = Demonstrations.from_trajectories(steps)
    options = {"restarts": 2, "chain_smoothing": chain_smoothing, "smoothing": 1e-3}
    with np.errstate(all="raise", under="ignore"):
        known = multi_intention_irl(mdp, walks, k, **options, rng=np.random.default_rng(0))
        sampled = multi_intention_iql(
            walks, 5, 2, k, 0.9, **options, epochs=3, rng=np.random.default_rng(0)
        )
        elsewhere = Demonstrations.from_trajectories([[(4, 1), (0, 1), (3, 0)], []])
        for found in (known, sampled):
            for part in (found.policy, found.transition, found.start):
                assert_allclose(part.sum(axis=-1), 1)
                assert (part >= 0).all()
            parts = [found.reward, found.objective, found.log_likelihood]
            for asked in (walks, elsewhere):
                posteriors = found.filtered(asked), found.smoothed(asked), found.predicted(asked)
                for posterior in posteriors:
                    assert_allclose(posterior.sum(axis=1), 1)
                parts += [found.log_probabilities(asked), found.bic(asked)]
                assert set(found.most_probable(asked)) <= set(range(k))
            assert all(np.isfinite(part).all() for part in parts)


def test_no_steps_at_all_are_asked_of_a_model():
    mdp, policies = world()
    walks, _ = switching(mdp, policies, STICKY, 3, 20)
    found = multi_intention_irl(mdp, walks, 2, restarts=1, rng=np.random.default_rng(0))
    nothing = Demonstrations.from_trajectories([[], []])
    assert found.smoothed(nothing).shape == found.predicted(nothing).shape == (0, 2)
    assert len(found.most_probable(nothing)) == 0
    with pytest.raises(ValueError, match="holds no step"):
        found.predictive_log_likelihood(nothing)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_intentions": 1.5}, "n_intentions is 1.5"),
        ({"n_states": 0}, "n_states is 0"),
        ({"n_actions": 1}, "n_actions is 1; it must be at least 2"),
        ({"discount": 1}, "discount is 1; it must be below 1"),
        ({"epochs": 0}, "epochs is 0"),
        ({"smoothing": 0}, "smoothing is 0"),
        ({"rng": None}, "rng is None"),
        ({"demonstrations": Demonstrations.from_trajectories([[(9, 0)]])}, r"states\[0\] .* is 9"),
        ({"demonstrations": Demonstrations.from_trajectories([])}, "holds no step"),
        ({"demonstrations": [[(0, 0)]]}, "it must be a Demonstrations"),
    ],
)
def test_bad_input_without_a_model_is_named(change, message):
    options = {
        "demonstrations": Demonstrations.from_trajectories([[(0, 0)]]),
        "n_states": 2,
        "n_actions": 2,
        "n_intentions": 2,
        "discount": 0.9,
        "rng": np.random.default_rng(0),
    }
    with pytest.raises((ValueError, TypeError), match=message):
        multi_intention_iql(**(options | change))
