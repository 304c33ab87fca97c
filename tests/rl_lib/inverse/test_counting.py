"""Counts of where one came from, against counts by hand; and memory as part of the state."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from models import FORMS, random_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Demonstrations, counting, remember

STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=6)


def by_hand(seen, asked, memory, concentration):
    """The same, from dictionaries."""
    counts: dict = {}
    for walk in seen:
        for t, (_, action) in enumerate(walk):
            for order in range(memory + 1):
                context = tuple(walk[k][0] if k >= 0 else None for k in range(t - order, t + 1))
                counts.setdefault(context, np.zeros(2))[action] += 1
    rows = []
    for walk in asked:
        for t in range(len(walk)):
            policy = np.full(2, 0.5)
            for order in range(memory + 1):
                context = tuple(walk[k][0] if k >= 0 else None for k in range(t - order, t + 1))
                n = counts.get(context, np.zeros(2))
                policy = (n + concentration * policy) / (n.sum() + concentration)
            rows.append(policy)
    return np.array(rows).reshape(-1, 2)


@given(
    st.lists(STEPS, min_size=1, max_size=5).filter(any),
    st.lists(STEPS, max_size=5),
    st.integers(0, 3),
    st.sampled_from([0.5, 1.0, 10.0]),
)
def test_counts_are_those_made_by_hand(seen, asked, memory, concentration):
    model = counting(
        Demonstrations.from_trajectories(seen), 3, 2, memory=memory, concentration=concentration
    )
    found = model.policies(Demonstrations.from_trajectories(asked))
    assert_allclose(found, by_hand(seen, asked, memory, concentration))
    assert (found > 0).all()  # what was never done, and where nobody was, too
    assert np.isfinite(model.log_probabilities(Demonstrations.from_trajectories(asked))).all()


def test_time_in_place_of_memory():
    seen = Demonstrations.from_trajectories([[(0, 0), (0, 1), (0, 0)]] * 50)
    model = counting(seen, 1, 2, by_time=True)
    assert_array_equal(model.policies(seen)[:3].argmax(axis=1), [0, 1, 0])
    assert model.predictive_log_likelihood(seen) > -0.02
    later = Demonstrations.from_trajectories([[(0, 0)] * 4])  # a time never seen
    assert_allclose(model.policies(later)[3], counting(seen, 1, 2).policies(later)[3])


def test_what_cannot_be_counted_is_named():
    walk = Demonstrations.from_trajectories([[(0, 0), (2, 1)]])
    with pytest.raises(ValueError, match="holds no step"):
        counting(Demonstrations.from_trajectories([]), 3, 2)
    with pytest.raises(ValueError, match=r"states\[1\] .* is 2; it must be below 2"):
        counting(walk, 2, 2)
    with pytest.raises(ValueError, match="memory is 40; with 3 states it must be smaller"):
        counting(walk, 3, 2, memory=40)
    with pytest.raises(ValueError, match="memory is 2; with by_time it must be 0"):
        counting(walk, 3, 2, memory=2, by_time=True)
    with pytest.raises(ValueError, match="concentration is 0"):
        counting(walk, 3, 2, concentration=0)
    with pytest.raises(ValueError, match=r"actions\[0\] .* is 7"):
        counting(walk, 3, 2).policies(Demonstrations.from_trajectories([[(0, 7)]]))


@pytest.mark.parametrize("form", FORMS)
def test_pairs_of_states_move_as_the_states_do(form):
    mdp = random_mdp(1, 4, 3, 0.9, form=form)
    pairs = remember(mdp)
    rows = pairs.mdp.transition_matrix.tocoo()
    state, action = rows.row // 3, rows.row % 3
    assert_array_equal(pairs.previous[rows.col], pairs.state[state])
    matrix = mdp.transition_matrix.tocsr()
    expected = matrix[pairs.state[state] * 3 + action, pairs.state[rows.col]]
    assert_allclose(rows.data, np.asarray(expected).ravel())
    assert_allclose(pairs.mdp.end_probability, mdp.end_probability[pairs.state])
    assert_allclose(pairs.mdp.start.sum(), 1)
    policy = np.random.default_rng(0).dirichlet(np.ones(3), 4)
    walks = Demonstrations.sample(mdp, policy, 20, max_steps=9, rng=np.random.default_rng(1))
    told = pairs.demonstrations(walks)
    assert_array_equal(pairs.state[told.states], walks.states)
    told.check(pairs.mdp)
    begins = walks.offsets[:-1][walks.lengths > 0]
    assert (pairs.previous[told.states[begins]] == -1).all()
    inner = np.setdiff1d(np.arange(walks.n_steps), begins)
    assert_array_equal(pairs.previous[told.states[inner]], walks.states[inner - 1])


def test_one_step_of_memory_is_a_count_of_pairs():
    mdp = random_mdp(1, 4, 3, 0.9)
    policy = np.random.default_rng(0).dirichlet(np.ones(3), 4)
    walks = Demonstrations.sample(mdp, policy, 200, max_steps=9, rng=np.random.default_rng(1))
    pairs = remember(mdp)
    told = pairs.demonstrations(walks)
    smoothed = told.policy(pairs.mdp.n_states, 3, smoothing=0.5)[told.states]
    counted = counting(walks, 4, 3, memory=1, concentration=1e-9).policies(walks)
    plain = told.policy(pairs.mdp.n_states, 3, smoothing=0)[told.states]
    assert_allclose(counted, plain, atol=1e-6)
    assert np.abs(smoothed - plain).max() > 0


def test_impossible_steps_are_named():
    mdp = random_mdp(1, 4, 3, 0.9)
    p = np.zeros((3, 1, 3))
    p[[0, 1, 2], 0, [1, 2, 0]] = 1
    pairs = remember(type(mdp)(p, np.zeros((3, 1)), 0.9))
    with pytest.raises(ValueError, match=r"states\[1\] is 2 after 0, which is impossible"):
        pairs.demonstrations(Demonstrations.from_trajectories([[(0, 0), (2, 0)]]))
    with pytest.raises(ValueError, match=r"states\[0\] .* is 5; it must be below 3"):
        pairs.demonstrations(Demonstrations.from_trajectories([[(5, 0)]]))
