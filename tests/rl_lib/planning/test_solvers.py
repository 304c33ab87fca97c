import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from models import by_linear_program, gymnasium_arrays, mdps, random_mdp
from numpy.testing import assert_allclose
from scipy import sparse

from rl_lib import (
    MDP,
    GridWorld,
    ResponseTask,
    boltzmann,
    evaluate_policy,
    greedy,
    russell_norvig,
    soft_value_iteration,
    value_iteration,
)
from rl_lib.planning import _evaluation, _sweeps
from rl_lib.planning.solvers import METHODS

SLIDE = [[0.812, 0.868, 0.918], [0.762, np.nan, 0.660], [0.705, 0.655, 0.611]]


@pytest.mark.parametrize("method", METHODS)
def test_the_nine_values_of_the_slides(method):
    world = russell_norvig()
    grid = world.to_grid(value_iteration(world.mdp, method=method).v)
    assert_allclose(grid[:, :3], SLIDE, atol=5e-4)
    assert_allclose(grid[:, 3], [0, 0, 0.388], atol=5e-4)


def test_at_minus_two_the_agent_runs_into_the_nearest_exit():
    world = russell_norvig(living_reward=-2)
    actions = world.to_grid(value_iteration(world.mdp).policy.argmax(axis=1))
    right, up = 1, 0
    assert_allclose(actions[:, :3], [[right] * 3, [up, np.nan, right], [right] * 3])
    assert actions[2, 3] == up  # next to the −1


@pytest.mark.parametrize("method", METHODS)
@given(mdp=mdps)
@settings(max_examples=60)
def test_every_method_meets_its_bound(method, mdp):
    found = value_iteration(mdp, tol=1e-6, method=method)
    scale = max(1, np.abs(found.v).max())
    best = by_linear_program(mdp.transition_matrix, mdp.rewards, mdp.discount)
    assert found.converged
    assert found.error_bound <= 1e-6
    assert np.abs(found.v - best).max() <= found.error_bound + 1e-7 * scale
    assert_allclose(found.residual, np.abs(mdp.action_values(found.v).max(1) - found.v).max())
    assert_allclose(found.q, mdp.action_values(found.v))
    assert_allclose(found.policy.sum(axis=1), 1)
    assert_allclose((found.policy * found.q).sum(axis=1), found.q.max(axis=1))


@pytest.mark.parametrize(
    "name", ["FrozenLake-v1", "FrozenLake8x8-v1", "CliffWalking-v1", "Taxi-v4"]
)
def test_gymnasium_worlds_against_a_linear_program(name):
    env = gymnasium.make(name)
    p, r = gymnasium_arrays(env)
    best = by_linear_program(p, r, 0.99)
    mdp = MDP.from_gymnasium(env, 0.99)
    alive = ~mdp.terminal
    found = value_iteration(mdp, tol=1e-9)
    assert_allclose(found.v[alive], best[alive], atol=1e-6)
    assert_allclose(found.v[~alive], 0)


def test_known_optimal_returns_of_gymnasium():
    """Undiscounted: the cliff takes 13 steps; a slippery lake is crossed with 14/17 (4×4)."""
    cliff = value_iteration(MDP.from_gymnasium(gymnasium.make("CliffWalking-v1"), 1.0))
    assert_allclose(cliff.v[36], -13)
    lake = value_iteration(MDP.from_gymnasium(gymnasium.make("FrozenLake-v1"), 1.0), tol=1e-10)
    assert_allclose(lake.v[0], 14 / 17, atol=1e-6)


@given(mdps, st.integers(0, 2**32))
def test_a_policy_is_worth_what_the_linear_system_says(mdp, seed):
    policy = np.random.default_rng(seed).dirichlet(np.ones(mdp.n_actions), size=mdp.n_states)
    found = evaluate_policy(mdp, policy)
    p = mdp.to_dense().transitions
    chosen = np.einsum("sa,sat->st", policy, p)
    reward = np.einsum("sa,sa->s", policy, mdp.rewards)
    exact = np.linalg.solve(np.eye(mdp.n_states) - mdp.discount * chosen, reward)
    assert_allclose(found.v, exact, atol=1e-8 * max(1, np.abs(exact).max()))
    assert_allclose(np.einsum("sa,sa->s", policy, found.q), found.v, atol=1e-6)
    assert (found.v <= value_iteration(mdp, tol=1e-8).v + 1e-6).all()


