import numpy as np
import pytest
from hypothesis import given, strategies as st
from models import any_mdp, random_mdp
from numpy.testing import assert_allclose
from scipy import sparse

from bench.published import sweep_of_least_squares
from rl_lib import (
    MDP,
    GridWorld,
    Objectworld,
    ResponseTask,
    anchored_reward,
    boltzmann,
    boltzmann_expert,
    iavi,
    rat,
    russell_norvig,
    state_reward,
    value_iteration,
)
from rl_lib.planning import _evaluation


def random_policy(seed, n, m):
    return np.random.default_rng(seed).dirichlet(np.ones(m), size=n) * 0.99 + 0.01 / m


models = any_mdp(least_actions=2, forms=["expected", "expected sparse"])


@given(models, st.integers(0, 99))
def test_iavi_explains_any_behaviour(mdp, seed):
    policy = random_policy(seed, mdp.n_states, mdp.n_actions)
    found = iavi(mdp, policy)
    assert found.converged
    assert found.residual < 1e-10
    assert_allclose(boltzmann(found.q), policy, atol=1e-12)
    assert_allclose(found.q.max(axis=1), found.v, atol=1e-10)
    assert_allclose(found.reward.sum(axis=1), 0, atol=1e-9)
    again = value_iteration(mdp.with_rewards(found.reward), tol=1e-11)
    assert_allclose(again.q, found.q, atol=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_iavi_is_the_limit_of_the_papers_sweeps(seed):
    mdp = random_mdp(seed, 7, 3, 0.8)
    policy = random_policy(seed, 7, 3)
    reward, q, residual, _ = sweep_of_least_squares(mdp, policy, tol=1e-12)
    assert residual < 1e-12
    found = iavi(mdp, policy)
    assert_allclose(found.reward, reward, atol=1e-9)
    assert_allclose(found.q, q, atol=1e-9)


def test_two_actions_by_hand():
    # η is log π where nothing follows; half of the difference goes to each action.
    found = iavi(MDP([[[0.0], [0.0]]], [[0.0, 0.0]], 0.5), [[0.2, 0.8]])
    assert_allclose(found.reward, [[-np.log(4) / 2, np.log(4) / 2]], atol=1e-14)
    assert_allclose(found.v, np.log(4) / 2, atol=1e-14)


def test_large_models_are_swept(monkeypatch):
    world = GridWorld("\n".join(["." * 20] * 20), discount=0.9)
    policy = random_policy(0, 400, 4)
    direct = iavi(world.mdp, policy)
    monkeypatch.setattr(_evaluation, "DIRECT_STATES", 10)
    swept = iavi(world.mdp, policy)
    assert direct.sweeps == 0 < swept.sweeps
    assert swept.residual < 1e-10
    assert_allclose(swept.reward, direct.reward, atol=1e-8)
    monkeypatch.setattr(_evaluation, "COMPILED", False)
    assert_allclose(iavi(world.mdp, policy).reward, direct.reward, atol=1e-8)


def test_an_acyclic_model_takes_one_pass_at_any_discount():
    task = ResponseTask(discount=1.0)
    policy = random_policy(1, task.mdp.n_states, 2)
    found = iavi(task.mdp, policy)
    assert found.sweeps == 1
    assert found.residual < 1e-12
    assert_allclose(value_iteration(task.mdp.with_rewards(found.reward)).q, found.q, atol=1e-12)


@given(models, st.integers(0, 99))
def test_an_anchor_gives_back_state_action_rewards(mdp, seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=mdp.rewards.shape)
    anchor = int(rng.integers(mdp.n_actions))
    truth[:, anchor] = 0
    expert = boltzmann_expert(mdp.with_rewards(truth))
    found = anchored_reward(mdp, expert.policy, anchor)
    assert found.residual < 1e-10
    assert_allclose(found.reward, truth, atol=1e-8)


def test_an_anchor_finds_what_the_rat_is_after():
    task, impatient = ResponseTask(), rat("impatient")
    found = anchored_reward(task.mdp, impatient.policy, 1)  # releasing pays 0 … outside the window
    assert not np.allclose(found.reward * 0.18, impatient.mdp.rewards, atol=0.01)
    steady = rat("steady")
    found = anchored_reward(task.mdp, steady.policy, 0)
    assert_allclose(found.reward * 0.12, steady.mdp.rewards, atol=1e-8)


def dense_world(seed, discount=0.9, n=12, m=4):
    rng = np.random.default_rng(seed)
    return MDP(rng.dirichlet(np.ones(n), size=(n, m)), np.zeros((n, m)), discount), rng


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
def test_a_state_reward_comes_back_up_to_a_constant(seed, discount):
    mdp, rng = dense_world(seed, discount)
    truth = rng.normal(size=12)
    expert = boltzmann_expert(mdp.with_rewards(np.repeat(truth[:, None], 4, axis=1)))
    found = state_reward(mdp, expert.policy)
    assert found.converged
    assert not found.undetermined.any()
    assert np.ptp(found.state_reward - truth) < 1e-8
    assert_allclose(boltzmann(found.q), expert.policy, atol=1e-12)


def test_an_objectworld_reward_comes_back():
    world = Objectworld.random(rng=np.random.default_rng(0))
    left = world.mdp.with_rewards(np.repeat(world.state_reward[:, None], 5, axis=1))
    found = state_reward(world.mdp, boltzmann_expert(left).policy)
    assert not found.undetermined.any()
    assert np.ptp(found.state_reward - world.state_reward) < 1e-8
    # Paid on arrival, it looks like one of 1/γ times its size.
    found = state_reward(world.mdp, boltzmann_expert(world.mdp).policy)
    assert np.ptp(found.state_reward * 0.9 - world.state_reward) < 1e-8


def test_a_thousand_samples_a_state_are_enough():
    world = Objectworld.random(rng=np.random.default_rng(1))
    left = world.mdp.with_rewards(np.repeat(world.state_reward[:, None], 5, axis=1))
    expert = boltzmann_expert(left)
    walks = expert.demonstrate(102_400, max_steps=10, rng=np.random.default_rng(2))
    found = state_reward(world.mdp, walks.policy(1024, 5))
    assert np.corrcoef(found.state_reward, world.state_reward)[0, 1] > 0.97
    assert not found.converged  # estimates contradict each other, and that is said


def torus(size):
    """Four moves on a torus, none of which stays."""
    row, column = np.divmod(np.arange(size**2), size)
    steps = [(-1, 0), (0, 1), (1, 0), (0, -1)]
    goes = [(row + i) % size * size + (column + j) % size for i, j in steps]
    successor = np.stack(goes, axis=1).ravel()
    n = size**2
    ones = (np.ones(4 * n), (np.arange(4 * n), successor))
    return MDP(sparse.csr_array(sparse.coo_array(ones, shape=(4 * n, n))), np.zeros((n, 4)), 0.9)


def test_on_an_even_torus_two_constants_are_free():
    mdp = torus(6)
    truth = np.random.default_rng(0).normal(size=36)
    expert = boltzmann_expert(mdp.with_rewards(np.repeat(truth[:, None], 4, axis=1)))
    found = state_reward(mdp, expert.policy)
    even = (np.arange(36) // 6 + np.arange(36) % 6) % 2 == 0
    assert found.undetermined.sum() == 18
    assert (found.undetermined == even).all() or (found.undetermined == ~even).all()
    for half in (even, ~even):
        assert np.ptp((found.state_reward - truth)[half]) < 1e-8
    assert not state_reward(torus(5), random_policy(0, 25, 4)).undetermined.any()


def test_nobody_can_tell_what_a_start_or_an_exit_pays():
    # From the start 0 to 1 or 2, from both to 3, from there to the exit 4 at different speeds.
    p = np.zeros((5, 2, 5))
    p[0, 0, 1] = p[0, 1, 2] = 1
    p[1, 0, 3] = p[2, 0, 3] = 1
    p[1, 1, 4] = p[2, 1, 4] = 1
    p[3, :, 4] = [1.0, 0.5]
    mdp = MDP(p, np.zeros((5, 2)), 0.9)
    found = state_reward(mdp, np.full((5, 2), 0.5))
    # 1 and 2 are known beside each other: only their sum never made a difference.
    assert found.undetermined.tolist() == [True, False, False, True, True]
    assert found.v[4] == found.state_reward[4] == 0


GRID = russell_norvig(discount=0.9).mdp
EVEN = np.full((11, 4), 0.25)
NEVER = np.tile([1.0, 0.0, 0.0, 0.0], (11, 1))
ENDLESS = GridWorld("..", slip=0, discount=1.0).mdp


@pytest.mark.parametrize("method", [iavi, lambda *a: anchored_reward(*a, 0), state_reward])
@pytest.mark.parametrize(
    ("mdp", "policy", "message"),
    [
        (GRID, NEVER, r"policy\[0, 1\] is 0; every action needs a probability above 0"),
        (GRID, EVEN[:, :3], r"policy has shape \(11, 3\)"),
        (GRID, EVEN * 2, r"policy\[0\] sums to 2"),
        (GRID, EVEN * np.nan, "must be finite"),
        (GRID, np.zeros((11, 4)), r"policy\[0\] sums to 0"),
        (MDP([[[1.0]]], [[0.0]], 0.9), [[1.0]], "mdp has 1 action"),
    ],
)
def test_bad_input_is_named(method, mdp, policy, message):
    with pytest.raises(ValueError, match=message):
        method(mdp, policy)


def test_bad_input_of_each_gauge_is_named():
    with pytest.raises(ValueError, match="acting at random never ends an episode from 2 states"):
        iavi(ENDLESS, np.full((2, 4), 0.25))
    with pytest.raises(ValueError, match="repeating action 2 never ends"):
        anchored_reward(russell_norvig(slip=0).mdp, EVEN, 2)
    with pytest.raises(ValueError, match="action is 4"):
        anchored_reward(GRID, EVEN, 4)
    with pytest.raises(ValueError, match="discount is 0"):
        state_reward(russell_norvig(discount=0).mdp, EVEN)
    for method in (iavi, state_reward):
        with pytest.raises(ValueError, match="tol is 0"):
            method(GRID, EVEN, tol=0)


def test_a_tolerance_that_is_missed_is_admitted():
    policy = random_policy(0, 11, 4)
    with pytest.warns(UserWarning, match=r"tol is 1e-30, but the residual is"):
        assert not iavi(GRID, policy, tol=1e-30).converged
