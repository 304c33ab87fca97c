from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    Demonstrations,
    GridWorld,
    Objectworld,
    boltzmann_expert,
    by_visits,
    ciql,
    empirical_mdp,
    iavi,
    iql,
    russell_norvig,
)
from rl_lib.inverse import iql as module
from rl_lib.learning.tabular import ByVisits


def centred(reward):
    return reward - reward.mean(axis=1, keepdims=True)


def published(walks, n, m, discount, epochs, smoothing, step_size, reward_step_size):
    """The update of the paper in plain Python; step sizes are functions of the visits."""
    counts, visits, q, shifted, r = (np.zeros((n, m)) for _ in range(5))
    for epoch in range(epochs):
        for i in range(walks.n_steps):
            s, a, t = walks.states[i], walks.actions[i], walks.next_states[i]
            counts[s, a] += epoch == 0
            alpha, alpha_r = step_size(visits[s, a]), reward_step_size(visits[s, a])
            visits[s, a] += 1
            ahead = 0.0 if walks.ended[i] else discount * q[t].max()
            shifted[s, a] = (1 - alpha) * shifted[s, a] + alpha * ahead
            eta = np.log((counts[s] + smoothing) / (counts[s] + smoothing).sum()) - shifted[s]
            others = np.delete(r[s] - eta, a).mean()
            r[s, a] = (1 - alpha_r) * r[s, a] + alpha_r * (eta[a] + others)
            q[s, a] = (1 - alpha) * q[s, a] + alpha * (r[s, a] + ahead)
    return r, q, shifted


def plain(walks, n, m, discount, epochs, smoothing, safe):
    """All rewards of a state moved together, in plain Python."""
    ended = set(walks.offsets[1:][walks.terminated] - 1)
    counts, visits, q, shifted, r, acting = (np.zeros((n, m)) for _ in range(6))
    tried = walks.counts(n, m) > 0
    for epoch in range(epochs):
        for i in range(walks.n_steps):
            s, a, t = walks.states[i], walks.actions[i], walks.next_states[i]
            counts[s, a] += epoch == 0
            ahead = 0.0 if i in ended else discount * q[t].max()
            ahead_safe = 0.0 if i in ended else discount * acting[t][safe[t]].max()
            alpha = 1 / (1 + (1 - discount) * visits[s, a])
            visits[s, a] += 1
            shifted[s, a] += alpha * (ahead - shifted[s, a])
            shifted[s, ~tried[s]] = shifted[s, tried[s]].mean()
            eta = np.log((counts[s] + smoothing) / (counts[s] + smoothing).sum()) - shifted[s]
            usual, usual_safe = ((table[s] - r[s])[tried[s]].mean() for table in (q, acting))
            others = ((r[s] - eta).sum() - (r[s] - eta)) / (m - 1)
            r[s] += (m - 1) / m * (eta + others - r[s])
            for b in range(m):
                if b == a or not tried[s, b]:
                    follows = (ahead, ahead_safe) if b == a else (usual, usual_safe)
                    for table, value in zip((q, acting), follows, strict=True):
                        table[s, b] += alpha * (r[s, b] + value - table[s, b])
        yield r.copy(), q.copy(), shifted.copy(), acting.copy()


@pytest.fixture(scope="module")
def walks():
    world = russell_norvig(discount=0.9)
    expert = boltzmann_expert(world.mdp, 0.3)
    return expert.demonstrate(100, max_steps=20, rng=np.random.default_rng(0))


