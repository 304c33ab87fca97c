import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import lfilter

from rl_lib import Recording
from rl_lib.neurl.activity import AHEAD, CLOCK, inputs


def session(rng, release=(3, 9, -1), units=2):
    return Recording(rng.poisson(2.0, (3, 14, units)), release, cue=4, window=3, after=4)


def test_running_averages_are_those_of_a_filter(rng):
    recording = session(rng)
    shown = inputs(recording, memories=(2.0, 5.0), freeze=False)
    assert shown.x.shape == (3, 10, 2 * 2 + 10)
    for memory, tau in enumerate((2.0, 5.0)):
        kept = np.exp(-1 / tau)
        filtered = lfilter([0, 1 - kept], [1, -kept], recording.counts, axis=1)[:, :10]
        assert_allclose(shown.x[:, :, shown.group == memory], filtered, atol=1e-5)
    assert_array_equal(shown.x[1][:, shown.group == CLOCK], np.eye(10))


def test_a_bin_and_what_follows_it_do_not_enter_its_inputs(rng):
    recording = session(rng, release=(-1, -1, -1))
    for t in range(10):
        counts = recording.counts.copy()
        counts[:, t:] += 5
        changed = inputs(Recording(counts, recording.release, cue=4, window=3, after=4)).x
        assert_array_equal(changed[:, : t + 1], inputs(recording).x[:, : t + 1])
        if t < 9:
            assert (changed[:, t + 1] != inputs(recording).x[:, t + 1]).any()


def test_nothing_changes_after_the_release_but_the_time(rng):
    shown = inputs(session(rng))
    seen = shown.x[0][:, shown.group != CLOCK]
    assert_array_equal(seen[4:], np.broadcast_to(seen[3], (6, 4)))
    assert (seen[3] != seen[2]).any()


def test_who_looks_ahead_sees_the_bins_themselves(rng):
    recording = session(rng)
    shown = inputs(recording, ahead=2)
    first, second = np.split(shown.x[:, :, shown.group == AHEAD], 2, axis=-1)
    assert_array_equal(first, recording.counts[:, :10])
    assert_array_equal(second, recording.counts[:, 1:11])


def test_bad_input(rng):
    with pytest.raises(ValueError, match=r"memories\[1\] is 0"):
        inputs(session(rng), memories=(1.0, 0.0))
    with pytest.raises(ValueError, match="memories is empty"):
        inputs(session(rng), memories=())
    with pytest.raises(ValueError, match="ahead is 5"):
        inputs(session(rng), ahead=5)
