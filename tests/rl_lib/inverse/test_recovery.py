"""Recovery: what is simulated against exact occupancies, and what comes back against the truth."""

import numpy as np
import pytest
from models import FORMS, random_mdp
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import (
    MDP,
    Intentions,
    boltzmann,
    intention_confusion,
    recover_intentions,
    simulate_intentions,
    value_iteration,
)

STICKY = np.array([[0.95, 0.05], [0.1, 0.9]])


def intentions(policy, transition, start=None):
    """A model of which only this much is looked at."""
    k = len(policy)
    start = np.full(k, 1 / k) if start is None else np.asarray(start)
    none = np.zeros(0)
    return Intentions(np.asarray(policy), none, None, start, transition, 0.0, none, none, 0, True)


def world(scale, seed=0):
    """Random dynamics without endings, and two agents: the larger the scale, the further apart."""
    rng = np.random.default_rng(seed)
    mdp = MDP(rng.dirichlet(np.ones(4), (4, 3)), np.zeros((4, 3)), 0.8)
    rewards = rng.normal(size=(2, 4, 3)) * scale
    policies = [boltzmann(value_iteration(mdp.with_rewards(r), tol=1e-10).q) for r in rewards]
    return mdp, intentions(policies, STICKY)


def apart():
    """Two agents that never do the same."""
    mdp, _ = world(1)
    return mdp, intentions(np.eye(3)[[[0] * 4, [1] * 4]], np.array([[0.9, 0.1], [0.2, 0.8]]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("k", [1, 3])
def test_simulations_have_the_occupancy_of_the_model(form, k):
    mdp = random_mdp(3, 5, 2, 0.9, form=form)
    rng = np.random.default_rng(0)
    model = intentions(
        rng.dirichlet(np.ones(2), (k, 5)), rng.dirichlet(np.ones(k), k), rng.dirichlet(np.ones(k))
    )
    n, length = 20_000, 4
    lengths = np.full(n, length)
    lengths[: n // 2] = 2
    walks, true = simulate_intentions(mdp, model, lengths, rng=rng)
    walks.check(mdp)
    assert (walks.lengths <= lengths).all()
    # An end before its time is an end of the episode.
    assert walks.terminated[walks.lengths < lengths].all()
    dense = mdp.to_dense().transitions
    chance = np.outer(mdp.start, model.start)
    for t in range(length):
        still = n if t < 2 else n // 2
        chance[mdp.terminal] = 0
        acting = np.einsum("sz,zsa->sza", chance, model.policy)
        now = walks.times == t
        seen = np.zeros(acting.shape)
        np.add.at(seen, (walks.states[now], true[now], walks.actions[now]), 1 / still)
        assert_allclose(seen, acting, atol=5 * np.sqrt(0.25 / still))
        chance = np.einsum("sza,sap,zy->py", acting, dense, model.transition)


def test_without_endings_all_have_the_lengths_asked_for():
    mdp, model = world(2)
    lengths = [3, 0, 7, 1]
    rng = np.random.default_rng(0)
    walks, true = simulate_intentions(mdp, model, lengths, rng=rng)
    assert_array_equal(walks.lengths, lengths)
    assert not walks.terminated.any()
    assert len(true) == 11
    again = simulate_intentions(mdp, model, lengths, rng=np.random.default_rng(0))
    assert again.demonstrations == walks
    nothing = simulate_intentions(mdp, model, [0], rng=rng)
    assert nothing.demonstrations.n_steps == len(nothing.intentions) == 0


def test_what_is_well_apart_comes_back():
    mdp, model = apart()
    swapped = intentions(model.policy[::-1], model.transition[::-1, ::-1])
    for truth in (model, swapped):  # labels are made alike, whichever came up more often
        found = recover_intentions(mdp, truth, np.full(100, 100), rng=np.random.default_rng(0))
        assert found.policy_error.max() < 0.015
        assert found.transition_error < 0.01
        assert found.filtered_accuracy == found.smoothed_accuracy == 1
        assert found.best_filtered_accuracy == found.best_smoothed_accuracy == 1


def test_errors_are_those_made_by_hand():
    mdp, model = world(2)
    lengths = np.full(20, 50)
    found = recover_intentions(mdp, model, lengths, restarts=2, rng=np.random.default_rng(5))
    walks, true = simulate_intentions(mdp, model, lengths, rng=np.random.default_rng(5))
    for z in range(2):
        steps = walks.states[true == z]
        distance = np.abs(found.fitted.policy[z, steps] - model.policy[z, steps]).sum(axis=1) / 2
        assert_allclose(found.policy_error[z], distance.mean())
    right = found.fitted.filtered(walks).argmax(axis=1) == true
    assert_allclose(found.filtered_accuracy, right.mean())
    assert_allclose(
        found.best_smoothed_accuracy, (model.smoothed(walks).argmax(axis=1) == true).mean()
    )
    assert len(found.fitted.restarts) == 2


@pytest.mark.parametrize("seed", range(3))
def test_more_data_smaller_errors(seed):
    mdp, model = world(3, seed)
    few, many = (
        recover_intentions(mdp, model, np.full(n, 100), restarts=3, rng=np.random.default_rng(seed))
        for n in (5, 200)
    )
    assert many.policy_error.mean() < few.policy_error.mean() / 2
    assert many.transition_error < few.transition_error
    # The truth knows best, and what comes back comes near.
    assert many.best_filtered_accuracy < many.best_smoothed_accuracy
    for infer in ("filtered", "smoothed"):
        ours, best = getattr(many, f"{infer}_accuracy"), getattr(many, f"best_{infer}_accuracy")
        assert best - 0.02 < ours < best + 0.005


def test_an_intention_that_never_comes_up():
    mdp, model = world(2)
    never = intentions(model.policy, np.eye(2), [1.0, 0.0])
    found = recover_intentions(mdp, never, [50], restarts=1, rng=np.random.default_rng(0))
    assert np.isfinite(found.policy_error).all()
    assert found.best_filtered_accuracy == 1


def test_the_number_that_simulated_is_chosen():
    mdp, two = apart()
    fits = [intentions(np.full((1, 4, 3), 1 / 3), np.ones((1, 1))), two]
    found = intention_confusion(
        mdp, fits, np.full(20, 50), repeats=2, restarts=2, rng=np.random.default_rng(0)
    )
    assert_array_equal(found.bic, 2 * np.eye(2))
    assert_array_equal(found.bic_of_all, found.bic)
    assert_array_equal(found.held_out[1], [0, 2])
    assert_array_equal(found.held_out.sum(axis=1), [2, 2])


def test_bad_input_is_named():
    mdp, model = world(2)
    rng = np.random.default_rng(0)
    for lengths, message in (([], "number of lengths is 0"), ([2, -1], "least of lengths is -1"),
                             (5, "lengths is 5; it must be a 1-D array"),
                             ([1.5], r"lengths\[0\] is 1.5")):  # fmt: skip
        with pytest.raises((ValueError, TypeError), match=message):
            simulate_intentions(mdp, model, lengths, rng=rng)
    with pytest.raises(TypeError, match="rng is 1"):
        simulate_intentions(mdp, model, [5], rng=1)
    other = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.9)
    with pytest.raises(ValueError, match=r"policy has shape \(2, 4, 3\); it must .* \(2, 1, 2\)"):
        simulate_intentions(other, model, [5], rng=rng)
    with pytest.raises(ValueError, match="repeats is 0"):
        intention_confusion(mdp, [model], [5], repeats=0, rng=rng)
    with pytest.raises(ValueError, match="smoothing is 0"):
        recover_intentions(mdp, model, [5], smoothing=0, rng=rng)
    with pytest.raises(ValueError, match="holds no step"):
        recover_intentions(mdp, model, [0], rng=rng)
