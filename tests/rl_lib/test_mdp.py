import copy
import pickle

import gymnasium
import numpy as np
import pytest
from hypothesis import given, strategies as st
from models import FORMS, mdps, random_mdp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from rl_lib import MDP, evaluate_policy, value_iteration

ONE = [[[1.0]]]


@given(mdps, st.integers(0, 2**32))
def test_rewards_are_the_mean_of_the_outcomes(mdp, seed):
    v = np.random.default_rng(seed).normal(size=mdp.n_states)
    v[mdp.terminal] = 0
    q = mdp.action_values(v)
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            p, s2, r, over = mdp.outcomes(s, a)
            assert_allclose(p.sum(), 1)
            assert_allclose(p @ r, mdp.rewards[s, a], atol=1e-9)
            assert_allclose(p @ (r + mdp.discount * v[s2] * ~over), q[s, a], atol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_dense_and_sparse_say_the_same(form):
    kind = form.split()[0]
    dense, thin = (random_mdp(3, 6, 3, 0.9, form=kind + end) for end in ("", " sparse"))
    assert thin.is_sparse
    assert not dense.is_sparse
    assert_allclose(thin.rewards, dense.rewards)
    assert_allclose(thin.transitions.toarray(), dense.transitions.reshape(18, 6))
    assert_allclose(thin.action_values(np.arange(6.0)), dense.action_values(np.arange(6.0)))
    for ours, other in zip(dense.outcomes(2, 1), thin.outcomes(2, 1), strict=True):
        assert_allclose(ours, other)
    assert_allclose(thin.to_dense().transitions, dense.transitions)


def test_sparse_rewards_need_not_have_the_structure_of_the_transitions():
    p = sparse.csr_array([[0.0, 1.0], [0.5, 0.5]])
    r = sparse.csr_array([[7.0, 2.0], [0.0, 4.0]])  # 7 belongs to an outcome that cannot happen
    assert_allclose(MDP(p, r, 0.9).rewards, [[2], [2]])
    assert_allclose(MDP(p.toarray().reshape(2, 1, 2), r, 0.9).rewards, [[2], [2]])
    assert_allclose(MDP(p, r.toarray().reshape(2, 1, 2), 0.9).rewards, [[2], [2]])


def test_two_outcomes_may_reach_one_state_with_different_rewards():
    p = sparse.csr_array(([0.25, 0.75], [0, 0], [0, 2]), shape=(1, 1))
    r = sparse.csr_array(([4.0, 8.0], [0, 0], [0, 2]), shape=(1, 1))
    for mdp in (MDP(p, r, 0.5), MDP(p, r, 0.5).to_dense()):
        assert_allclose(mdp.rewards, [[7]])
        assert_allclose(mdp.outcomes(0, 0).reward, [4, 8])


def test_an_ending_pays_what_the_last_column_says():
    mdp = MDP([[[0.5]]], [[[1.0, 9.0]]], 1.0)
    assert_allclose(mdp.rewards, [[5]])
    assert_array_equal(mdp.outcomes(0, 0).terminated, [False, True])
    assert_array_equal(mdp.outcomes(0, 0).next_state, [0, 0])
    assert_allclose(mdp.outcomes(0, 0).reward, [1, 9])


def test_terminal_states_have_empty_rows_and_pay_nothing():
    p = np.zeros((3, 1, 3))
    p[0, 0, 1] = 1
    mdp = MDP(p, [[0.0], [0.0], [5.0]], 1.0)
    assert_array_equal(mdp.terminal, [False, True, False])
    assert_allclose(mdp.start, [0.5, 0, 0.5])
    assert_array_equal(mdp.outcomes(0, 0).terminated, [True])


def test_a_model_is_frozen():
    p, r = np.ones((1, 1, 1)), np.ones((1, 1))
    mdp = MDP(p, r, 0.5)
    p[:] = 0
    r[:] = 0
    assert mdp.transitions.item() == mdp.rewards.item() == 1
    with pytest.raises(AttributeError):
        mdp.discount = 0.9
    thin = MDP(sparse.csr_array([[1.0]]), r, 0.5)
    for array in (mdp.transitions, mdp.rewards, mdp.start, thin.transitions.data):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 2


def test_a_sparse_model_is_not_copied():
    p = sparse.csr_array(np.eye(3))
    mdp = MDP(p, np.zeros((3, 1)), 0.5)
    assert np.shares_memory(mdp.transitions.data, p.data)
    assert mdp.transition_matrix is mdp.transitions
    p.data[0] = 1.0  # the caller's own array stays writable


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[[1.2]]], [[0]], 0.5), r"transitions\[0, 0\] sums to 1.2; a row may sum to at most 1"),
        (([[[-0.1]]], [[0]], 0.5), r"transitions\[0, 0, 0\] is -0.1; .* in \[0, 1\]"),
        (([[[np.nan]]], [[0]], 0.5), r"transitions\[0, 0, 0\] is nan; it must be finite"),
        (([[1.0]], [[0]], 0.5), r"transitions has shape \(1, 1\); .* \(S, A, S\)"),
        ((np.zeros((0, 2, 0)), [[0]], 0.5), r"transitions has shape \(0, 2, 0\)"),
        ((ONE, [[np.nan]], 0.5), r"rewards\[0, 0\] is nan; it must be finite"),
        ((ONE, [[1, 2]], 0.5), r"rewards has shape \(1, 2\); it must be \(S, A\) = \(1, 1\)"),
        ((ONE, [[0]], 1.5), r"discount is 1.5; it must lie in \[0, 1\]"),
        ((ONE, [[0]], np.nan), r"discount is nan; it must lie in \[0, 1\]"),
        ((sparse.csr_array([[0.9, 0.3]]), [[0]], 0.5), r"transitions has shape \(1, 2\)"),
        ((sparse.csr_array([[2.0]]), [[0]], 0.5), r"transitions\[0, 0\] sums to 2"),
        ((sparse.csr_array([[-2.0]]), [[0]], 0.5), r"transitions\[0, 0, 0\] is -2"),
        (
            (sparse.csr_array([[1.0]]), sparse.csr_array([[np.inf]]), 0.5),
            r"rewards.data\[0\] is inf",
        ),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        MDP(*arguments)


