"""A whole class: what is to be graded, on one process or many, and where the results go.

Each result is entered in this order: the journal, the gradebook, the graded notebook, the page for
the student. A run that is killed anywhere in between leaves a prefix of it; the next one finds the
result in the journal and completes the rest.
"""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator

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


def plan(
    course: Course,
    assignment: Assignment,
    settings: Settings,
    journal: Journal,
    only: Iterable[str] = (),
    regrade: bool = False,
) -> Iterator[tuple[Job, Result | None]]:
    """Every submission, with its result where it has been graded already.

    Raises
    ------
    CourseError
        If one of `only` has handed in nothing.
    """
    wanted = set(only)
    depends = (settings.seed, settings.limits, settings.unsafe)
    for handed in handed_in(course.submitted, assignment.name):
        if only and handed.student not in wanted:
            continue
        wanted.discard(handed.student)
        job = Job(handed, key(assignment, handed, depends))
        yield job, None if regrade else journal.find(handed.student, job.key)
    if wanted:
        raise CourseError(f"{', '.join(sorted(wanted))}: nothing was handed in under this name")


def grade_class(
    course: Course,
    assignment: Assignment,
    settings: Settings,
    *,
    workers: str = "serial",
    only: Iterable[str] = (),
    regrade: bool = False,
    told: Callable[[Result, bool], None] = lambda result, new: None,
) -> None:
    """Grade what has not been graded, and enter all of it.

    Parameters
    ----------
    course, assignment, settings : Course, Assignment, Settings
    workers : str
        "serial", or how many processes.
    only : names of students, optional
    regrade : bool
        Grade also what has been graded already.
    told : function of (Result, bool)
        Called with each result, and whether it is new.

    Raises
    ------
    CourseError
        For what a person can put right.
    """
    with only_one(course.out), Gradebook(course.database, course.course_id) as book:
        book.prepare(assignment)
        journal = journal_of(course, assignment)

        def enter(result: Result, handed: Handed, made: feedback.Documents | None) -> None:
            book.enter(result)
            name = assignment.name
            page = course.page(result.student, name)
            if made is None and not feedback.is_current(page, result):
                made = documents(assignment, handed, result)
            if made is not None:
                graded = course.graded(result.student, name)
                write(graded, made.notebook)
                if result.timestamp:
                    write(graded.parent / "timestamp.txt", result.timestamp)
                else:
                    (graded.parent / "timestamp.txt").unlink(missing_ok=True)
                write(page, made.page)

        def to_do() -> Iterator[Job]:
            for job, known in plan(course, assignment, settings, journal, only, regrade):
                if known is None:
                    yield job
                else:
                    enter(known, job.handed, None)
                    told(known, False)

        with contextlib.closing(_graded(workers, assignment, to_do(), settings)) as graded:
            for job, (result, made) in graded:
                journal.append(result)
                enter(result, job.handed, made)
                told(result, True)


def _graded(
    workers: str, assignment: Assignment, jobs: Iterator[Job], settings: Settings
) -> Generator[tuple[Job, Graded], None, None]:
    if workers != "serial":
        from course.grading import cluster  # Dask takes a second to import

        yield from cluster.graded(int(workers), assignment, jobs, settings)
        return
    with Sandbox(settings.limits, unsafe=settings.unsafe, hidden=settings.hidden) as sandbox:
        for job in jobs:
            yield job, grade(assignment, job, sandbox, settings)


def journal_of(course: Course, assignment: Assignment) -> Journal:
    """What has been graded of an assignment."""
    return Journal(course.journal(assignment.name))
