import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import Recording, decoded_behaviour, inhibit, predicted_release, release_matches
from rl_lib.neurl.evaluation import (
    hazard_of,
    mean_interval,
    release_log_likelihood,
    releases_of,
    tuned_threshold,
)


def test_predictions_and_matches_by_hand():
    hazard = np.array([[0.1, 0.6, 0.61], [0.7, 0.9, 0.0], [0.1, 0.1, 0.6]])
    assert_array_equal(predicted_release(hazard), [2, 0, -1])
    assert_array_equal(predicted_release(hazard, 0.5), [1, 0, 2])
    assert release_matches([2, 0, -1, -1, 5], [2, 2, -1, 0, 6]) == (0.4, 0.6, 0.8)


def test_hazards_and_distributions_are_one_thing(rng):
    f = rng.dirichlet(np.ones(8), 5)
    assert_allclose(releases_of(hazard_of(f)), f, atol=1e-12)
    release = np.array([0, 3, 6, -1, 2])
    expected = np.log(f[np.arange(5), release])  # −1 is the last entry: never
    assert_allclose(release_log_likelihood(hazard_of(f), release), expected, atol=1e-9)
    many = release_log_likelihood(np.stack([hazard_of(f)] * 3), release)
    assert_allclose(many, np.tile(expected, (3, 1)), atol=1e-9)


def test_a_certain_surprise_costs_what_the_bound_says():
    assert_allclose(release_log_likelihood([[1.0, 0.5]], [-1]), np.log(1e-6) + np.log(0.5))


def test_the_tuned_threshold_is_the_best_of_all(rng):
    hazard, release = rng.random((40, 6)) ** 2, rng.integers(-1, 6, 40)

    def quality(threshold):
        return sum(release_matches(predicted_release(hazard, threshold), release))

    best = max(quality(e) for e in np.linspace(0.02, 0.98, 97))
    assert quality(tuned_threshold(hazard, release)) == pytest.approx(best)


def test_intervals_cover(rng):
    means, halves = np.transpose([mean_interval(rng.normal(2, 1, 10)) for _ in range(2_000)])
    assert 0.93 < (np.abs(means - 2) < halves).mean() < 0.97


def test_bad_input():
    with pytest.raises(ValueError, match="predicted has 1 entries"):
        release_matches([1], [1, 2])
    with pytest.raises(ValueError, match=r"hazard has shape \(3,\)"):
        predicted_release([0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=r"hazard\[0, 1\] is nan"):
        predicted_release([[0.1, np.nan]])
    with pytest.raises(ValueError, match="threshold is 2"):
        predicted_release([[0.1]], 2)


class Leaning:
    """A decoder that lets go the sooner, the less the first unit fires."""

    def hazard(self, recording):
        return 0.5 - 0.4 * (recording.counts[:, : recording.n_decisions, 0] > 0)


def test_what_silence_does_to_a_decoder_that_leans_on_a_unit():
    recording = Recording(np.ones((2, 5, 2)), [2, 3], cue=2, window=1, after=1)
    intact = decoded_behaviour(Leaning(), recording)
    assert intact.premature == pytest.approx(1 - 0.9**2)
    assert intact.correct == pytest.approx(0.9**2 * 0.1)
    assert intact.reaction_time == 0
    silent = decoded_behaviour(Leaning(), inhibit(recording, [0]))
    assert silent.premature == pytest.approx(0.75)
    assert decoded_behaviour(Leaning(), inhibit(recording, [1])) == intact
    assert recording.counts[1].min() == 1
    with pytest.raises(ValueError, match=r"units\[1\] is 2; it must be in \{0, …, 1\}"):
        inhibit(recording, [0, 2])
