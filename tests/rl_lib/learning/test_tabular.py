import gymnasium
import numpy as np
import pytest
from models import random_mdp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from rl_lib import (
    MDP,
    MDPEnv,
    by_visits,
    cliff,
    linear,
    q_learning,
    russell_norvig,
    sarsa,
    value_iteration,
)
from rl_lib.learning import _episodes

ALWAYS = by_visits(0.0)
OPTIONS = {"episodes": 300, "step_size": 0.1, "epsilon": 0.2}


def test_q_learning_finds_the_optimal_values(rng):
    mdp = random_mdp(4, 5, 3, 0.8, form="ending")
    best = value_iteration(mdp)
    learned = q_learning(
        mdp, episodes=40_000, step_size=by_visits(0.8), epsilon=1.0, rng=rng, max_steps=50
    )
    scale = np.abs(best.q).max()
    assert np.abs(learned.q - best.q).max() < 0.03 * scale


def test_sarsa_finds_the_values_of_what_it_does(rng):
    """With one action there is nothing to choose, and both learn the same."""
    mdp = MDP([[[0.5]]], [[1.0]], 0.9)
    for learn in (sarsa, q_learning):
        q = learn(mdp, episodes=20_000, step_size=by_visits(1.0), epsilon=0.5, rng=rng).q
        assert_allclose(q, 1 / (1 - 0.45), rtol=0.02)


def test_the_targets_by_hand():
    """One step from s0 by a to s1, then the end; α = 1/2, γ = 1/2."""
    q = np.zeros((2, 1))
    visits = np.zeros_like(q)
    q[1, 0] = 8.0
    _episodes.update(q[0], visits[0], 0, 2.0 + 0.5 * q[1].max(), 0.5, ALWAYS)
    assert_allclose(q[:, 0], [3, 8])
    _episodes.update(q[1], visits[1], 0, 2.0, 0.5, ALWAYS)
    assert_allclose(q[:, 0], [3, 5])
    assert_array_equal(visits, 1)
    _episodes.update(q[1], visits[1], 0, 9.0, 0.5, by_visits(1.0))  # α = 1/2 · 1/(1 + 1)
    assert_allclose(q[:, 0], [3, 6])


def test_step_sizes_by_visits_average_the_targets(rng):
    """With power 1, q is the mean of all rewards seen: here of +1 and −1, and of nothing else."""
    mdp = MDP(np.zeros((1, 1, 1)), [[[0.0, 3.0]]], 1.0)
    q = q_learning(mdp, episodes=7, step_size=by_visits(1.0), epsilon=0.0, rng=rng).q
    assert_allclose(q, 3.0)
    q = q_learning(mdp, episodes=1, step_size=by_visits(1.0, scale=2), epsilon=0.0, rng=rng).q
    assert_allclose(q, 3.0)


def test_truncated_is_not_terminated(rng):
    mdp = MDP([[[1.0]]], [[1.0]], 0.9)
    q = q_learning(mdp, episodes=2000, step_size=0.5, epsilon=0.0, rng=rng, max_steps=5).q
    assert_allclose(q, 10, rtol=1e-3)
    env = MDPEnv(mdp, max_steps=5)
    q = q_learning(env, episodes=500, step_size=0.5, epsilon=0.0, discount=0.9, rng=rng).q
    assert_allclose(q, 10, rtol=1e-3)


def test_model_and_environment_give_the_same_distribution():
    """Final values of a state and returns, over seeds, by the Kolmogorov–Smirnov test."""
    world = russell_norvig()
    options = OPTIONS | {"episodes": 60}
    model = q_learning(world, runs=150, rng=np.random.default_rng(1), **options)
    env = MDPEnv(world, max_steps=10_000)
    rng = np.random.default_rng(2)
    steps = q_learning(env, runs=150, discount=1.0, rng=rng, **options)
    for ours, theirs in (
        (model.q[:, 7, 0], steps.q[:, 7, 0]),
        (model.q[:, 2, 1], steps.q[:, 2, 1]),
        (model.returns.mean(axis=1), steps.returns.mean(axis=1)),
        (model.lengths.mean(axis=1), steps.lengths.mean(axis=1)),
    ):
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


