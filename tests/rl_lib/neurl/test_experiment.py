import numpy as np
import pytest
from numpy.testing import assert_allclose

from rl_lib import ResponseTask, likelihood_ratio, rat, release_distribution, tell_apart
from rl_lib.neurl.experiment import DISCOUNTING, HOLDING_COST

IMPATIENT = (0.028, 0.18)
USUAL = ResponseTask()
LESS = ResponseTask(reward=0.75)
LONGER = ResponseTask(cue=2.4, duration=3.8)
SHORTER = ResponseTask(cue=0.8, duration=2.2)


def evidence(*tasks):
    return tell_apart(HOLDING_COST, IMPATIENT, DISCOUNTING, tasks)


def test_the_impatient_rat_is_one_of_those_that_pay():
    expected = release_distribution(rat("impatient").policy)
    assert_allclose(HOLDING_COST.releases(USUAL, IMPATIENT), expected, atol=1e-12)


def test_without_cost_and_without_discount_they_are_one():
    patient = HOLDING_COST.releases(USUAL, (0.0, 0.2))
    assert_allclose(DISCOUNTING.releases(USUAL, (1.0, 0.2)), patient, atol=1e-12)
    found = tell_apart(HOLDING_COST, (0.0, 0.2), DISCOUNTING, [USUAL])
    assert found.per_trial == pytest.approx(0, abs=1e-8)
    assert_allclose(found.rival, [1, 0.2], atol=1e-3)


def test_the_rival_is_the_best_of_a_grid():
    found = evidence(USUAL, LESS)
    truth = [HOLDING_COST.releases(task, IMPATIENT) for task in (USUAL, LESS)]
    for discount in np.linspace(0.92, 1, 9):
        for temperature in np.linspace(0.1, 0.3, 9):
            kl = [
                np.sum(f * np.log(f / DISCOUNTING.releases(task, (discount, temperature))))
                for f, task in zip(truth, (USUAL, LESS), strict=True)
            ]
            assert np.mean(kl) * 2 >= found.per_trial
    assert found.per_trial == pytest.approx(found.by_task.mean())


def test_which_experiment_tells():
    """A smaller treat tells soonest, then a longer wait; a shorter wait does not help at all."""
    alone, shorter, longer, less = (
        evidence(*tasks).trials()
        for tasks in ([USUAL], [USUAL, SHORTER], [USUAL, LONGER], [USUAL, LESS])
    )
    assert less < 300 < 700 < longer < 1_000 < 5_000 < alone < shorter
    assert evidence(USUAL).expected(alone) == pytest.approx(10)
    assert evidence(USUAL).trials(20) == pytest.approx(2 * alone)


def test_shares_of_trials_count():
    both = evidence(USUAL, LESS)
    same = tell_apart(HOLDING_COST, IMPATIENT, DISCOUNTING, [USUAL, USUAL, LESS, LESS])
    assert same.per_trial == pytest.approx(both.per_trial, rel=1e-6)
    mostly = tell_apart(HOLDING_COST, IMPATIENT, DISCOUNTING, [USUAL, LESS], shares=[1, 0])
    assert mostly.per_trial == pytest.approx(evidence(USUAL).per_trial, rel=1e-6)


def test_simulated_trials_against_the_nearest_rival_gain_what_is_expected(rng):
    found, n = evidence(USUAL, LESS), 20_000
    mean, variance = 0.0, 0.0
    for task in (USUAL, LESS):
        f, g = HOLDING_COST.releases(task, IMPATIENT), DISCOUNTING.releases(task, found.rival)
        gain = 2 * np.log(f / g)[rng.choice(len(f), n, p=f / f.sum())]
        mean, variance = mean + gain.mean() / 2, variance + gain.var() / (4 * n)
    assert abs(mean - found.per_trial) < 4 * np.sqrt(variance)


@pytest.mark.parametrize(("tasks", "n_sets"), [([USUAL, LESS], 24), ([USUAL], 12)])
def test_both_fitted_to_simulated_trials(tasks, n_sets, rng):
    """As many trials as 2N KL = 10 takes; with both fitted the ratio is about that."""
    n = evidence(*tasks).trials() / len(tasks)
    ratios = []
    for _ in range(n_sets):
        counts = [rng.multinomial(round(n), HOLDING_COST.releases(t, IMPATIENT)) for t in tasks]
        ratios.append(likelihood_ratio(HOLDING_COST, DISCOUNTING, tasks, counts))
    error = np.std(ratios) / np.sqrt(n_sets)
    assert abs(np.mean(ratios) - 10) < 4 * error
    assert np.mean(ratios) > 4 * error
    back = likelihood_ratio(DISCOUNTING, HOLDING_COST, tasks, counts)
    assert back == pytest.approx(-ratios[-1], abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([np.ones(31)] * 2, "counts has 2 entries; it must have one for each of 1 tasks"),
        ([np.ones(30)], r"counts\[0\] has shape \(30,\); it must have shape \(31,\)"),
        ([np.append(np.ones(30), -1)], r"least entry of counts\[0\] is -1"),
        ([np.zeros(31)], r"sum of counts\[0\] is 0"),
    ],
)
def test_mistakes_are_named(counts, message):
    with pytest.raises(ValueError, match=message):
        likelihood_ratio(HOLDING_COST, DISCOUNTING, [USUAL], counts)
    with pytest.raises(ValueError, match="tasks is empty"):
        evidence()
    with pytest.raises(ValueError, match=r"shares has shape \(2,\)"):
        tell_apart(HOLDING_COST, IMPATIENT, DISCOUNTING, [USUAL], shares=[0.5, 0.5])
