"""A whole class: what is to be graded, on one process or many, and where the results go.

Each result is entered in this order: the journal, the gradebook, the graded notebook, the page for
the student. A run that is killed anywhere in between leaves a prefix of it; the next one finds the
result in the journal and completes the rest.
"""

import contextlib
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from course.errors import CourseError
from course.grading import feedback
from course.grading.assignment import Assignment
from course.grading.files import Handed, handed_in, only_one
from course.grading.gradebook import Gradebook
from course.grading.journal import Journal, key
from course.grading.results import Result
from course.grading.submission import Graded, Job, Settings, documents, grade
from course.layout import Course
from course.sandbox.workers import Sandbox
from course.writing import write

BLOCKED = (IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError)
"""What is wrong with one place on the disk, and not with the disk."""


class Listener(NamedTuple):
    """Whom to tell what happens."""

    graded: Callable[[Result, bool], None] = lambda result, new: None
    """Each result, and whether it is new."""
    absent: Callable[[str], None] = lambda student: None
    """Each student who has handed in nothing."""
    trouble: Callable[[str, str], None] = lambda student, words: None
    """Each student whose documents could not be written, and why."""


def plan(
    course: Course,
    assignment: Assignment,
    settings: Settings,
    journal: Journal,
    only: Iterable[str] = (),
    regrade: bool = False,
    absent: Callable[[str], None] = lambda student: None,
) -> Iterator[tuple[Job, Result | None]]:
    """Every submission, with its result where it has been graded already.

    Who has handed in nothing is named to `absent`.

    Raises
    ------
    CourseError
        If one of `only` has handed in nothing.
    """
    wanted = {normalised(name) for name in only}
    chosen, left = frozenset(wanted), wanted
    depends = (settings.seed, settings.limits, settings.unsafe)
    for handed in handed_in(course.submitted, assignment, others(course, assignment)):
        name = normalised(handed.student)
        if chosen and name not in chosen:
            continue
        if handed.absent:
            absent(handed.student)
            continue
        left.discard(name)
        job = Job(handed, key(assignment, handed, depends))
        yield job, None if regrade else journal.find(handed.student, job.key)
    if left:
        raise CourseError(f"{', '.join(sorted(left))}: nothing was handed in under this name")


def normalised(name: str) -> str:
    """A name as it is compared: a Mac writes é as two characters."""
    return unicodedata.normalize("NFC", name)


def others(course: Course, assignment: Assignment) -> dict[str, Assignment]:
    """The other assignments of the course, as far as they can be read."""
    found = {}
    for name in course.assignments():
        with contextlib.suppress(CourseError):
            if name != assignment.name:
                found[name] = Assignment.read(course.solution(name))
    return found


def grade_class(
    course: Course,
    assignment: Assignment,
    settings: Settings,
    *,
    workers: str = "serial",
    only: Iterable[str] = (),
    regrade: bool = False,
    listener: Listener | None = None,
) -> None:
    """Grade what has not been graded, and enter all of it.

    Parameters
    ----------
    course, assignment, settings : Course, Assignment, Settings
    workers : str
        "serial", how many processes, or the address of a Dask scheduler.
    only : names of students, optional
    regrade : bool
        Grade also what has been graded already.
    listener : Listener, optional

    Raises
    ------
    CourseError
        For what a person can put right.
    """
    told = listener or Listener()
    with only_one(course.out), Gradebook(course.database, course.course_id) as book:
        book.prepare(assignment)
        journal = journal_of(course, assignment)

        def enter(result: Result, handed: Handed, made: feedback.Documents | None) -> None:
            book.enter(result)
            page = course.page(result.student, assignment.name)
            graded = course.graded(result.student, assignment.name)
            if made is None and not all(
                feedback.is_current(path, result) for path in (page, graded)
            ):
                made = documents(assignment, handed, result, settings.book)
            if made is not None:
                try:
                    _write(made, page, graded, result.timestamp)
                except BLOCKED as problem:  # what is in the way of one is in nobody else's
                    told.trouble(result.student, f"{problem.filename}: {problem.strerror}")

        def to_do() -> Iterator[Job]:
            for job, known in plan(
                course, assignment, settings, journal, only, regrade, told.absent
            ):
                if known is None:
                    yield job
                else:
                    enter(known, job.handed, None)
                    told.graded(known, False)

        with contextlib.closing(_graded(workers, assignment, to_do(), settings)) as graded:
            for job, (result, made) in graded:
                journal.append(result)
                enter(result, job.handed, made)
                told.graded(result, True)


def _graded(
    workers: str, assignment: Assignment, jobs: Iterator[Job], settings: Settings
) -> Generator[tuple[Job, Graded], None, None]:
    if workers != "serial":
        from course.grading import cluster  # Dask takes a second to import

        yield from cluster.graded(workers, assignment, jobs, settings)
        return
    with Sandbox(settings.limits, unsafe=settings.unsafe, hidden=settings.hidden) as sandbox:
        for job in jobs:
            yield job, grade(assignment, job, sandbox, settings)


def _write(made: feedback.Documents, page: Path, graded: Path, timestamp: str) -> None:
    write(graded, made.notebook)
    if timestamp:
        write(graded.parent / "timestamp.txt", timestamp)
    else:
        (graded.parent / "timestamp.txt").unlink(missing_ok=True)
    write(page, made.page)


def journal_of(course: Course, assignment: Assignment) -> Journal:
    """What has been graded of an assignment."""
    return Journal(course.journal(assignment.name))
