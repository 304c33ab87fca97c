from pathlib import Path

import pytest

from course.cli import main
from course.errors import CourseError
from course.layout import Course
from course.mutation.mutants import Mutant
from course.mutation.trials import Ground, trials

pytestmark = pytest.mark.usefixtures("bubblewrap")

COURSE = Course.read(Path(__file__).parents[3])
LOOP = "def shift(v, by):\n    while True:\n        pass"
MINUS = "def shift(v, by):\n    return v - by"
WRONG = "def shift(v, by):\n    return 2 * v"


def tried(assignment, *sources):
    ground = Ground(assignment, (COURSE.root,))
    return list(trials(ground, [Mutant("shift", 1, "", "", source) for source in sources]))


def test_each_test_says_what_it_notices(assignment):
    sharp = """
@checks.step(globals())
def more(shift):
    v = np.array([0.5])
    checks.close("the hidden v", checks.values("v", shift(v, 1.0), (1,)), np.array([1.5]))"""
    dull, seen, endless = tried(assignment(), MINUS, WRONG, LOOP)
    assert (dull.visible, dull.hidden) == ("", "")
    assert seen.visible == "v[0] is 2; it should be 1."
    assert "did not stop within" in endless.visible
    assert endless.hidden
    late, _ = tried(assignment(sharp), MINUS, WRONG)
    assert (late.visible, late.hidden) == ("", "the hidden v is -0.5; it should be 1.5.")


def test_a_solution_that_fails_is_no_measure(assignment):
    with pytest.raises(CourseError, match="the solution of shift itself loses points"):
        tried(assignment(answer=WRONG), MINUS)


@pytest.mark.slow
@pytest.mark.parametrize("name", COURSE.assignments())
def test_nothing_goes_unnoticed(name, monkeypatch, capsys):
    monkeypatch.chdir(COURSE.root)
    status = main(["mutate", name])
    assert status == 0, capsys.readouterr().out
