"""The benchmark's own parts: folds, intervals, and the models that know no intention."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from bench.labyrinth import FOLDS, folds_of, interval, some, tried, turning
from rl_lib import Demonstrations, Labyrinth

WORLD = Labyrinth("swirl")


def mice(n, seed, turn=0.1):
    """Simulated mice that turn back with one probability everywhere."""
    rng = np.random.default_rng(seed)
    following = WORLD.targets
    walks = []
    for _ in range(n):
        here, before, steps = 0, -1, []
        for _ in range(100):
            ways = np.flatnonzero(following[here] != here)
            back = ways[following[here][ways] == before]
            on = np.setdiff1d(ways, back)
            if len(on) == 0 or (len(back) and rng.random() < turn):
                action = back[0]
            else:
                action = rng.choice(on)
            steps.append((here, action))
            before, here = here, following[here, action]
        walks.append(steps)
    return Demonstrations.from_trajectories(walks)


def test_turning_back_is_all_that_these_mice_know():
    train, test = mice(40, 0), mice(10, 1)
    found = turning(WORLD)(train)(test)
    assert np.isfinite(found).all()
    assert found.mean() > tried(WORLD)(train)(test).mean() + 0.05
    # At each inner node .1 back, .45 for each way on; at a leaf there is one way.
    inner = (WORLD.depth[test.states] < 6) & (WORLD.depth[test.states] > 0) & (test.times > 0)
    back = WORLD.targets[test.states, test.actions] == np.roll(test.states, 1)
    assert_allclose(np.exp(found[inner]), np.where(back, 0.1, 0.45)[inner], atol=0.06)
    leaf = WORLD.depth[test.states] == 6
    assert_allclose(found[leaf], 0, atol=1e-4)


def test_some_trajectories_are_those():
    walks = mice(3, 0)
    assert some(walks, np.array([2, 0])) == Demonstrations.from_trajectories(
        [walks.to_trajectories()[i] for i in (2, 0)]
    )


def test_folds_keep_runs_together_and_are_even():
    runs = np.repeat(np.arange(12), [9, 1, 1, 5, 2, 7, 3, 3, 1, 1, 4, 3])
    folds = folds_of(runs)
    for run in range(12):
        assert len(set(folds[runs == run])) == 1
    assert_array_equal(np.unique(folds), np.arange(FOLDS))
    assert np.bincount(folds).max() <= 9


def test_intervals_widen_where_runs_are_few():
    rng = np.random.default_rng(0)
    of_run = rng.normal(size=40)
    steps = of_run[np.repeat(np.arange(40), 5)][:, None] + 0.1 * rng.normal(size=(200, 10))
    low, high = interval(steps, np.repeat(np.arange(40), 5), np.random.default_rng(1))
    assert low < steps.mean() < high
    assert_allclose(high - low, 2 * 1.96 * of_run.std() / np.sqrt(40), rtol=0.2)
    alone = interval(steps, np.arange(200), np.random.default_rng(1))
    assert high - low > 1.5 * (alone[1] - alone[0])
