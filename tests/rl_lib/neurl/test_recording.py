import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rl_lib import Laboratory, Recording, ResponseTask, laboratory_rat


def recording(**change):
    given = {
        "counts": np.arange(4 * 12 * 3).reshape(4, 12, 3) % 7,
        "release": [2, 5, 9, -1],
        "cue": 4,
        "window": 3,
        "after": 2,
    }
    return Recording(**given | change)


def test_what_became_of_each_trial_and_what_was_recorded():
    session = recording()
    assert_array_equal(session.outcomes, ["premature", "correct", "late", "none"])
    assert_array_equal(
        recording(release=[3, 4, 6, 7]).outcomes, ["premature", "correct", "correct", "late"]
    )
    assert session.n_decisions == 10
    assert_array_equal(session.holding.sum(axis=1), [3, 6, 10, 10])
    assert_array_equal(session.recorded.sum(axis=1), [5, 8, 12, 12])


def test_what_lies_beyond_the_recording_is_not_looked_at():
    counts = np.arange(4 * 12 * 3).reshape(4, 12, 3) % 7 + 1.0
    counts[0, 5:] = np.nan
    counts[1, 8:] = -3.5
    session = recording(counts=counts)
    assert (session.counts[0, 5:] == 0).all()
    assert (session.counts[1, 8:] == 0).all()
    assert (session.counts[session.recorded] > 0).all()


def test_the_behaviour_alone():
    walks = recording().demonstrations
    assert_array_equal(walks.lengths, [3, 6, 10, 10])
    assert_array_equal(walks.states[:9], [0, 1, 2, 0, 1, 2, 3, 4, 5])
    last = walks.offsets[1:] - 1
    assert_array_equal(walks.actions[last], [1, 1, 1, 0])
    assert walks.actions.sum() == 3
    assert walks.terminated.all()
    walks.check(ResponseTask(duration=1.0, cue=0.4, window=0.3).mdp)


def test_a_simulated_session_reads_back_as_its_releases(rng):
    session = (
        Laboratory(laboratory_rat("eager").policy, units=(1,) * 6).record(50, rng=rng).recording
    )
    walks = session.demonstrations
    assert_array_equal(walks.states[walks.actions == 1], session.release[session.release >= 0])


def test_a_unit_that_never_fires_is_kept_and_named():
    counts = np.ones((4, 12, 3))
    counts[:, :, 1] = 0
    assert_array_equal(recording(counts=counts).silent, [False, True, False])


def test_some_of_the_trials():
    session = recording()
    part = session.select([3, 0])
    assert_array_equal(part.counts, session.counts[[3, 0]])
    assert_array_equal(part.release, [-1, 2])
    assert session.select(session.release < 3) == session.select([0, 3])


def test_recordings_can_be_copied_compared_and_not_written_to():
    session = recording()
    assert pickle.loads(pickle.dumps(session)) == session
    assert session != recording(cue=5)
    assert "4 trials, 12 bins, 3 units" in repr(session)
    given = np.zeros((1, 3, 1), dtype=np.int64)
    made = Recording(given, [0], 0, after=1)
    given[:] = 5
    assert made.counts.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        session.counts[0, 0, 0] = 1


GAP, BELOW, HALF = (np.ones((4, 12, 3)) for _ in range(3))
GAP[1, 7, 2], BELOW[0, 0, 0], HALF[2, 3, 1] = np.nan, -1, 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": GAP}, r"counts\[1, 7, 2\] is nan; it must be finite"),
        ({"counts": BELOW}, r"counts\[0, 0, 0\] is -1; it must be at least 0"),
        ({"counts": HALF}, r"counts\[2, 3, 1\] is 0.5; it must be a whole number"),
        ({"counts": np.ones((4, 12))}, r"counts has shape \(4, 12\); it must have shape"),
        ({"counts": np.ones((4, 2, 3))}, r"more bins than after, 2"),
        ({"counts": np.ones((0, 12, 3)), "release": []}, r"shape \(0, 12, 3\)"),
        ({"release": [1, 2, 3]}, "release has 3 entries; it must have one for each of the 4"),
        ({"release": [1, 2, 10, 3]}, r"release\[2\] is 10; it must be a bin in \{0, …, 9\}"),
        ({"release": [1, -2, 1, 3]}, r"release\[1\] is -2"),
        ({"release": [1, np.nan, 1, 3]}, r"release\[1\] is nan; it must be a whole number"),
        ({"cue": 10}, r"cue is 10; it must be in \{0, …, 9\}"),
        ({"window": 0}, "window is 0"),
        ({"after": -1}, "after is -1"),
        ({"bin_width": 0}, "bin_width is 0"),
    ],
)  # fmt: skip
def test_mistakes_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        recording(**change)


@pytest.mark.parametrize("counts", [np.full((4, 12, 3), "many"), [[[1], [1, 2]]]])
def test_what_is_no_array_of_counts_is_refused(counts):
    with pytest.raises(TypeError, match=r"counts is .* it must be an array of whole numbers"):
        recording(counts=counts)
