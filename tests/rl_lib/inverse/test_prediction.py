"""The harness: our own models come out as they score themselves, and none can peek."""

import numpy as np
import pytest
from models import random_mdp
from numpy.testing import assert_allclose

from rl_lib import Demonstrations, counting, multi_intention_irl, predict_ahead

MDP = random_mdp(1, 4, 3, 0.9)


def walks(seed, n=10):
    policy = np.random.default_rng(0).dirichlet(np.ones(3), 4)
    return Demonstrations.sample(MDP, policy, n, max_steps=9, rng=np.random.default_rng(seed))


def told(states, actions):
    """The past as demonstrations; what is done now is not known, and said to be 0."""
    now = np.column_stack((actions, np.zeros(len(states), dtype=int)))
    return Demonstrations.from_trajectories(np.stack((states, now), axis=2))


def test_counts_and_intentions_score_themselves():
    train, test = walks(1, 30), walks(2)

    def fit_counts(train):
        model = counting(train, 4, 3, memory=2)

        def predict(states, actions):
            length = states.shape[1]
            return model.policies(told(states, actions))[length - 1 :: length]

        return predict

    found = predict_ahead(fit_counts, train, test, 3)
    assert_allclose(found, counting(train, 4, 3, memory=2).log_probabilities(test))

    def fit_intentions(train):
        model = multi_intention_irl(MDP, train, 2, restarts=1, rng=np.random.default_rng(0))

        def predict(states, actions):
            past = told(states, actions)
            last = past.offsets[1:] - 1
            mixed = model.predicted(past)[last].T[:, :, None] * model.policy[:, states[:, -1]]
            return mixed.sum(axis=0)

        return predict

    model = multi_intention_irl(MDP, train, 2, restarts=1, rng=np.random.default_rng(0))
    found = predict_ahead(fit_intentions, train, test, 3)
    assert_allclose(found, model.log_probabilities(test))


def test_the_past_is_all_that_is_handed_out():
    test, seen = walks(2), []

    def fit(train):
        def predict(states, actions):
            seen.append((states.copy(), actions.copy()))
            return np.full((len(states), 3), 1 / 3)

        return predict

    assert_allclose(predict_ahead(fit, walks(1), test, 3), -np.log(3))
    lists = test.to_trajectories()
    for t, (states, actions) in enumerate(seen):
        long = [walk for walk in lists if len(walk) > t]
        assert states.tolist() == [walk[: t + 1, 0].tolist() for walk in long]
        assert actions.tolist() == [walk[:t, 1].tolist() for walk in long]
    assert len(seen) == test.lengths.max()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n: np.full((n, 3), 0.5), r"prediction of step 0\[0\] is .* that sum to 1"),
        (lambda n: np.tile([1.5, -0.5, 0.0], (n, 1)), "must hold probabilities"),
        (lambda n: np.full((n, 3), np.nan), r"prediction of step 0\[0, 0\] is nan"),
        (lambda n: np.full((n, 2), 0.5), r"has shape \(10, 2\); it must have shape \(10, 3\)"),
        (lambda n: None, "the prediction of step 0"),
    ],
)
def test_what_are_no_probabilities_is_refused(answer, message):
    def fit(train):
        return lambda states, actions: answer(len(states))

    with pytest.raises((ValueError, TypeError), match=message):
        predict_ahead(fit, walks(1), walks(2), 3)


def test_what_was_thought_impossible_costs_everything():
    walk = Demonstrations.from_trajectories([[(0, 1)]])
    scores = predict_ahead(lambda train: lambda s, a: np.array([[1.0, 0]]), walk, walk, 2)
    assert scores[0] == -np.inf
