"""What must be graded again: exactly what a mark can depend on."""

from importlib.metadata import version

from course.grading import environment
from course.sandbox.bubblewrap import package


def test_marks_depend_on_what_judges_and_on_nothing_else():
    root = package("course").parent
    files = {path.relative_to(root).as_posix() for path in environment.judging_code()}
    assert {
        "rl_lib/mdp.py",
        "rl_lib/worlds/env.py",
        "rl_lib/planning/solvers.py",
        "course/exercise/checks.py",
        "course/exercise/answers.py",
        "course/sandbox/inside/notebook.py",
        "course/sandbox/workers.py",
        "course/grading/submission.py",
        "course/grading/words.py",
    } <= files
    for path in files:
        assert not path.startswith(("rl_lib/plots", "course/site", "course/samples", "course/lms"))
        assert path.rpartition("/")[2] not in (
            "pictures.py", "cli.py", "layout.py", "release.py", "check.py", "feedback.py",
            "gradebook.py", "command.py", "run.py", "cluster.py", "files.py", "journal.py",
        )  # fmt: skip


def test_versions_that_a_mark_depends_on(monkeypatch):
    environment.environment.cache_clear()
    before = environment.environment()
    for name in ("numpy", "IPython", "gymnasium"):
        environment.environment.cache_clear()
        with monkeypatch.context() as other:
            other.setattr(
                environment, "version", lambda of, name=name: version(of) + "1" * (of == name)
            )
            assert environment.environment() != before
            assert f"it has {name}" in environment.unfit(before | {"bubblewrap": "x"}, False)
    environment.environment.cache_clear()
    assert environment.environment() == before


def test_who_can_grade_for_whom():
    assert environment.unfit(environment.here() | {"bubblewrap": "/usr/bin/bwrap"}, False) == ""
    without = environment.here() | {"bubblewrap": ""}
    assert environment.unfit(without, False) == "bubblewrap is missing there"
    assert environment.unfit(without, True) == ""
    other = environment.here() | {"Python": "3.99.0 (main)"}
    assert environment.unfit(other, True).startswith("it has Python 3.99.0, and here is 3.")
    old = environment.here() | {"course": "0123"}
    assert environment.unfit(old, True).startswith("it has course 0123")
