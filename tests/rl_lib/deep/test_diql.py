"""Deep inverse Q-learning against the closed form, its targets by hand, and five known mistakes."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rl_lib import MDP, Demonstrations, boltzmann, empirical_mdp, iavi, value_iteration
from rl_lib.deep import targets
from rl_lib.deep.transitions import Transitions

pytest.importorskip("jax")
pytest.importorskip("optax")
from rl_lib.deep import _training as training, _updates as module
from rl_lib.deep.diql import dciql, diql
from rl_lib.deep.networks import DeepIQL

N, A, GAMMA = 4, 3, 0.8
LINEAR = {
    "n_steps": 8000, "hidden": (), "batch": 256, "learning_rate": 5e-3, "weight_decay": 0.0,
    "tau": 0.05,
}  # fmt: skip


def world():
    """A model in which it depends on state and action how likely the episode ends."""
    rng = np.random.default_rng(7)
    transitions = rng.uniform(0.2, 1, (N, A, 1)) * rng.dirichlet(np.full(N, 0.2), size=(N, A))
    rewards = 0.5 * rng.normal(size=(N, A)) + [[2.0], [0.0], [-2.0], [0.0]]
    return MDP(transitions, rewards, GAMMA, start=np.full(N, 1 / N))


@pytest.fixture(scope="module")
def walks():
    mdp = world()
    policy = boltzmann(value_iteration(mdp).q, 2.0)
    return Demonstrations.sample(mdp, policy, 4000, rng=np.random.default_rng(4))


@pytest.fixture(scope="module")
def steps(walks):
    found = Transitions.of(walks, np.eye(N))
    # After an ending stands what an environment shows next: the first state of another episode.
    following = np.where(found.terminated[:, None], np.eye(N)[0], found.next_observations)
    return Transitions(found.observations, found.actions, following, found.terminated)


def agrees(found, walks):
    exact = iavi(empirical_mdp(walks, N, A, GAMMA), walks.policy(N, A))
    together = np.corrcoef(found.reward(np.eye(N)).ravel(), exact.reward.ravel())[0, 1]
    apart = np.abs(found.policy(np.eye(N)) - boltzmann(exact.q)).max()
    return together >= 0.98 and apart <= 0.05


@pytest.mark.parametrize("update", ["all", "taken"])
def test_with_one_hot_features_it_is_the_closed_form(walks, steps, update):
    assert walks.counts(N, A).min() >= 5
    for found in diql(
        steps, A, GAMMA, update=update, n_seeds=2, rng=np.random.default_rng(0), **LINEAR
    ):
        assert agrees(found, walks)
        assert_allclose(found.cloned(np.eye(N)), walks.policy(N, A), atol=0.02)


MISTAKES = {
    "the copies never move": ("follow", lambda copy, network, tau: copy),
    "all actions share the value after the one taken": (
        "at_taken",
        lambda found, aim, taken: ((found - aim[:, None]) ** 2).mean(),
    ),
    "the batch is counted in the place of the actions": (
        "reward_target",
        lambda eta, r: eta + ((r - eta).sum(axis=-1, keepdims=True) - (r - eta)) / (len(eta) - 1),
    ),
    "endings are not masked": (
        "shifted_target",
        lambda ahead, terminated, discount: discount * ahead.max(axis=-1),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_known_mistake_shows(walks, steps, mistake, monkeypatch):
    name, wrong = MISTAKES[mistake]
    monkeypatch.setattr(targets, name, wrong)
    module.updates.cache_clear()
    try:
        (found,) = diql(steps, A, GAMMA, rng=np.random.default_rng(0), **LINEAR)
    finally:
        module.updates.cache_clear()
    assert not agrees(found, walks)


def behind(steps, monkeypatch=None):
    """How far the copies are from the networks, after some steps."""
    functions = module.updates()
    static = (True, 50, 1e-2, 0.0, 0.01)
    rng = np.random.default_rng(0)
    networks = {
        name: training._start((N, A), 1, rng) for name in ("policy", "reward", "shifted", "q")
    }
    data = functions.put(
        (steps.observations, steps.actions.astype(np.int32), steps.next_observations,
         steps.terminated.astype(np.float32), np.ones((1, A), dtype=bool))
    )  # fmt: skip
    state = functions.begin(networks, static)
    rows = rng.integers(len(steps.actions), size=(1, 50, 16)).astype(np.int32)
    (now, copy, _), _ = functions.run(state, data, rows, GAMMA, static)
    return {
        name: max(float(np.abs(a - b).max()) for x, y in zip(now[name], copy[name], strict=True)
                  for a, b in zip(x, y, strict=True))
        for name in now
    }  # fmt: skip


def test_copies_share_nothing_with_the_networks(steps, monkeypatch):
    assert min(behind(steps).values()) > 1e-3
    monkeypatch.setattr(targets, "follow", lambda copy, network, tau: network)
    module.updates.cache_clear()
    try:
        assert max(behind(steps).values()) == 0
    finally:
        module.updates.cache_clear()


def test_targets_by_hand():
    """Two actions; state 0 leads to 1, state 1 ends, state 2 leads to 0."""
    q = np.array([[1.0, 2.0], [4.0, 3.0], [0.0, -1.0]])
    r = np.array([[0.5, -0.5], [1.0, 0.0], [0.0, 2.0]])
    shifted = np.array([[2.0, 1.0], [0.0, 0.0], [1.0, 3.0]])
    log_policy = np.log([[0.5, 0.5], [0.8, 0.2], [0.1, 0.9]])
    following, ended = np.array([1, 0, 0]), np.array([0.0, 1.0, 0.0])
    found = targets.shifted_target(q[following], ended, 0.5)
    assert_allclose(found, [0.5 * 4, 0, 0.5 * 2])
    eta = targets.eta(log_policy, shifted)
    assert_allclose(eta[2], [np.log(0.1) - 1, np.log(0.9) - 3])
    # With two actions, what is taken from one is the difference of the other.
    want = eta + (r - eta)[:, ::-1]
    assert_allclose(targets.reward_target(eta, r), want)
    taken = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    published = targets.value_target(r, shifted, taken, found, everywhere=False)
    assert_allclose(published * taken, (r + found[:, None]) * taken)
    everywhere = targets.value_target(r, shifted, taken, found, everywhere=True)
    assert_allclose(everywhere, [[2.5, 0.5], [1.0, 0.0], [1.0, 5.0]])


def test_constraints_keep_their_own_values(walks, steps):
    """Q^C looks ahead among safe actions alone; the reward is the same."""
    safe = np.array([[True, True, False], [True, False, True], [True, True, True], [True] * 3])
    after = safe[steps.next_observations.argmax(axis=1)]
    (found,) = dciql(steps, after, A, GAMMA, rng=np.random.default_rng(0), **LINEAR)
    assert agrees(found, walks)
    mdp = empirical_mdp(walks, N, A, GAMMA)
    q = np.zeros((N, A))
    for _ in range(400):
        ahead = np.where(safe, q, -np.inf).max(axis=1)
        q = found.reward(np.eye(N)) + GAMMA * (mdp.transition_matrix @ ahead).reshape(N, A)
    assert_allclose(found.q(np.eye(N)), q, atol=0.25)
    for state in range(N):
        assert safe[state, found.act(np.eye(N)[state], safe[state])]
    with pytest.raises(ValueError, match="safe has no action"):
        found.act(np.eye(N)[0], [False] * A)


def test_training_stops_where_more_makes_it_worse(steps):
    few = Transitions(*(part[:60] for part in (
        steps.observations, steps.actions, steps.next_observations, steps.terminated)))  # fmt: skip
    noise = np.random.default_rng(0).normal(size=(60, 40))
    noisy = Transitions(np.hstack((few.observations, noise)), few.actions,
                        np.hstack((few.next_observations, noise)), few.terminated)  # fmt: skip
    (found,) = diql(
        noisy, A, GAMMA, n_steps=4000, held_out=0.3, patience=3, rng=np.random.default_rng(0)
    )
    assert found.n_steps < 4000
    assert found.held_out.argmax() * 200 + 200 == found.n_steps
    assert len(found.held_out) == len(found.losses["q"]) < 20


def test_seeds_differ_and_the_same_seed_does_not(steps):
    options = {"n_steps": 100, "n_seeds": 2}
    first, second = diql(steps, A, GAMMA, rng=np.random.default_rng(1), **options)
    again, _ = diql(steps, A, GAMMA, rng=np.random.default_rng(1), **options)
    x = np.eye(N)
    assert_allclose(first.q(x), again.q(x), rtol=1e-5, atol=1e-6)
    assert np.abs(first.q(x) - second.q(x)).max() > 1e-4


def test_what_is_saved_is_read_again(steps, tmp_path):
    (found,) = diql(steps, A, GAMMA, n_steps=60, held_out=0.1, rng=np.random.default_rng(1))
    found.save(tmp_path / "drive.npz")
    read = DeepIQL.load(tmp_path / "drive.npz")
    for name in ("reward", "q", "policy", "cloned"):
        assert_allclose(getattr(read, name)(np.eye(N)), getattr(found, name)(np.eye(N)))
    assert read.n_steps == found.n_steps
    assert {k: v.tolist() for k, v in read.losses.items()} == {
        k: v.tolist() for k, v in found.losses.items()
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_actions": 4}, "action 3 was never demonstrated"),
        ({"n_actions": 2}, r"actions\[\d+\] is 2; it must be in \{0, …, 1\}"),
        ({"discount": 1.5}, "discount is 1.5"),
        ({"update": "some"}, "update is 'some'"),
        ({"held_out": 1.0}, "held_out is 1.0; it must leave a transition"),
        ({"tau": 0.0}, "tau is 0"),
        *(({name: 0}, f"{name} is 0") for name in ("n_steps", "batch", "n_seeds", "patience")),
    ],
)
def test_what_cannot_be_right_is_refused(steps, change, message):
    options = {"n_actions": A, "discount": GAMMA} | change
    with pytest.raises(ValueError, match=message):
        diql(steps, rng=np.random.default_rng(0), **options)


def test_without_jax_the_extra_is_named(steps, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    module.updates.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r'pip install "inverse-q-learning\[deep\]"'):
        diql(steps, A, GAMMA, rng=np.random.default_rng(0))


def test_demonstrations_with_features_are_as_good_as_transitions(walks):
    options = {"n_steps": 40, "hidden": (), "rng": None}
    x, found = np.eye(N), []
    seen = Demonstrations(*walks._parts()[:-1], observations=x)
    for given, features in ((Transitions.of(walks, x), None), (walks, x), (seen, None)):
        options["rng"] = np.random.default_rng(1)
        found.append(diql(given, A, GAMMA, features=features, **options)[0].q(x))
    assert_allclose(found[1], found[0])
    assert_allclose(found[2], found[0])
    safe = np.ones((N, A), dtype=bool)
    safe[2, 1:] = False
    both = []
    steps = Transitions.of(walks, x)
    for given, allowed in (
        (walks, safe),
        (steps, safe[steps.next_observations.argmax(axis=1)] | steps.terminated[:, None]),
    ):
        features = x if given is walks else None
        options["rng"] = np.random.default_rng(1)
        both.append(dciql(given, allowed, A, GAMMA, features=features, **options)[0].q(x))
    assert_allclose(both[0], both[1])
    safe[1] = False
    with pytest.raises(ValueError, match="next_safe has no action in state 1;"):
        dciql(walks, safe, A, GAMMA, features=x, **options)
    with pytest.raises(ValueError, match="demonstrations has no observations; features must"):
        diql(walks, A, GAMMA, **options)
    with pytest.raises(ValueError, match=r"features has shape \(2, 2\); .* there is a state 3"):
        diql(walks, A, GAMMA, features=np.eye(2), **options)
    with pytest.raises(ValueError, match="features is given, but transitions has its own"):
        diql(steps, A, GAMMA, features=x, **options)
    with pytest.raises(TypeError, match="transitions is 3; it must be a Transitions"):
        diql(3, A, GAMMA, **options)


def test_features_that_are_no_numbers_are_refused(steps):
    bad = steps.observations.copy()
    bad[7, 2] = np.nan
    with pytest.raises(ValueError, match=r"observations\[7, 2\] is nan; it must be a finite"):
        Transitions(bad, steps.actions, steps.next_observations, steps.terminated)
    with pytest.raises(ValueError, match=r"next_observations has shape \(3, 4\)"):
        Transitions(steps.observations, steps.actions, np.eye(4)[:3], steps.terminated)
    with pytest.raises(ValueError, match=r"actions has shape \(3,\)"):
        Transitions(steps.observations, [0, 1, 2], steps.next_observations, steps.terminated)


def test_a_state_in_which_nothing_is_safe_is_named(steps):
    row = int(np.flatnonzero(~steps.terminated)[5])
    safe = np.ones((len(steps.actions), A), dtype=bool)
    safe[row] = False
    with pytest.raises(ValueError, match=rf"next_safe has no action after transition {row};"):
        dciql(steps, safe, A, GAMMA, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"next_safe has shape \(2, 3\)"):
        dciql(steps, safe[:2], A, GAMMA, rng=np.random.default_rng(0))