def test_plain_python_gives_what_numba_gives(monkeypatch):
    world = russell_norvig()
    fast = q_learning(world, rng=np.random.default_rng(3), **OPTIONS)
    for name in ("choose", "best_value", "update", "in_model"):
        loop = getattr(_episodes, name)
        monkeypatch.setattr(_episodes, name, getattr(loop, "py_func", loop))
    plain = q_learning(world, rng=np.random.default_rng(3), **OPTIONS)
    assert_allclose(fast.q, plain.q)
    assert_array_equal(fast.lengths, plain.lengths)


def test_the_same_seed_gives_the_same_result_and_nothing_global_is_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = (q_learning(cliff(), rng=np.random.default_rng(5), **OPTIONS) for _ in range(2))
    assert_array_equal(one.q, two.q)
    assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_ties_are_broken_at_random(rng):
    q = np.array([1.0, 0.0, 1.0, 1.0])
    counts = np.bincount([_episodes.choose(q, 0.0, rng) for _ in range(6000)], minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]]).pvalue > 1e-4
    counts = np.bincount([_episodes.choose(q, 1.0, rng) for _ in range(8000)], minlength=4)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_on_the_cliff_sarsa_is_safer_and_q_learning_knows_the_shorter_way(rng):
    options = {"episodes": 500, "step_size": 0.5, "epsilon": 0.1, "runs": 10, "rng": rng}
    safe, bold = sarsa(cliff(), **options), q_learning(cliff(), **options)
    assert safe.returns[:, 250:].mean() > bold.returns[:, 250:].mean() + 5
    assert_allclose(np.median(bold.q[:, 36].max(axis=1)), -13, atol=0.5)


def test_runs_have_a_leading_axis(rng):
    learned = q_learning(cliff(), runs=3, progress=True, rng=rng, **OPTIONS)
    assert learned.q.shape == learned.policy.shape == (3, 38, 4)
    assert learned.returns.shape == learned.lengths.shape == (3, 300)
    assert_allclose(learned.policy.sum(axis=2), 1)


def test_schedules(rng):
    for step_size in (linear(1.0, 0.1, 300), lambda episode: 1 / (1 + episode), by_visits(0.6)):
        learned = q_learning(cliff(), **(OPTIONS | {"step_size": step_size}), rng=rng)
        assert np.isfinite(learned.q).all()
    never = q_learning(cliff(), **(OPTIONS | {"epsilon": 0.0}), rng=rng)
    assert never.returns[-1] == -13  # nothing random is left, and the cliff does not slip


def test_any_gymnasium_environment_with_discrete_spaces(rng):
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    learned = q_learning(
        env, episodes=800, step_size=0.5, epsilon=linear(1, 0.1, 800), discount=0.9, rng=rng
    )
    assert_allclose(learned.q[0].max(), 0.9**5)


class Corridor(gymnasium.Env):
    """Five cells in a row; the right end pays 1. Numbers begin anywhere, answers vary."""

    def __init__(self, first_state=0, first_action=0, **returned):
        self.observation_space = gymnasium.spaces.Discrete(5, start=first_state)
        self.action_space = gymnasium.spaces.Discrete(2, start=first_action)
        self.returned, self.place = returned, 0

    def reset(self, *, seed=None, options=None):
        self.place = 0
        state = self.returned.get("start", self.observation_space.start)
        return self.returned.get("reset", (state, {}))

    def step(self, action):
        assert self.action_space.contains(action), action
        right = action == self.action_space.start + 1
        self.place = max(0, self.place + (1 if right else -1))
        over = self.place == 4
        answer = {"state": self.place + int(self.observation_space.start), "reward": float(over)}
        answer |= {"terminated": over, "truncated": False} | self.returned
        keys = ("state", "reward", "terminated", "truncated")
        return self.returned.get("step", (*(answer[key] for key in keys), {}))


@pytest.mark.parametrize("learn", [q_learning, sarsa])
@pytest.mark.parametrize(("first_state", "first_action"), [(0, 0), (1, 0), (7, 1), (-3, -1)])
def test_states_and_actions_may_begin_anywhere(learn, first_state, first_action, rng):
    env = Corridor(first_state, first_action)
    q = learn(env, episodes=300, step_size=0.5, epsilon=0.1, discount=0.5, rng=rng).q
    same = learn(Corridor(), episodes=300, step_size=0.5, epsilon=0.1, discount=0.5, rng=rng).q
    for found in (q, same):
        assert_allclose(found[3, 1], 1)
        assert found[:4].argmax(axis=1).tolist() == [1, 1, 1, 1]
        assert (found[4] == 0).all()


