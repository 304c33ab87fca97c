"""`course check`: what the visible tests say to a student, before anything is handed in.

A student's own code on a student's own machine needs no sandbox, and so this works everywhere. The
answers are looked for as the grader looks for them.
"""

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from course.errors import CourseError
from course.exercise.functions import NOWHERE, elsewhere
from course.exercise.guard import no_ready_answers
from course.grading.assignment import Assignment
from course.grading.judge import judge, plan
from course.grading.notebooks import Cell, UnreadableError, binds, read
from course.grading.session import Session
from course.layout import Course
from course.sandbox import statuses
from course.sandbox.inside import worker
from course.sandbox.workers import Limits
from course.start import versions_of


class Said(NamedTuple):
    """What the visible test of one function says."""

    step: str
    passed: bool
    message: str


def check(notebook: Path, course: Course) -> tuple[list[Said], list[str]]:
    """Run the visible tests on a student's notebook.

    Parameters
    ----------
    notebook : Path
        The student's file, under whatever name; or the name of an exercise begun with `start`.
    course : Course

    Returns
    -------
    list of Said, list of str
        Each test's verdict, and what is odd about the file.

    Raises
    ------
    CourseError
        If the file cannot be read, or belongs to no exercise.
    """
    if not notebook.is_file() and course.work(notebook.name).is_file():
        notebook = course.work(notebook.name)
    try:
        cells, odd = read(notebook.read_bytes())
    except (OSError, UnreadableError) as problem:
        raise CourseError(f"{notebook}: {getattr(problem, 'strerror', problem)}") from None
    assignment = _exercise(notebook, cells, course)
    tests = [test for test in assignment.tests if not test.is_hidden]
    with _scratch() as folder:
        session = Session(Here(folder), assignment.setup, assignment.steps)
        marks, notes = judge(assignment, tests, plan(assignment, cells), session)
    said = [
        Said(mark.step, mark.status == statuses.GRADED, mark.message) for mark in marks.values()
    ]
    return said, [*odd, *notes]


class Here:
    """Workers in this very process, in the place of a sandbox: a student's code at home."""

    one_by_one = False

    def __init__(self, folder: str) -> None:
        self.limits, self._folder = Limits(), folder

    def worker(self, computing: float | None = None) -> "HereWorker":
        """A namespace of its own."""
        for name, module in list(sys.modules.items()):  # written by the cells of the last one
            if str(getattr(module, "__file__", "")).startswith(self._folder):
                del sys.modules[name]
        return HereWorker()


class HereWorker:
    """Answers as a worker in a sandbox does."""

    def __init__(self) -> None:
        self.memory, self.seconds, self.left = 0, 0.0, 0
        self._worker = worker.Worker()

    def ask(self, do: str, deadline: float, **fields: Any) -> Mapping[str, Any]:
        """Make one request, and have its answer."""
        token = elsewhere.set(NOWHERE)
        try:
            with (
                no_ready_answers(),
                contextlib.redirect_stdout(io.StringIO()) as said,
                contextlib.redirect_stderr(said),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                return self._worker.answer({"do": do, **fields})
        finally:
            elsewhere.reset(token)

    def close(self) -> None:
        """Nothing is to be ended."""


@contextlib.contextmanager
def _scratch() -> Iterator[str]:
    """An empty folder to run in, as the grader's, where nothing of a student's is overwritten."""
    before, main, path = Path.cwd(), sys.modules["__main__"], list(sys.path)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.path.insert(0, folder)
        try:
            yield folder
        finally:
            os.chdir(before)
            sys.modules["__main__"], sys.path[:] = main, path


def _exercise(notebook: Path, cells: Sequence[Cell], course: Course) -> Assignment:
    known = [Assignment.read(path) for path in _released(course)]
    if not known:
        raise CourseError(f"{course.exercises} holds no exercises")
    named = [one for one in known if notebook.stem.startswith(one.name)]
    ids = {cell.grade_id for cell in cells}
    text = "\n".join(cell.source for cell in cells)
    found = {one.name: len((ids | binds(text, one.steps)) & set(one.steps)) for one in known}
    alike = max(known, key=lambda one: found[one.name])
    if not named and not found[alike.name]:
        there = ", ".join(one.name for one in known)
        raise CourseError(f"{notebook} belongs to none of the exercises: {there}")
    return named[0] if named else alike


def _released(course: Course) -> Iterator[Path]:
    """The exercises as they were released; where somebody has worked in one, its newest version.

    Where that was not put aside, it is the instructors' notebook, whose hidden tests are not run;
    and where there is none, the work itself.
    """
    for folder in sorted(path for path in course.exercises.glob("*") if path.is_dir()):
        name = folder.name
        for path in (*versions_of(course, name), course.solution(name), course.exercise(name)):
            with contextlib.suppress(CourseError):  # what people keep there besides
                Assignment.read(path)
                yield path
                break
