"""The stored table of decoders follows from the code where that is quick, and is whole."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bench import neurl as benchmark
from rl_lib import fit_logistic, trial_folds
from rl_lib.neurl.comparison import _oracle, _without_neurons
from rl_lib.neurl.rats import LABORATORY_RATS

STORED = json.loads(benchmark.RESULTS.read_text("utf8"))


def stored_row(rat, name, rule):
    (found,) = (
        one for one in STORED["rats"][rat]["rows"] if (one["name"], one["rule"]) == (name, rule)
    )
    return found


@pytest.mark.parametrize(("number", "rat"), list(enumerate(LABORATORY_RATS)))
def test_rows_that_need_no_network_come_out_again(number, rat):
    recording, truth = benchmark.session_of(rat, number)
    splits = trial_folds(len(recording), 10, rng=np.random.default_rng([STORED["seed"], number, 1]))
    rows = [*_without_neurons(recording, splits), *_oracle(recording, truth, splits)]
    assert len(rows) == 8
    for scores in rows:
        kept = stored_row(rat, scores.name, scores.rule)
        for measure in benchmark.MEASURES:
            found = benchmark.rounded(getattr(scores, measure))
            assert found == pytest.approx(kept[f"{measure}_folds"], abs=2e-4), scores.name


@pytest.mark.parametrize("rat", LABORATORY_RATS)
def test_the_table_is_whole_and_there_is_something_to_decode(rat):
    rows = STORED["rats"][rat]["rows"]
    for one in rows:
        exact, near_1, near_2 = (np.array(one[f"{m}_folds"]) for m in benchmark.MEASURES[:3])
        assert len(exact) == STORED["folds"] == 10
        assert (exact <= near_1).all()
        assert (near_1 <= near_2).all()
        assert_allclose(exact.mean(), one["exact"][0], atol=2e-4)
    blind, oracle = (stored_row(rat, name, "mode") for name in ("blind mode", "oracle mode"))
    assert oracle["exact"][0] - blind["exact"][0] >= 0.15
    for name in ("logistic regression", "network", "NeuRL"):
        shuffled = stored_row(rat, f"{name}, shuffled", "tuned")
        told = stored_row(rat, name, "tuned")
        assert told["log_likelihood"][0] > shuffled["log_likelihood"][0]


def test_one_fold_of_the_logistic_regression_is_about_as_stored():
    """Its trials kept out are drawn anew; the rest is the same."""
    recording, _ = benchmark.session_of("careful", 0)
    splits = trial_folds(len(recording), 10, rng=np.random.default_rng([STORED["seed"], 0, 1]))
    train, test = (recording.select(trials) for trials in splits[0])
    decoder = fit_logistic(train, rng=np.random.default_rng(0))
    above = decoder.hazard(test) > 0.6
    exact = (np.where(above.any(axis=1), above.argmax(axis=1), -1) == test.release).mean()
    kept = stored_row("careful", "logistic regression", "0.6")["exact_folds"][0]
    assert exact == pytest.approx(kept, abs=0.12)
