"""A whole class: what is to be graded, on one process or many, and where the results go.

Each result is entered in this order: the journal, the gradebook, the graded notebook, the page for
the student. A run that is killed anywhere in between leaves a prefix of it; the next one finds the
result in the journal and completes the rest.
"""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course.grading import feedback, results
from course.grading.assignment import Assignment
from course.grading.files import Handed, handed_in, only_one
from course.grading.gradebook import Gradebook
from course.grading.journal import Journal, key
from course.grading.judge import grade
from course.grading.results import Result, without_marks
from course.grading.sandbox import Limits, Sandbox
from course.writing import write


@dataclass(frozen=True)
class Settings:
    """How to grade."""

    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    seed: int = 0
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Job:
    """One submission to be graded; all that another machine needs to know of it."""

    handed: Handed
    key: str


@dataclass(frozen=True)
class Course:
    """Where the things of a course lie, and the address of its gradebook."""

    solutions: Path
    submitted: Path
    out: Path
    database: str
    course_id: str

    @classmethod
    def read(cls, root: Path, submitted: Path | None = None) -> "Course":
        """As `nbgrader_config.py` in `root` says."""
        from traitlets.config.loader import PyFileConfigLoader

        if not (root / "nbgrader_config.py").is_file():
            raise ValueError(f"{root} has no nbgrader_config.py")
        config = PyFileConfigLoader("nbgrader_config.py", str(root)).load_config()
        where = config.CourseDirectory
        out = (root / where.submitted_directory).parent
        return cls(
            root / where.source_directory,
            submitted or root / where.submitted_directory,
            out,
            where.db_url,
            where.course_id,
        )


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
    ValueError
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
        raise ValueError(f"{', '.join(sorted(wanted))}: nothing was handed in under this name")


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
    ValueError
        For what a person can put right.
    """
    with only_one(course.out), Gradebook(course.database, course.course_id) as book:
        book.prepare(assignment)
        journal = journal_of(course, assignment)

        def enter(result: Result, handed: Handed, made: feedback.Documents | None) -> None:
            book.enter(result)
            name = assignment.name
            page = course.out / "feedback" / result.student / name / f"{name}.html"
            if made is None and not feedback.is_current(page, result):
                made = documents(assignment, handed, result)
            if made is not None:
                graded = course.out / "autograded" / result.student / name / f"{name}.ipynb"
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
            for job, result, made in graded:
                journal.append(result)
                enter(result, job.handed, made)
                told(result, True)


def grade_one(
    assignment: Assignment, job: Job, sandbox: Sandbox, settings: Settings
) -> tuple[Result, feedback.Documents]:
    """Grade one submission, and write its documents."""
    handed = job.handed
    if handed.missing or handed.unreadable:
        status = results.MISSING if handed.missing else results.UNREADABLE
        words = handed.missing or handed.unreadable
        marks = without_marks(assignment.tests, status, words)
        result = Result(handed.student, assignment.name, job.key, marks)
    else:
        result = grade(assignment, handed.student, handed.data, job.key, sandbox, settings.seed)
    result = result._replace(notes=(*handed.notes, *result.notes), timestamp=handed.timestamp)
    return result, documents(assignment, handed, result)


def documents(assignment: Assignment, handed: Handed, result: Result) -> feedback.Documents:
    """Both documents of a result; without the student's lines where these cannot be shown."""
    try:
        return feedback.documents(assignment, handed.data, result)
    except Exception:  # no page is worth the pages of everybody else
        return feedback.documents(assignment, b"", result)


def _graded(
    workers: str, assignment: Assignment, jobs: Iterator[Job], settings: Settings
) -> Generator[tuple[Job, Result, feedback.Documents], None, None]:
    if workers != "serial":
        from course.grading.cluster import graded

        yield from graded(int(workers), assignment, jobs, settings)
        return
    with Sandbox(settings.limits, unsafe=settings.unsafe, hidden=settings.hidden) as sandbox:
        for job in jobs:
            yield job, *grade_one(assignment, job, sandbox, settings)


def journal_of(course: Course, assignment: Assignment) -> Journal:
    """What has been graded of an assignment."""
    return Journal(course.out / "journal" / f"{assignment.name}.jsonl")