def test_it_is_the_loop_written_down(walks):
    safe = np.random.default_rng(0).random((11, 4)) < 0.6
    safe[:, 0] |= ~safe.any(axis=1)
    epochs = list(plain(walks, 11, 4, 0.9, epochs=40, smoothing=0.7, safe=safe))
    for n in (3, 40):
        reward, q, shifted, acting = epochs[n - 1]
        found = ciql(walks, 11, 4, 0.9, safe, epochs=n, smoothing=0.7)
        assert_allclose(found.reward, reward, atol=1e-10)
        assert_allclose(found.q, q, atol=1e-10)
        assert_allclose(found.q_shifted, shifted, atol=1e-10)
        assert_allclose(found.q_constrained, acting, atol=1e-10)
        best = np.where(safe, acting, -np.inf).argmax(axis=1)
        assert_array_equal(found.policy, np.eye(4)[best])
        tables = [np.zeros((11, 4)), *(q for _, q, _, _ in epochs[:n])]
        changes = [np.abs(now - before).max() for before, now in pairwise(tables)]
        assert_allclose(found.changes, changes, atol=1e-10)
    # To act by Q and skip what is forbidden would be another policy.
    assert (np.where(safe, q, -np.inf).argmax(axis=1) != best).any()


@pytest.mark.parametrize(
    ("alpha", "alpha_r", "options"),
    [
        (lambda n: 0.05, lambda n: 0.3, {"step_size": 0.05, "reward_step_size": 0.3}),
        (
            lambda n: (3 / (3 + n)) ** 0.7,
            lambda n: (2 / (2 + n)) ** 0.6,
            {"step_size": by_visits(0.7, 3), "reward_step_size": by_visits(0.6, 2)},
        ),
    ],
)
def test_the_published_update_moves_the_action_taken_only(walks, alpha, alpha_r, options):
    reward, q, shifted = published(walks, 11, 4, 0.9, 4, 0.7, alpha, alpha_r)
    found = iql(walks, 11, 4, 0.9, epochs=4, smoothing=0.7, update="taken", **options)
    assert_allclose(found.reward, reward, atol=1e-10)
    assert_allclose(found.q, q, atol=1e-10)
    assert_allclose(found.q_shifted, shifted, atol=1e-10)


def test_plain_python_gives_what_numba_gives(walks, monkeypatch):
    compiled = iql(walks, 11, 4, 0.9, epochs=2)
    monkeypatch.setattr(module, "_epoch", getattr(module._epoch, "py_func", module._epoch))
    assert_allclose(iql(walks, 11, 4, 0.9, epochs=2).q, compiled.q, atol=1e-12)


def test_a_converging_schedule_finds_what_iavi_finds_on_the_same_counts():
    rng = np.random.default_rng(0)
    world = Objectworld.random(rng=rng)
    walks = boltzmann_expert(world.mdp, 0.1).demonstrate(4_096, max_steps=8, rng=rng)
    exact = iavi(empirical_mdp(walks, 1024, 5, 0.9), walks.policy(1024, 5))
    found = iql(walks, 1024, 5, 0.9, epochs=200)
    met = walks.counts(1024, 5).sum(axis=1) > 0
    both = centred(found.reward)[met].ravel(), exact.reward[met].ravel()
    assert np.corrcoef(both)[0, 1] > 0.99
    assert np.abs(found.policy - exact.policy)[met].max() < 0.02
    assert found.changes[-1] < 0.01 * found.changes[0]


def test_the_papers_steps_are_far_from_there(walks):
    paper = iql(
        walks, 11, 4, 0.9, epochs=100, step_size=0.01, reward_step_size=1e-4, update="taken"
    )
    ours = iql(walks, 11, 4, 0.9, epochs=100)
    seen = walks.policy(11, 4)
    met = walks.counts(11, 4).sum(axis=1) > 20
    assert np.abs(ours.policy - seen)[met].max() < 0.01
    assert np.abs(paper.policy - seen)[met].max() > 0.1


def test_shuffled_steps_end_up_in_the_same_place(walks):
    ordered = iql(walks, 11, 4, 0.9, epochs=400)
    shuffled = iql(walks, 11, 4, 0.9, epochs=400, rng=np.random.default_rng(3))
    assert_allclose(shuffled.policy, ordered.policy, atol=0.01)
    once = [iql(walks, 11, 4, 0.9, epochs=1, rng=rng).q for rng in (None, np.random.default_rng(3))]
    assert np.abs(once[0] - once[1]).max() > 1e-3


