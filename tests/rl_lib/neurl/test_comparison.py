import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Laboratory, Recording, compare_decoders, laboratory_rat, trial_folds
from rl_lib.neurl import _training
from rl_lib.neurl.comparison import _expected

SMALL = {"n_configurations": 6, "n_steps": 8, "batch": 32, "min_visits": 3}


@pytest.fixture(scope="module", autouse=True)
def one_width():
    """Networks of each width are compiled for themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_training, "WIDTHS", (8,))
        yield


@pytest.fixture(scope="module")
def session():
    laboratory = Laboratory(laboratory_rat("eager").policy, units=(2, 2, 1, 1, 1, 0), after=3)
    return laboratory.record(90, rng=np.random.default_rng(1))


def compared(recording, truth=None):
    splits = trial_folds(len(recording), 3, rng=np.random.default_rng(2))
    rng = np.random.default_rng(3)
    return compare_decoders(recording, truth, splits=splits, rng=rng, **SMALL)


@pytest.fixture(scope="module")
def found(session):
    return compared(*session)


def leaves(value):
    """The arrays in a fitted decoder."""
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [np.asarray(value)]


def test_nothing_that_is_fitted_depends_on_the_trials_tested_on(session, found, rng):
    recording, test = session.recording, found.splits[0].test
    counts, release = recording.counts.copy(), recording.release.copy()
    counts[test] = rng.poisson(9, counts[test].shape)
    release[test] = rng.integers(2, 25, len(test))
    corrupted = compared(Recording(counts, release, recording.cue, recording.window, 3))
    for method in ("neurl", "own_future", "network"):
        before, after = getattr(found.searched, method), getattr(corrupted.searched, method)
        assert_array_equal(before[0], after[0])
        assert (before[1:] != after[1:]).any()
    for name, decoders in found.fitted.items():
        if "shuffled" in name:  # there, trials are shown each other's activity
            continue
        pairs = [
            zip(leaves(a), leaves(b), strict=True)
            for a, b in zip(decoders, corrupted.fitted[name], strict=True)
        ]
        same = [all(np.array_equal(a, b, equal_nan=True) for a, b in each) for each in pairs]
        assert same == [True, False, False], name
    assert all(each[0] == corrupted.chosen[name][0] for name, each in found.chosen.items())


def test_every_trial_is_tested_once(found):
    tests = np.concatenate([split.test for split in found.splits])
    assert_array_equal(np.sort(tests), np.arange(90))
    for split in found.splits:
        assert not np.intersect1d(split.train, split.test).size


def test_rows_follow_from_what_was_fitted(session, found):
    recording = session.recording
    told = {(one.name, one.rule): one for one in found.scores}
    assert len(told) == len(found.scores)
    tested = [recording.select(split.test) for split in found.splits]
    for name, decoders in found.fitted.items():
        if "shuffled" in name:
            continue
        for rule in ("0.6", "tuned"):
            scores = found.row(name, rule)
            for k, (decoder, test) in enumerate(zip(decoders, tested, strict=True)):
                threshold = 0.6 if rule == "0.6" else decoder.threshold
                above = decoder.hazard(test) > threshold
                predicted = np.where(above.any(axis=1), above.argmax(axis=1), -1)
                assert scores.exact[k] == pytest.approx((predicted == test.release).mean())
                assert scores.exact[k] <= scores.near_1[k] <= scores.near_2[k]
    blind = found.row("blind mode", "mode")
    train = recording.release[found.splits[0].train]
    mode = np.bincount(train).argmax()
    assert blind.exact[0] == pytest.approx((tested[0].release == mode).mean())
    p = session.truth.release_probability[found.splits[0].test]
    likely = np.log(p[np.arange(len(p)), tested[0].release]).mean()
    assert found.row("oracle policy", "0.6").log_likelihood[0] == pytest.approx(likely, abs=1e-3)
    assert np.isnan(blind.log_likelihood).all()
    assert_allclose(found.row("chance", "draw").log_likelihood, -np.log(30))


def test_matches_to_expect_are_those_of_many_draws(rng):
    f, release = rng.dirichlet(np.ones(6)), np.array([0, 2, 4, -1])
    drawn = rng.choice(6, p=f, size=(100_000, 1))
    drawn = np.where(drawn == 5, -1, drawn)
    apart = np.where(
        (drawn < 0) | (release < 0), np.where(drawn == release, 0, 9), abs(drawn - release)
    )
    seen = [(apart <= k).mean() for k in range(3)]
    assert_allclose(_expected(f, release), seen, atol=0.01)


def test_bad_input(session):
    with pytest.raises(ValueError, match="n_trials is 5; it must be at least n_folds, 10"):
        compare_decoders(session.recording.select(np.arange(5)), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="n_configurations is 5"):
        compare_decoders(session.recording, n_configurations=5, rng=np.random.default_rng(0))
