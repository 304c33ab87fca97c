from pathlib import Path

import pytest

from course.layout import Course
from course.samples.reading import read_all, report

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.xdist_group("answers")


def test_most_wrong_answers_read_their_mistake(capsys):
    """Quick exercises only; `course answers` prints all of them."""
    course = Course.read(ROOT)
    read = report(course, ("maxent_irl",))
    assert all(one.test.endswith("_visible") for one in read)
    assert sum(one.named for one in read) >= 0.9 * len(read)
    said = capsys.readouterr().out
    assert "maxent_irl/wrong_downhill: Expected minus seen." in said
    assert "That is what comes out if it is expected minus seen" in said


def test_no_words_stand_twice_for_two_mistakes():
    """What leads to other numbers is told in other words."""
    course = Course.read(ROOT)
    told = {one.answer: one.words for one in read_all(course, ("inverse_q_learning",))}
    pairs = [
        ("wrong_bug_kept", "wrong_mean_over_all"),
        ("wrong_one_too_few", "wrong_sum_taken_off"),
    ]
    assert all(told[one] != told[other] for one, other in pairs)
