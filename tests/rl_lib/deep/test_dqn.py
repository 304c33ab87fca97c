"""The updates beside the same ones in NumPy, and a small world whose values are known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("jax", reason="jax (the extra deep) is not installed")
pytest.importorskip("optax", reason="optax (the extra deep) is not installed")

from rl_lib.deep.dqn import Memory, learn, new_learner, numpy_layers, values


def test_the_memory_forgets_the_oldest():
    memory = Memory(5, 1)
    for start in (0, 3, 6):
        rows = np.arange(start, start + 3, dtype=np.float32)
        memory.add(rows[:, None], rows, rows, rows[:, None] + 1)
    assert memory.size == 5
    assert sorted(memory.rewards) == [4, 5, 6, 7, 8]
    assert_allclose(memory.next_observations[:, 0], memory.observations[:, 0] + 1)
    assert_allclose(memory.observations[:, 0], memory.actions)


def test_one_update_is_that_of_the_equation():
    """From the loss's slope by finite differences; Adam's first step is its sign."""
    memory = Memory(1, 2)
    memory.add(np.array([[0.3, -0.7]]), [1], [0.5], np.array([[-0.2, 0.9]]))
    start = new_learner((2, 3), 4)
    ((weights, biases),) = start.layers
    here, there = np.array([0.3, -0.7]) @ weights, np.array([-0.2, 0.9]) @ weights
    aim = 0.5 + 0.8 * there[there.argmax()]
    error = here[1] - aim
    after, loss = learn(
        start, memory, 1, discount=0.8, rng=np.random.default_rng(0), batch=1,
        learning_rate=0.01, tau=0.25,
    )  # fmt: skip
    assert loss == pytest.approx(error**2, rel=1e-4)
    ((moved, shifted),) = after.layers
    change = np.zeros((2, 3))
    change[:, 1] = -0.01 * np.sign(2 * error * np.array([0.3, -0.7]))
    assert_allclose(moved - weights, change, atol=1e-5)
    assert_allclose(shifted - biases, [0, -0.01 * np.sign(error), 0], atol=1e-5)
    ((copy, _),) = numpy_layers(after)
    assert_allclose(copy - weights, 0.25 * change, atol=1e-5)


def test_the_copy_judges_what_the_network_chooses():
    """Double: with a network and a copy that disagree, the choice is the network's."""
    memory = Memory(1, 1)
    memory.add(np.ones((1, 1)), [0], [0.0], np.ones((1, 1)))
    start = new_learner((1, 2), 0)
    network = ((np.array([[1.0, 2.0]], np.float32), np.zeros(2, np.float32)),)
    copy = ((np.array([[7.0, 5.0]], np.float32), np.zeros(2, np.float32)),)
    _, loss = learn(
        start._replace(layers=network, target=copy), memory, 1, discount=1.0,
        rng=np.random.default_rng(0), batch=1,
    )  # fmt: skip
    assert loss == pytest.approx((1 - 5) ** 2)


def test_a_walk_on_a_ring_is_learned():
    """Five places; going right from the last one pays 1. One-hot features, known values."""
    states, actions = np.divmod(np.arange(10), 2)
    following = (states + np.where(actions == 1, 1, -1)) % 5
    rewards = ((states == 4) & (actions == 1)).astype(float)
    q = np.zeros((5, 2))
    for _ in range(200):
        q = (rewards + 0.8 * q.max(axis=1)[following]).reshape(5, 2)
    memory = Memory(10, 5)
    memory.add(np.eye(5)[states], actions, rewards, np.eye(5)[following])
    learner, _ = learn(
        new_learner((5, 32, 2), 0), memory, 6000, discount=0.8, rng=np.random.default_rng(0),
        learning_rate=1e-3, tau=0.02,
    )  # fmt: skip
    assert_allclose(values(numpy_layers(learner), np.eye(5)), q, atol=0.03)
