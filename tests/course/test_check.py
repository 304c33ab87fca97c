"""What `course check` tells a student."""

import shutil
import subprocess
import sys

import pytest

from course.check import check
from course.cli import main
from course.errors import CourseError
from course.layout import Course
from course.samples import hard_cases

NAME = hard_cases.NAME
CASES = {case.name: case for case in hard_cases.CASES}


def handed(folder, case, name=f"{NAME}.ipynb"):
    path = folder / name
    other = b'{"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}}]}'
    path.write_bytes(CASES[case].notebook() if case in CASES else other)
    return path


def test_a_right_notebook_passes(tmp_path, capsys):
    assert main(["check", str(handed(tmp_path, "right"))]) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [f"{step}: passed" for step in hard_cases.STEPS]


@pytest.mark.parametrize(
    ("case", "step", "message"),
    [
        ("changes_between_calls", "action_values", "q["),
        ("not_written", "greedy_policy", "greedy_policy is not written yet"),
        (
            "syntax_error",
            "greedy_policy",
            "the cell of greedy_policy raised SyntaxError: expected ':' (line 1",
        ),
        (
            "sys_exit",
            "action_values",
            "action_values raised SystemExit (line 5 of the cell: sys.exit()), which ends",
        ),
        ("recursion", "action_values", "action_values raised RecursionError: maximum"),
        ("deleted", "greedy_policy", "there is no function greedy_policy in the notebook"),
        ("hostile_complex", "action_values", "q holds complex numbers"),
    ],
)
def test_a_wrong_one_hears_why(tmp_path, capsys, case, step, message):
    assert main(["check", str(handed(tmp_path, case))]) == (1 if message else 0)
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert said.pop(step).startswith(message or "passed")
    assert set(said.values()) <= {"passed"}


@pytest.mark.parametrize("case", ["stripped", "split", "magics", "colab", "own_cells", "not_utf8"])
def test_it_looks_for_answers_as_the_grader_does(tmp_path, case):
    assert main(["check", str(handed(tmp_path, case, "my work.ipynb"))]) == 0
    assert main(["check", str(handed(tmp_path, case, f"{NAME} (2).ipynb"))]) == 0


def test_it_needs_nothing_that_only_unix_has(tmp_path):
    program = (
        "import sys\nfor name in ('resource', 'fcntl', 'pwd', 'grp', 'termios'):\n"
        "    sys.modules[name] = None\nfrom course.cli import main\nsys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "check", str(handed(tmp_path, "right"))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=hard_cases.ROOT)
    assert (done.returncode, done.stdout.count(": passed")) == (0, 3), done.stderr


def test_what_is_odd_is_said(tmp_path, capsys):
    main(["check", str(handed(tmp_path, "wrong_kernel"))])
    assert "note: the kernel of the notebook is julia" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("case", "name", "message"),
    [
        ("empty", f"{NAME}.ipynb", "the file is empty"),
        ("conflict", f"{NAME}.ipynb", "merge conflict"),
        ("another_notebook", "homework.ipynb", "belongs to none of the exercises: inverse_q_"),
    ],
)
def test_what_cannot_be_checked_is_one_line(tmp_path, capsys, case, name, message):
    assert main(["check", str(handed(tmp_path, case, name))]) == 1
    error = capsys.readouterr().err
    assert error.startswith("course: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_missing_file_and_missing_exercises(tmp_path, capsys):
    assert main(["check", str(tmp_path / "nothing.ipynb")]) == 1
    assert "No such file" in capsys.readouterr().err
    shutil.copy(hard_cases.ROOT / "nbgrader_config.py", tmp_path)
    empty = Course.read(tmp_path)
    with pytest.raises(CourseError, match="holds no exercises"):
        check(handed(tmp_path, "right"), empty)


@pytest.fixture
def course(tmp_path):
    for name in ("exercises", "solutions"):
        shutil.copytree(hard_cases.ROOT / name, tmp_path / name)
    shutil.copy(hard_cases.ROOT / "nbgrader_config.py", tmp_path)
    return Course.read(tmp_path)


def test_a_notebook_of_ones_own_among_the_exercises_is_in_nobodys_way(course, tmp_path):
    for name in (f"{NAME}/mine.ipynb", "mine/mine.ipynb", "mine.ipynb"):
        (course.exercises / name).parent.mkdir(exist_ok=True)
        (course.exercises / name).write_text("{}")
    said, _ = check(handed(tmp_path, "right"), course)
    assert all(one.passed for one in said)


@pytest.mark.parametrize("work", ["tests taken out", "half a file", "no metadata"])
def test_the_tests_are_not_those_of_somebodys_work(course, tmp_path, work):
    """Who works in `exercises/` may have changed them there."""
    path = course.exercise(NAME)
    text = path.read_text("utf8")
    path.write_text(
        {
            "tests taken out": text.replace("@checks.step", "# @checks.step"),
            "half a file": text[:1000],
            "no metadata": text.replace('"nbgrader"', '"other"'),
        }[work]
    )
    said, _ = check(handed(tmp_path, "not_written"), course)
    assert {one.step: one.passed for one in said}["greedy_policy"] is False
    assert sum(one.passed for one in said) == 2
