"""A student's way, from the exercise to the file that is handed in."""

import json
import os
import shutil
import subprocess

import nbformat
import pytest

from course.cli import main
from course.layout import Course
from course.release import tidy
from course.samples import hard_cases, sample_class
from course.start import student_environment, versions_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:nbgrader"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:nbconvert"),
]

ROOT, NAME = hard_cases.ROOT, hard_cases.NAME


@pytest.fixture
def course(tmp_path, monkeypatch):
    for name in ("exercises", "solutions"):
        shutil.copytree(ROOT / name / NAME, tmp_path / name / NAME)
    for name in ("nbgrader_config.py", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Course.read(tmp_path)


def solve(path):
    notebook = nbformat.read(path, as_version=4)
    sample_class.fill_in(notebook, {step: text.strip() for step, text in hard_cases.RIGHT.items()})
    nbformat.write(notebook, path)


def change_the_exercise(course):
    path = course.solution(NAME)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\nA new sentence."
    path.write_text(tidy(nbformat.writes(notebook)), "utf8")
    assert main(["release"]) == 0


def test_from_the_exercise_to_what_is_handed_in(course, capsys):
    assert main(["start", NAME]) == 0
    out = capsys.readouterr().out
    assert f"It is yours now: work/{NAME}/{NAME}.ipynb" in out
    assert f"course check {NAME}" in out
    work = course.work(NAME)
    assert work.read_bytes() == course.exercise(NAME).read_bytes()
    assert main(["check", NAME]) == 1
    assert "action_values is not written yet" in capsys.readouterr().out
    solve(work)
    assert main(["check", NAME]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{step}: passed" for step in hard_cases.STEPS]
    mine = work.read_bytes()

    # Again, and after a new release: the work stays, the new version lies beside it.
    assert main(["start", NAME]) == 0
    assert "You have begun already" in capsys.readouterr().out
    change_the_exercise(course)
    for _ in range(2):
        capsys.readouterr()
        assert main(["start", NAME]) == 0
        out = capsys.readouterr().out
        assert "the new version is beside it" in out
        newer = work.with_name(out.partition("beside it: ")[2].splitlines()[0])
        assert "A new sentence." in newer.read_text("utf8")
        newer.write_bytes(newer.read_bytes() + b" ")
        assert work.read_bytes() == mine
    assert newer.read_bytes().endswith(b"  ") or newer.read_bytes().endswith(b" ")
    assert main(["check", NAME]) == 0


def test_git_does_not_look_at_it(course):
    assert main(["start", NAME]) == 0
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], check=True)
    listed = subprocess.run(
        ["git", "ls-files"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert f"exercises/{NAME}/{NAME}.ipynb" in listed
    assert not any(name.startswith("work/") for name in listed)


def test_who_works_in_the_exercises_folder_loses_nothing(course, capsys):
    solve(course.exercise(NAME))
    mine = course.exercise(NAME).read_bytes()
    assert main(["start", NAME]) == 1
    assert "has been worked in; move it away" in capsys.readouterr().err
    assert main(["release"]) == 0  # puts the released version aside
    assert main(["start", NAME]) == 0
    assert course.exercise(NAME).read_bytes() == mine
    assert "raise NotImplementedError()" in course.work(NAME).read_text("utf8")


@pytest.mark.parametrize("name", ["value_iterations", "", "../value_iteration", "woche+1", "**"])
def test_what_is_no_exercise_is_named(course, capsys, name):
    assert main(["start", name]) == 1
    error = capsys.readouterr().err
    assert error.startswith("course: ")
    assert f"there are {NAME}" in error
    assert not (course.root / "work").exists()


def test_work_that_can_no_longer_be_read_stays(course):
    assert main(["start", NAME]) == 0
    for data in (b"", b"half a", json.dumps({"metadata": {"released": "x"}}).encode()):
        course.work(NAME).write_bytes(data)
        assert main(["start", NAME]) == 0
        assert course.work(NAME).read_bytes() == data


def test_a_full_disk_leaves_nothing_half_written(course, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device", "work")

    with monkeypatch.context() as patched:
        patched.setattr("os.link", full)
        assert main(["start", NAME]) == 1
    assert "No space left" in capsys.readouterr().err
    assert list(course.work(NAME).parent.iterdir()) == []
    assert main(["start", f"{NAME}/"]) == 0


def test_the_newest_release_is_the_one_that_came_last(course):
    """From A to B and back to A, with somebody's work in the place of the exercise."""
    solve(course.exercise(NAME))
    path = course.solution(NAME)
    a = path.read_text("utf8")
    assert main(["release"]) == 0
    os.utime(versions_of(course, NAME)[0], (1, 1))
    change_the_exercise(course)
    path.write_text(a, "utf8")
    assert main(["release"]) == 0
    assert "A new sentence." not in versions_of(course, NAME)[0].read_text("utf8")


def test_a_student_does_not_see_the_tools_of_instructors(monkeypatch):
    from jupyter_core.paths import jupyter_config_path
    from jupyterlab_server.config import get_page_config

    def disabled():
        folders = [f"{folder}/labconfig" for folder in jupyter_config_path()]
        return get_page_config(folders).get("disabledExtensions", [])

    assert "@jupyter/nbgrader" not in disabled()
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", student_environment()["JUPYTER_CONFIG_PATH"])
    assert "@jupyter/nbgrader" in disabled()