def test_steps_without_successor_only_count():
    known = [[(0, 1, 0)], [(0, 0, 0)]]
    lost = Demonstrations.from_trajectories([[(0, 1)], [(0, 1)]])
    ends = Demonstrations.from_trajectories(known, terminated=True)
    both = Demonstrations.from_trajectories([*known, [(0, 1)], [(0, 1)]], terminated=[1, 1, 0, 0])
    assert_allclose(iql(lost, 1, 2, 0.9).q, 0)
    assert iql(both, 1, 2, 0.9).policy[0, 1] > iql(ends, 1, 2, 0.9).policy[0, 1] + 0.1


def test_an_ending_needs_no_next_state():
    trials = [[(0, 1)], [(0, 1)], [(0, 0)]]
    without = Demonstrations.from_trajectories(trials, terminated=True)
    with_it = Demonstrations.from_trajectories([[(*t[0], 0)] for t in trials], terminated=True)
    assert_array_equal(iql(without, 1, 2, 0.9).q, iql(with_it, 1, 2, 0.9).q)
    assert np.abs(iql(without, 1, 2, 0.9).q).max() > 0.1


def test_an_action_seen_only_without_successor_leads_where_the_others_lead():
    # In state 0, action 1 was taken, but where it led was never recorded.
    known = [[(0, 0, 1), (1, 1, 1)], [(0, 0, 1), (1, 0, 1)], [(0, 0, 1), (1, 1, 1)]]
    trials = [*known, [(0, 1, -1)]]
    seen = Demonstrations.from_trajectories(trials, terminated=[1, 1, 1, 0])
    exact = iavi(empirical_mdp(seen, 2, 2, 0.9), seen.policy(2, 2))
    found = iql(seen, 2, 2, 0.9, epochs=3000)
    assert_allclose(found.q, exact.q, atol=2e-3)
    assert_allclose(found.q_shifted, exact.q - exact.reward, atol=2e-3)


def test_constrained_behaviour_keeps_the_rules():
    # The expert likes to go up through cell 4; the rule forbids it.
    world = russell_norvig(discount=0.9)
    walks = boltzmann_expert(world.mdp, 0.1).demonstrate(500, rng=np.random.default_rng(1))
    safe = np.ones((11, 4), dtype=bool)
    safe[7, 0] = False
    free = iql(walks, 11, 4, 0.9)
    kept = ciql(walks, 11, 4, 0.9, safe)
    assert free.policy[7, 0] > 0.05
    assert_array_equal(kept.policy[~safe], 0)
    assert_array_equal(kept.policy.sum(axis=1), 1)
    assert_allclose(kept.reward, free.reward)
    assert_allclose(ciql(walks, 11, 4, 0.9, np.ones((11, 4), dtype=bool)).q_constrained, free.q)
    # What lies behind the rule is worth less to who keeps it.
    assert (kept.q_constrained <= kept.q + 1e-9).all()


def test_the_lawn_is_not_walked_on_from_the_first_epoch_to_the_last():
    # The way straight on leads over the two cells of the lawn; people take it.
    park = GridWorld(". . . .\nS . . G\n. . . .", -1.0, slip=0.0, discount=0.95, exits={"G": 5.0})
    n = park.mdp.n_states
    lawn = np.isin(np.arange(n), park.states[1, 1:3])
    safe = (park.mdp.transitions @ lawn == 0) | lawn[:, None]
    walks = boltzmann_expert(park.mdp).demonstrate(300, max_steps=40, rng=np.random.default_rng(0))

    def unsafe_share(policy, seed):
        rng = np.random.default_rng(seed)
        walked = Demonstrations.sample(park.mdp, policy, 200, max_steps=40, rng=rng)
        return (~safe[walked.states, walked.actions]).mean()

    assert unsafe_share(iql(walks, n, 4, 0.95).policy, 1) >= 0.05
    for epochs in (1, 2, 5, 20, 100):
        kept = ciql(walks, n, 4, 0.95, safe, epochs=epochs).policy
        assert unsafe_share(kept, epochs) == 0
    walked = Demonstrations.sample(park.mdp, kept, 1, max_steps=40, rng=np.random.default_rng(2))
    assert walked.terminated[0]  # around the lawn, in the fewest steps
    assert walked.n_steps == 5


