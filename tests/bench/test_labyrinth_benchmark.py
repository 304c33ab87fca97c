"""The benchmark's own parts: folds, intervals, the models without intention, the stored table."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bench.labyrinth import FOLDS, RESULTS, folds_of, interval, published_split, score_of
from bench.mice import counts, models, of_a_reader, tried, turning
from rl_lib import Demonstrations, Labyrinth, counting, load_labyrinth

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
    low, high = interval(steps, np.repeat(np.arange(40), 5))
    assert low < steps.mean() < high
    assert_allclose(high - low, 2 * 1.96 * of_run.std() / np.sqrt(40), rtol=0.2)
    alone = interval(steps, np.arange(200))
    assert high - low > 1.5 * (alone[1] - alone[0])


def test_intervals_leave_out_what_is_not_counted():
    steps, runs = np.tile([1.0, 50.0], (30, 1)), np.arange(30)
    counted = np.tile([True, False], (30, 1))
    assert interval(steps, runs, counted) == [1.0, 1.0]


def test_a_model_of_a_reader_scores_what_it_is():
    train, test = mice(10, 0), mice(4, 1)

    def fit(train):
        table = train.counts(127, 4) + 0.25
        policy = table / table.sum(axis=1, keepdims=True)
        return lambda states, actions: policy[states[:, -1]]

    ours = counting(train, 127, 4).log_probabilities(test)
    assert_allclose(of_a_reader(fit)(train)(test), ours)


def test_the_stored_table_has_every_model_and_is_of_this_code(recordings):
    tables = json.loads(RESULTS.read_text("utf8"))["tables"]
    for table in tables.values():
        assert [row["name"] for row in table["models"]] == list(models(WORLD))
        for row in table["models"]:
            low, high = row["interval"]
            assert low < row["nats"] < high
    for which, table in tables.items():
        data = load_labyrinth(which, folder=recordings)
        for row in table["models"]:
            if row["name"].startswith("K = ") and row["name"] != "K = 1":
                continue
            fit = models(Labyrinth(data.encoding))[row["name"]]
            again = published_split(data, fit)
            for key, value in again.items():
                assert_allclose(value, row[key], rtol=1e-9, err_msg=f"{row['name']}: {key}")


def test_without_intentions_one_intention_is_a_count():
    train, test = mice(10, 0), mice(4, 1)
    one = models(WORLD)["K = 1"](train)(test)
    assert_allclose(one, counts(WORLD, concentration=2.0)(train)(test), atol=1e-12)


@pytest.mark.parametrize(("text", "message"), [(None, "no file"), ("fit = 3", "must define")])
def test_a_file_without_a_model_is_told_so(tmp_path, text, message):
    path = tmp_path / "model.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SystemExit, match=message):
        score_of(str(path))
