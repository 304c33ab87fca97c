"""Actions that do not exist everywhere: rewards and intentions look at what does."""

import numpy as np
import pytest
from models import random_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    Demonstrations,
    Labyrinth,
    anchored_reward,
    boltzmann,
    iavi,
    multi_intention_irl,
    state_reward,
)


def missing(mdp, rng):
    """A mask that leaves the first action everywhere, and some states without another choice."""
    exists = rng.random((mdp.n_states, mdp.n_actions)) < 0.6
    exists[:, 0] = True
    exists[-1, 1:] = False
    return exists


def expert(mdp, rewards, exists):
    """Boltzmann-optimal where what does not exist pays minus infinity, by plain iteration."""
    p, v = mdp.to_dense().transitions, np.zeros(mdp.n_states)
    for _ in range(2_000):
        q = np.where(exists, rewards + mdp.discount * p @ v, -np.inf)
        v = q.max(axis=1)
    odds = np.exp(q - v[:, None])
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.fixture(params=range(5))
def world(request):
    rng = np.random.default_rng(request.param)
    mdp = random_mdp(rng, 12, 4, 0.9)
    return mdp, missing(mdp, rng), rng


def test_every_gauge_explains_what_is_possible(world):
    mdp, exists, rng = world
    policy = expert(mdp, rng.normal(size=exists.shape), exists)
    for found in (
        iavi(mdp, policy, possible=exists),
        anchored_reward(mdp, policy, 0, possible=exists),
    ):
        assert_array_equal(found.reward == -np.inf, ~exists)
        assert_allclose(boltzmann(np.where(exists, found.q, -1e9)), policy, atol=1e-12)
        again = expert(mdp, np.where(exists, found.reward, 0.0), exists)
        assert_allclose(again, policy, atol=1e-9)


def test_the_gauges_hold_over_what_is_possible(world):
    mdp, exists, rng = world
    policy = expert(mdp, rng.normal(size=exists.shape), exists)
    zero = iavi(mdp, policy, possible=exists)
    assert_allclose(np.where(exists, zero.reward, 0).sum(axis=1), 0, atol=1e-9)
    assert_allclose(zero.state_reward, 0, atol=1e-9)
    assert_allclose(anchored_reward(mdp, policy, 0, possible=exists).reward[:, 0], 0, atol=1e-9)


def test_the_true_anchor_gives_the_true_reward(world):
    mdp, exists, rng = world
    truth = rng.normal(size=exists.shape)
    truth[:, 0] = 0
    found = anchored_reward(mdp, expert(mdp, truth, exists), 0, possible=exists)
    assert_allclose(found.reward[exists], truth[exists], atol=1e-9)


def test_a_reward_of_states_comes_back(world):
    mdp, exists, rng = world
    truth = rng.normal(size=mdp.n_states)
    policy = expert(mdp, np.repeat(truth[:, None], mdp.n_actions, axis=1), exists)
    found = state_reward(mdp, policy, possible=exists)
    assert found.converged
    known = ~found.undetermined
    assert known.sum() >= mdp.n_states - 3
    apart = (found.state_reward - truth)[known]
    assert_allclose(apart, apart[0], atol=1e-6)


def test_all_possible_is_the_default(world):
    mdp, exists, rng = world
    policy = boltzmann(rng.normal(size=exists.shape))
    everything = np.ones_like(exists)
    for method in (iavi, state_reward):
        plain, told = method(mdp, policy), method(mdp, policy, possible=everything)
        assert_array_equal(plain.reward, told.reward)


def test_in_a_tree_any_behaviour_has_a_reward_of_states():
    maze = Labyrinth("swirl")
    exists = maze.possible.copy()
    exists[maze.home, 3] = True  # out of the maze, and in again
    rng = np.random.default_rng(0)
    policy = np.where(exists, rng.random(exists.shape) + 0.1, 0)
    policy /= policy.sum(axis=1, keepdims=True)
    found = state_reward(maze.mdp, policy, possible=exists)
    assert found.converged
    assert not found.undetermined.any()
    rewards = np.repeat(found.state_reward[:, None], 4, axis=1)
    assert_allclose(expert(maze.mdp, rewards, exists), policy, atol=1e-6)


@pytest.mark.parametrize(
    ("possible", "policy", "message"),
    [
        ([[True, False]], [[0.5, 0.5]], r"policy\[0, 1\] is 0.5; it is impossible"),
        ([[True, True]], [[1.0, 0.0]], r"policy\[0, 1\] is 0; every action"),
        ([[False, False]], [[0.5, 0.5]], r"possible\[0\] has no action"),
        ([[1, 0]], [[0.5, 0.5]], "possible is"),
        ([True, False], [[0.5, 0.5]], "possible is"),
    ],
)
def test_what_contradicts_itself_is_refused(possible, policy, message):
    mdp = MDP([[[0.5], [0.5]]], np.zeros((1, 2)), 0.9)
    with pytest.raises((ValueError, TypeError), match=message):
        iavi(mdp, policy, possible=possible)


def test_an_anchor_has_to_exist():
    mdp = MDP([[[0.5], [0.5]]], np.zeros((1, 2)), 0.9)
    with pytest.raises(ValueError, match=r"action is 1; it must be possible in state 0"):
        anchored_reward(mdp, [[1.0, 0.0]], 1, possible=[[True, False]])


def test_intentions_never_do_what_is_impossible():
    maze, rng = Labyrinth("swirl"), np.random.default_rng(0)
    exists = maze.possible
    policy = exists / exists.sum(axis=1, keepdims=True)
    walks = Demonstrations.sample(maze.mdp, policy, 20, max_steps=60, rng=rng)
    found = multi_intention_irl(maze.mdp, walks, 2, possible=exists, restarts=2, rng=rng)
    assert_array_equal(found.policy > 0, np.broadcast_to(exists, found.policy.shape))
    assert (np.diff(found.objective) >= -1e-9).all()
    assert_array_equal(np.isfinite(found.reward), np.broadcast_to(exists, found.policy.shape))
    assert np.isfinite(found.state_reward).all()
    stays = Demonstrations.from_trajectories([[(0, 3)]])
    with pytest.raises(ValueError, match=r"actions\[0\] is impossible"):
        found.predictive_log_likelihood(stays)
    with pytest.raises(ValueError, match=r"actions\[0\] is impossible"):
        multi_intention_irl(maze.mdp, stays, 2, possible=exists, rng=rng)