@pytest.mark.parametrize(
    ("start", "message"),
    [([0.5], "start sums to 0.5"), ([2.0, -1.0], "start has shape"), (1, "start is 1; it must be")],
)
def test_bad_start_is_named(start, message):
    with pytest.raises(ValueError, match=message):
        MDP(ONE, [[0]], 0.5, start=start)


def test_bad_states_and_values_are_named():
    mdp = MDP(ONE, [[0]], 0.5)
    with pytest.raises(ValueError, match=r"state is 3; it must be in \{0, …, 0\}"):
        mdp.outcomes(3, 0)
    with pytest.raises(TypeError, match=r"action is 0\.5; it must be a whole number"):
        mdp.outcomes(0, 0.5)
    with pytest.raises(ValueError, match=r"v has shape \(2,\); it must have shape \(1,\)"):
        mdp.action_values([0, 0])
    with pytest.raises(TypeError, match="discount is 'high'; it must be a number"):
        MDP(ONE, [[0]], "high")


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"])
def test_gymnasium_outcomes_are_kept(name):
    env = gymnasium.make(name, **({"is_slippery": True} if name != "Taxi-v4" else {}))
    mdp = MDP.from_gymnasium(env, 0.9)
    for s, actions in env.unwrapped.P.items():
        if mdp.terminal[s]:
            continue
        for a, table in actions.items():
            ours = mdp.outcomes(s, a)
            pairs = sorted((r, d) for p, _, r, d in table if p > 0)
            assert sorted(zip(ours.reward, ours.terminated, strict=True)) == pairs
            assert_allclose(ours.probability @ ours.reward, sum(p * r for p, _, r, _ in table))


def test_an_environment_without_a_table_is_refused():
    with pytest.raises(TypeError, match=r"must have a table of outcomes, env\.unwrapped\.P"):
        MDP.from_gymnasium(gymnasium.make("Blackjack-v1"), 0.9)