def test_large_policies_are_swept(monkeypatch):
    world = GridWorld("\n".join(["." * 20] * 19 + ["." * 19 + "+"]), discount=0.95)
    policy = np.full((400, 4), 0.25)
    exact = evaluate_policy(world.mdp, policy)
    monkeypatch.setattr(_evaluation, "DIRECT_STATES", 10)
    swept = evaluate_policy(world.mdp, policy)
    assert exact.sweeps == 0 < swept.sweeps
    assert np.abs(exact.v - swept.v).max() <= swept.error_bound + exact.error_bound <= 2e-8


def test_a_policy_that_never_ends_has_no_value_at_discount_one():
    world = russell_norvig()
    into_the_wall = np.tile([0.0, 0.0, 0.0, 1.0], (11, 1))
    still = GridWorld(world.text, slip=0)
    with pytest.raises(ValueError, match="never ends an episode from 9 states, state 0 among them"):
        evaluate_policy(still.mdp, into_the_wall)
    assert evaluate_policy(GridWorld(world.text, slip=0, discount=0.9).mdp, into_the_wall).converged
    slipping = np.tile([1.0, 0.0, 0.0, 0.0], (11, 1))
    assert evaluate_policy(world.mdp, slipping).converged


def test_a_tolerance_below_float64_is_admitted():
    mdp = random_mdp(1, 6, 2, 0.99, ending=False)
    for method in METHODS:
        with pytest.warns(UserWarning, match=r"tol is 1e-300, but after \d+ sweeps"):
            found = value_iteration(mdp, tol=1e-300, method=method)
        assert not found.converged
        assert found.error_bound < 1e-8 * max(1, np.abs(found.v).max())


def test_max_iter_is_admitted():
    with pytest.warns(UserWarning, match="after 3 sweeps the residual is"):
        found = value_iteration(russell_norvig().mdp, max_iter=3, method="in_place")
    assert (found.sweeps, found.converged, found.error_bound) == (3, False, np.inf)


@pytest.mark.filterwarnings("ignore:tol is")
def test_values_that_grow_without_end_are_not_called_converged():
    found = value_iteration(russell_norvig(living_reward=1.0).mdp, max_iter=500)
    assert not found.converged


def test_plain_python_gives_what_numba_gives(monkeypatch):
    mdp = random_mdp(5, 7, 3, 0.9, ending=False)
    compiled = [value_iteration(mdp, method=method).v for method in METHODS]
    for name in ("improve", "evaluate", "follow"):
        loop = getattr(_sweeps, name)
        monkeypatch.setattr(_sweeps, name, getattr(loop, "py_func", loop))
    for method, v in zip(METHODS, compiled, strict=True):
        assert_allclose(value_iteration(mdp, method=method).v, v, atol=1e-7)


def test_greedy_and_boltzmann():
    q = np.array([[1.0, 3.0, 3.0], [-1e9, 0.0, 1.0]])
    assert_allclose(greedy(q), [[0, 1, 0], [0, 0, 1]])
    assert_allclose(boltzmann(q, 1e-9), [[0, 0.5, 0.5], [0, 0, 1]])
    assert_allclose(boltzmann(q + 5), boltzmann(q))
    e = np.e
    assert_allclose(boltzmann([[0.0, 1.0]]), [[1 / (1 + e), e / (1 + e)]])