STEP = Demonstrations.from_trajectories([[(0, 0, 0)]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iql(Demonstrations.from_trajectories([[]]), 1, 2, 0.9), "holds no step"),
        (lambda: iql(STEP, 1, 1, 0.9), "n_actions is 1"),
        (lambda: iql(STEP, -1, 2, 0.9), "n_states is -1"),
        (lambda: iql(STEP, 1, 2, 1.0), "discount is 1"),
        (lambda: iql(STEP, 1, 2, 1.5), r"discount is 1\.5"),
        (lambda: iql(STEP, 1, 2, 0.9, epochs=0), "epochs is 0"),
        (lambda: iql(STEP, 1, 2, 0.9, step_size=0), "step_size is 0"),
        (lambda: iql(STEP, 1, 2, 0.9, reward_step_size=2), "reward_step_size is 2"),
        (lambda: iql(STEP, 1, 2, 0.9, smoothing=0), "smoothing is 0"),
        (lambda: iql(STEP, 1, 2, 0.9, update="all"), "update is 'all'"),
        (lambda: ciql(STEP, 1, 2, 0.9, [[False, False]]), r"safe\[0\] allows no action"),
        (lambda: iql(STEP, 1, 2, 0.9, step_size=ByVisits(-1.0, 1.0)), "power is -1"),
        (lambda: ciql(STEP, 1, 2, 0.9, [[1, 0]]), "type int64; it must be bool"),
        (lambda: ciql(STEP, 2, 2, 0.9, [[True, True]]), r"safe has shape \(1, 2\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iql([[(0, 0)]], 1, 2, 0.9), r"demonstrations is \[\[\(0, 0\)\]\]; it must be"),
        (lambda: ciql(STEP, 1, 2, 0.9, None), "safe is None"),
        (lambda: ciql(STEP, 2, 2, 0.9, [[True], [True, False]]), "safe must be an array"),
    ],
)
def test_the_wrong_kind_of_input_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_schedules_may_differ(walks):
    slow = iql(walks, 11, 4, 0.9, step_size=by_visits(1.0), reward_step_size=0.5)
    assert np.isfinite(slow.q).all()


def test_a_policy_that_is_known_is_explained():
    """Steps taken at random tell where actions lead; what is done is told."""
    mdp = Objectworld.random(size=4, n_objects=4, rng=np.random.default_rng(0)).mdp
    n, m = mdp.n_states, mdp.n_actions
    policy = boltzmann_expert(mdp).policy
    anyone = np.full((n, m), 1 / m)
    steps = Demonstrations.sample(mdp, anyone, 200, max_steps=50, rng=np.random.default_rng(1))
    model = empirical_mdp(steps, n, m, mdp.discount)
    found = iql(steps, n, m, mdp.discount, policy=policy, epochs=300)
    assert_allclose(centred(found.reward), iavi(model, policy).reward, atol=0.01)
    assert_allclose(found.policy, policy, atol=0.01)
    with pytest.raises(ValueError, match=r"policy\[0, 1\] is 0; every action needs"):
        iql(steps, n, m, 0.9, policy=np.eye(m)[np.zeros(n, dtype=int)])
    with pytest.raises(ValueError, match="policy has shape"):
        iql(steps, n, m, 0.9, policy=anyone[1:])