@pytest.mark.parametrize("index", [2, -1, 10**9])
def test_indices_beyond_the_table_are_refused(index):
    p = sparse.csr_array((np.ones(1), np.zeros(1, dtype=int), [0, 1, 1]), shape=(2, 2))
    p.indices[0] = index
    with pytest.raises(ValueError, match="transitions is no valid CSR matrix: indices must be"):
        MDP(p, np.zeros((2, 1)), 0.9)
    p.indices[0], p.indptr[:] = 0, [0, 9, 9]
    with pytest.raises(ValueError, match="transitions is no valid CSR matrix"):
        MDP(p, np.zeros((2, 1)), 0.9)


@pytest.mark.parametrize("state", [2, -1, 10**9, 0.5])
@pytest.mark.parametrize("over", [False, True])
def test_tables_that_lead_nowhere_are_refused(state, over):
    class Env:
        P = {0: {0: [(1.0, state, 0.0, over)]}, 1: {0: [(1.0, 1, 0.0, True)]}}  # noqa: RUF012

    with pytest.raises(
        ValueError, match=rf"env.P\[0\]\[0\]\[0\], .* is {state}; .* in \{{0, …, 1\}}"
    ):
        MDP.from_gymnasium(Env(), 0.9)


def test_endings_that_cannot_be_told_apart_are_refused():
    class Env:
        P = {0: {0: [(0.5, 0, 1.0, True), (0.4, 0, 2.0, True), (0.1, 0, 0.0, False)]}}  # noqa: RUF012

    with pytest.raises(ValueError, match=r"env.P\[0\]\[0\] ends with different rewards"):
        MDP.from_gymnasium(Env(), 0.9)


@pytest.mark.parametrize("form", FORMS)
def test_other_rewards_on_the_same_transitions(form):
    mdp = random_mdp(3, 5, 2, 0.9, form=form)
    other = mdp.with_rewards(np.ones((5, 2)))
    assert_allclose(other.rewards, 1)
    assert other.transitions is mdp.transitions
    assert not np.allclose(mdp.rewards, 1)
    assert not other.terminal.any()
    fresh = MDP(mdp.transitions, np.ones((5, 2)), 0.9)
    for ours, theirs in zip(other.table, fresh.table, strict=True):
        assert_allclose(ours, theirs)
    with pytest.raises(ValueError, match=r"rewards has shape \(2, 5\)"):
        mdp.with_rewards(np.ones((2, 5)))


class Tabular:
    """What an environment with a table looks like from outside."""

    def __init__(self, table, **known):
        self.P = table
        vars(self).update(known)


AROUND = dict(enumerate({0: [(1.0, (s + 1) % 3, float(s == 2), s == 2)]} for s in range(3)))


@pytest.mark.parametrize("name", ["initial_state_distrib", "isd"])
def test_a_known_start_is_no_exit(name):
    mdp = MDP.from_gymnasium(Tabular(AROUND, **{name: [1, 0, 0]}), 0.9)
    assert_allclose(value_iteration(mdp, tol=1e-10).v, [0.81, 0.9, 1])
    assert_array_equal(mdp.start, [1, 0, 0])


@pytest.mark.parametrize("table", [AROUND, {0: {0: [(1.0, 0, 1.0, True)]}}, [[[(1, 0, 1, True)]]]])
def test_what_may_be_a_start_keeps_its_actions_with_a_warning(table):
    with pytest.warns(UserWarning, match="only endings lead to state 0: its actions are kept"):
        mdp = MDP.from_gymnasium(Tabular(table), 0.9)
    assert_allclose(value_iteration(mdp, tol=1e-10).v[-1], 1)


def test_an_exit_that_stays_needs_no_start():
    table = {0: {0: [(1.0, 1, 1.0, True)]}, 1: {0: [(1.0, 1, 0, True)]}}
    assert_array_equal(MDP.from_gymnasium(Tabular(table), 0.9).terminal, [False, True])