OUTSIDE = [-1, 5, 10**9, -(10**30), np.int64(5), 3.0, np.float64(2), "3", None, True, [3]]


@pytest.mark.parametrize("learn", [q_learning, sarsa])
@pytest.mark.parametrize(
    ("returned", "message"),
    [
        *(({"state": x}, r"the observation of env.step\(\) is .*\{0, …, 4\}") for x in OUTSIDE),
        *(({"start": x}, r"the observation of env.reset\(\) is .*\{0, …, 4\}") for x in OUTSIDE),
        ({"state": np.array([3])}, r"env.step\(\) is array\(\[3\]\)"),
        ({"state": 0, "first_state": 1}, r"env.step\(\) is 0; .*\{1, …, 5\}"),
        *(
            ({"reward": x}, r"the reward of env.step\(\) is .*finite number")
            for x in (np.nan, np.inf, None, "1", [1.0], np.ones(1), 10**400)
        ),
        *(
            ({name: x}, rf"{name} of env.step\(\) is .*True or False")
            for name in ("terminated", "truncated")
            for x in ("no", None, 0.5, np.nan, 1)
        ),
        ({"reset": 0}, r"env.reset\(\) returned 0; it must return 2 values"),
        ({"step": (0, 0.0, True, {})}, r"env.step\(\) returned \(0, .*it must return 5 values"),
    ],
)
def test_what_an_environment_must_not_return_is_named(learn, returned, message, rng):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        learn(Corridor(**returned), discount=0.9, rng=rng, **OPTIONS)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpys_are_numbers(rng):
    for state, reward in ((np.int32(2), np.float32(1)), (np.array(2), np.array(1)), (2, True)):
        env = Corridor(terminated=np.False_, state=state, reward=reward, truncated=np.True_)
        q = q_learning(env, discount=0.0, rng=rng, **OPTIONS).q
        assert_allclose(q[0].max(), 1, atol=0.01)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"episodes": 0}, ValueError, "episodes is 0; it must be at least 1"),
        ({"episodes": 1.5}, TypeError, "episodes is 1.5; it must be a whole number"),
        ({"step_size": 0}, ValueError, r"step_size is 0; it must lie in \(0, 1\]"),
        ({"step_size": 1.5}, ValueError, r"step_size is 1.5; it must lie in \(0, 1\]"),
        ({"step_size": [0.5, 0.5]}, ValueError, r"step_size has shape \(2,\); .* \(300,\)"),
        ({"epsilon": -0.1}, ValueError, r"epsilon is -0.1; it must lie in \[0, 1\]"),
        ({"epsilon": lambda k: np.nan}, ValueError, r"epsilon\[0\] is nan; it must be finite"),
        ({"discount": 2}, ValueError, "discount is 2; it must lie in"),
        ({"rng": 0}, TypeError, "rng is 0; it must be a numpy.random.Generator"),
        ({"runs": 0}, ValueError, "runs is 0; it must be at least 1"),
        ({"max_steps": 0}, ValueError, "max_steps is 0; it must be at least 1"),
    ],
)
def test_bad_input_is_named(change, error, message, rng):
    with pytest.raises(error, match=message):
        q_learning(russell_norvig(), **(OPTIONS | {"rng": rng} | change))


def test_bad_worlds_are_named(rng):
    with pytest.raises(ValueError, match="discount is None; an environment without a model"):
        q_learning(MDPEnv(cliff()), rng=rng, **OPTIONS)
    with pytest.raises(TypeError, match="env_or_mdp is 'cliff'"):
        q_learning("cliff", rng=rng, **OPTIONS)
    with pytest.raises(TypeError, match="both must be Discrete"):
        q_learning(gymnasium.make("CartPole-v1"), discount=0.9, rng=rng, **OPTIONS)
    with pytest.raises(ValueError, match="power is -1"):
        by_visits(-1)
    with pytest.raises(ValueError, match="scale is 0"):
        by_visits(1, scale=0)
