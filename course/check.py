"""`course check`: what the visible tests say to a student, before anything is handed in.

A student's own code on a student's own machine needs no sandbox, and so this works everywhere. The
answers are looked for as the grader looks for them.
"""

import contextlib
import io
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.notebooks import UnreadableError, defines, find, read
from course.layout import Course
from course.sandbox.inside.notebook import Notebook
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
    names = {name for cell in cells for name in (cell.grade_id, *defines(cell.source))}
    assignment = _exercise(notebook, names, course)
    answers = find(assignment, cells)
    own = Notebook()
    own.run(assignment.setup, "first cell")
    problems: dict[str, str] = {}
    for cell in answers.cells:
        told = _run(own.add_names if cell.names_only else own.run, cell.source, cell.label)
        if told:
            problems[cell.label] = told
    said = []
    for test in assignment.tests:
        if test.is_hidden:
            continue
        told = _run(own.run, test.source, test.name)
        said.append(Said(test.step, not told, problems.get(test.step) or told))
    return said, [*odd, *answers.notes]


def _exercise(notebook: Path, names: set[str], course: Course) -> Assignment:
    known = [Assignment.read(path) for path in _released(course)]
    if not known:
        raise CourseError(f"{course.exercises} holds no exercises")
    named = [one for one in known if notebook.stem.startswith(one.name)]
    alike = max(known, key=lambda one: len(names & set(one.steps)))
    if not named and not names & set(alike.steps):
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


def _run(run: Callable[[str, str], None], source: str, label: str) -> str:
    """What went wrong, in a line or two; nothing where all is well."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run(source, label)
    except AssertionError as problem:
        return str(problem) or "an assertion failed"
    except NotImplementedError:
        return f"{label.removesuffix('_visible')} is not written yet"
    except SyntaxError as problem:
        return f"SyntaxError: {problem.msg} (line {problem.lineno} of the cell)"
    except (Exception, SystemExit) as problem:
        words = f"{type(problem).__name__}: {problem}"
        frames = traceback.extract_tb(problem.__traceback__)
        here = [frame for frame in frames if frame.filename.startswith("<")]
        return f"{words} (line {here[-1].lineno} of {here[-1].filename[1:-1]})" if here else words
    return ""