def one(*outcome):
    return {0: {0: [outcome]}}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({0: {0: [(1, 0, 0, False)], 1: [(1, 0, 0, False)]}, 1: {0: [(1, 0, 0, False)]}},
         r"env.P\[1\] has no entry 1; it has \[0\]"),
        ({0: {0: [(1, 0, 0, False)]}, 1: {}}, r"env.P\[1\] has no actions"),
        ({1: {0: [(1, 0, 0, False)]}}, r"env.P has no entry 0; it has \[1\]"),
        ({0: {0: []}}, r"env.P\[0\]\[0\] has no outcomes"),
        ({}, "env.P has no states"),
        (7, "env.P is 7; it must be a dict or a list of states"),
        ({0: 7}, r"env.P\[0\] is 7"),
        ({0: {0: 7}}, r"env.P\[0\]\[0\] is 7"),
        ({0: {0: (1, 0, 0, False)}}, r"env.P\[0\]\[0\]\[0\] is 1; it must be \(probability"),
        (one(1, 0, 0, False, {}), r"it must be \(probability, next state, reward, terminated\)"),
        (one(0.5, 0, 0, False), r"env.P\[0\]\[0\] has probabilities that sum to 0.5, not to 1"),
        (one(1.5, 0, 0, False), r"the probability, is 1.5; it must lie in \[0, 1\]"),
        (one(np.nan, 0, 0, False), "the probability, is nan"),
        (one(1, "0", 0, False), "the next state, is '0'"),
        (one(1, 0, None, False), "the reward, is None"),
        (one(1, 0, np.inf, False), "the reward, is inf"),
        (one(1, 0, 0, "no"), "terminated, is 'no'; it must be True or False"),
        (one(1, 0, 0, np.nan), "terminated, is nan"),
    ],
)  # fmt: skip
def test_what_a_table_may_not_hold_is_named(table, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        MDP.from_gymnasium(Tabular(table), 0.9)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", [np.asarray, lambda p: sparse.csr_array(p.reshape(-1, 2))])
@pytest.mark.parametrize("off", [1e-7, -1e-7, 0])
def test_rows_of_float32_sum_to_one_within_their_own_rounding(form, off):
    p = np.array([[[0.25, 0.75 + off]], [[0.5, 0.25]]], dtype=np.float32)
    mdp = MDP(form(p), np.ones((2, 1)), 1.0)
    assert_array_equal(mdp.end_probability, [[0], [0.25]])
    assert_allclose(mdp.transitions.sum(axis=-1).ravel()[0], 1, rtol=1e-15)


def test_a_rare_ending_in_float64_stays_one():
    mdp = MDP(np.array([[[1 - 1e-7]]]), [[1.0]], 1.0)
    assert_allclose(mdp.end_probability, 1e-7)
    assert_allclose(evaluate_policy(mdp, [[1.0]]).v, 1e7)


def test_policies_in_float32_are_distributions():
    policy = np.full((1, 3), 1 / 3, dtype=np.float32) * np.float32(1 + 2e-7)
    mdp = MDP(np.zeros((1, 3, 1)), np.ones((1, 3)), 0.5)
    assert_allclose(evaluate_policy(mdp, policy).v, 1, rtol=1e-6)


def test_a_terminal_state_that_leads_to_itself_is_explained():
    mdp = MDP([[[0.0, 1.0]], [[0.0, 1.0]]], [[1.0], [0.0]], 1.0)
    with pytest.raises(ValueError, match="the rows of a terminal state must be empty"):
        evaluate_policy(mdp, [[1.0], [1.0]])
    assert_array_equal(value_iteration(mdp).v, [1, 0])  # nothing more is paid: no harm


def pickled(mdp):
    return pickle.loads(pickle.dumps(mdp))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize("form", FORMS)
def test_a_copy_is_the_same_model(form, copied):
    mdp = random_mdp(3, 5, 2, 0.9, form=form)
    again = copied(mdp)
    for ours, theirs in zip(again.table, mdp.table, strict=True):
        assert_array_equal(ours, theirs)
    with pytest.raises(ValueError, match="read-only"):
        again.rewards[0, 0] = 7