@pytest.mark.parametrize("method", METHODS)
def test_no_sparse_model_is_made_dense(method, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a sparse model was made dense")

    mdp = random_mdp(0, 8, 2, 0.9, form="expected sparse")
    for kind in (sparse.csr_array, sparse.csc_array, sparse.coo_array):
        for name in ("toarray", "todense"):
            monkeypatch.setattr(kind, name, refuse)
    value_iteration(mdp, method=method)
    evaluate_policy(mdp, np.full((8, 2), 0.5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: value_iteration(m, tol=0), ValueError, r"tol is 0; it must lie in \(0"),
        (lambda m: value_iteration(m, max_iter=0), ValueError, "max_iter is 0; it must be"),
        (lambda m: value_iteration(m, method="magic"), ValueError, "method is 'magic'"),
        (lambda m: evaluate_policy(m, np.ones((2, 2))), ValueError, r"policy has shape \(2, 2\)"),
        (lambda m: evaluate_policy(m, np.ones((11, 4))), ValueError, r"policy\[0\] sums to 4"),
        (lambda m: greedy([1.0]), ValueError, r"q has shape \(1,\); it must have shape \(S, A\)"),
        (lambda m: boltzmann([[np.nan]]), ValueError, r"q\[0, 0\] is nan; it must be finite"),
        (lambda m: boltzmann([[0.0]], 0), ValueError, "temperature is 0; it must lie in"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(russell_norvig().mdp)


def test_an_acyclic_world_is_evaluated_in_one_pass():
    task = ResponseTask(discount=1.0)
    policy = np.full(task.mdp.rewards.shape, 0.5)
    found = evaluate_policy(task.mdp, policy)
    assert (found.sweeps, found.converged) == (1, True)
    # Held to the window with probability 2⁻¹⁶, then released in time with 1 − 2⁻⁶.
    assert_allclose(found.v[0], 2.0**-16 * (1 - 2.0**-6), rtol=1e-12)


@given(mdps, st.sampled_from([0.1, 1.0, 30.0]))
def test_soft_values_solve_the_soft_equation(mdp, temperature):
    scale = max(1.0, np.abs(mdp.rewards).max(), temperature)
    found = soft_value_iteration(mdp, temperature=temperature, tol=1e-9 * scale)
    assert found.converged
    assert_allclose(found.q, mdp.action_values(found.v), atol=1e-9 * scale)
    alive = ~mdp.terminal
    backup = temperature * np.logaddexp.reduce(found.q / temperature, axis=1)
    assert_allclose(found.v[alive], backup[alive], atol=1e-8 * scale)
    assert_allclose(found.v[~alive], 0)
    assert_allclose(found.policy, boltzmann(found.q, temperature), atol=1e-12)
    # More choice is worth more, and never more than log A a step.
    hard = value_iteration(mdp, tol=1e-9 * scale).v
    most = temperature * np.log(mdp.n_actions) / (1 - mdp.discount)
    assert (found.v >= hard - 1e-7 * scale).all()
    assert (found.v <= hard + most + 1e-7 * scale).all()


def test_a_soft_policy_is_worth_its_rewards_and_its_entropy():
    mdp = random_mdp(4, 6, 3, 0.9, ending=False)
    found = soft_value_iteration(mdp, temperature=2.0)
    entropy = -2.0 * np.log(found.policy)
    worth = evaluate_policy(mdp.with_rewards(mdp.rewards + entropy), found.policy)
    assert_allclose(worth.v, found.v, atol=1e-7)
    # Any other policy earns less of both together.
    rng = np.random.default_rng(0)
    for other in rng.dirichlet(np.ones(3), size=(20, 6)):
        bonus = mdp.with_rewards(mdp.rewards - 2.0 * np.log(other))
        assert (evaluate_policy(bonus, other).v <= found.v + 1e-7).all()


def test_soft_values_without_discount():
    world = russell_norvig(living_reward=-0.1)
    cold = soft_value_iteration(world.mdp, temperature=0.001)
    assert cold.converged
    assert cold.error_bound == np.inf
    assert_allclose(cold.v, value_iteration(world.mdp).v, atol=0.02)
    with pytest.warns(UserWarning, match="the residual is"):  # wandering is worth more than ending
        assert not soft_value_iteration(world.mdp, temperature=1.0).converged
    with pytest.raises(ValueError, match="even a policy that tries everything never ends"):
        soft_value_iteration(GridWorld("..").mdp)


def test_large_soft_values_are_swept(monkeypatch):
    mdp = GridWorld("\n".join(["." * 20] * 20), discount=0.95, living_reward=-1.0).mdp
    direct = soft_value_iteration(mdp)
    monkeypatch.setattr(_evaluation, "DIRECT_STATES", 10)
    assert_allclose(soft_value_iteration(mdp).v, direct.v, atol=1e-7)


def test_bad_input_to_soft_values_is_named():
    mdp = russell_norvig(discount=0.9).mdp
    for options, message in (
        ({"temperature": 0}, "temperature is 0"),
        ({"tol": -1}, "tol is -1"),
        ({"max_iter": 0}, "max_iter is 0"),
    ):
        with pytest.raises(ValueError, match=message):
            soft_value_iteration(mdp, **options)
