"""Deep maximum entropy: its gradient, the linear case, and what a network can say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rl_lib import MDP, Demonstrations, deep_maxent_irl, maxent_irl, soft_expert
from rl_lib.inverse import deep_maxent as module


@pytest.fixture
def world():
    rng = np.random.default_rng(0)
    return MDP(rng.dirichlet(np.full(6, 0.3), size=(6, 3)), np.zeros((6, 3)), 0.8)


def shown(world, reward, n=400):
    rewards = np.repeat(np.asarray(reward, dtype=float)[:, None], world.n_actions, axis=1)
    expert = soft_expert(world.with_rewards(rewards))
    return expert, expert.demonstrate(n, max_steps=10, rng=np.random.default_rng(1))


def test_the_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(5, 3)), rng.normal(size=5)
    layers = [(rng.normal(size=(3, 4)), rng.normal(size=4)), (rng.normal(size=(4, 1)), np.ones(1))]
    theta = module._packed(layers)

    def total(theta):
        return weight @ module._forward(module._unpacked(theta, layers), x)[0]

    _, seen = module._forward(layers, x)
    found = module._backward(layers, seen, weight)
    steps = 1e-6 * np.eye(len(theta))
    numerical = [(total(theta + step) - total(theta - step)) / 2e-6 for step in steps]
    assert_allclose(found, numerical, atol=1e-8)


def test_without_hidden_layers_it_is_the_linear_method(world):
    rng = np.random.default_rng(2)
    features = rng.normal(size=(6, 2))
    _, walks = shown(world, features @ [1.0, -0.5])
    network = deep_maxent_irl(world, features, walks, hidden=(), l2=0, rng=rng)
    linear = maxent_irl(world, features, walks)
    assert network.converged
    assert_allclose(network.log_likelihood, linear.log_likelihood, rtol=1e-6)
    assert_allclose(network.policy, linear.policy, atol=2e-3)


def test_a_product_that_no_sum_can_say(world):
    """Paid where exactly one of two features is there."""
    features = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0, 0], [1, 1]], dtype=float)
    reward = 2 * (features.sum(axis=1) == 1)
    expert, walks = shown(world, reward)
    network = deep_maxent_irl(world, features, walks, l2=0.01, rng=np.random.default_rng(0))
    linear = maxent_irl(world, features, walks)
    assert np.abs(network.policy - expert.policy).max() < 0.05
    assert np.abs(linear.policy - expert.policy).max() > 0.1
    assert_allclose(network.reward_of(features), network.state_reward)
    assert_allclose(network.reward, np.repeat(network.state_reward[:, None], 3, axis=1))
    both = network.reward_of([[0.0, 1.0], [0.0, 0.0]])
    assert_allclose(both[0] - both[1], 2, atol=0.3)


def test_what_cannot_be_right_is_refused(world):
    walks = Demonstrations.from_trajectories([[(0, 0, 1)]])
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"features has shape \(5, 2\); it must have shape \(6, F"):
        deep_maxent_irl(world, np.ones((5, 2)), walks, rng=rng)
    bad = np.ones((6, 2))
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"features\[3, 1\] is nan"):
        deep_maxent_irl(world, bad, walks, rng=rng)
    with pytest.raises(ValueError, match="hidden is 0; it must be at least 1"):
        deep_maxent_irl(world, np.eye(6), walks, hidden=(0,), rng=rng)
    with pytest.raises(TypeError, match="rng is 3"):
        deep_maxent_irl(world, np.eye(6), walks, rng=3)
