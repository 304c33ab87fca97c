"""One submission, from its bytes to its result and its documents.

A notebook is read once, and what is found in it goes to the tests and into the documents alike.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from course.exercise import checks
from course.grading import feedback, manual
from course.grading.assignment import Assignment
from course.grading.files import Handed
from course.grading.judge import Plan, judge, plan
from course.grading.results import Mark, Result, without_marks
from course.grading.session import Session
from course.sandbox import statuses
from course.sandbox.workers import Limits, Sandbox

TRIES = 3
"""How often the grader's own trouble is tried again."""


@dataclass(frozen=True)
class Settings:
    """How to grade."""

    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    seed: int = 0
    hidden: tuple[Path, ...] = ()
    book: str = ""
    """Address of the book, for the links of feedback."""


@dataclass(frozen=True)
class Job:
    """One submission to be graded; all that another machine needs to know of it."""

    handed: Handed
    key: str


class Graded(NamedTuple):
    """The result of a submission, and both documents."""

    result: Result
    documents: feedback.Documents


class Judged(NamedTuple):
    """What the tests gave, and what that took."""

    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    memory: int = 0


class Found(NamedTuple):
    """What was handed in, or why nothing of it can be run."""

    plan: Plan
    why_not: str = ""
    written: Mapping[str, str] = MappingProxyType({})
    """Answers that a person marks."""


def grade(assignment: Assignment, job: Job, sandbox: Sandbox, settings: Settings) -> Graded:
    """Grade one submission; what is the grader's own trouble is tried again, then named."""
    try:
        found, judged = _found(assignment, job.handed), None
    except Exception as trouble:  # whatever it is, it must not cost anybody else anything
        words = f"{type(trouble).__name__}: {trouble}"[:500]
        return not_gradable(assignment, Job(replace(job.handed, cells=()), job.key), words)
    if found.why_not:
        if job.handed.trouble:
            return not_gradable(assignment, job, job.handed.trouble)
        status = statuses.MISSING if job.handed.missing else statuses.UNREADABLE
        judged = Judged(without_marks(assignment.questions, status, found.why_not))
    told = ""
    for _ in range(TRIES):
        if judged is None:
            try:
                judged = _judge(assignment, found, sandbox, settings.seed)
            except Exception as trouble:  # whatever it is, it must not cost anybody else anything
                told = f"{type(trouble).__name__}: {trouble}"[:500]
                sandbox.close()
    if judged is None:
        judged = Judged(without_marks(assignment.questions, statuses.HERE, told))
    return _graded(assignment, job, found, judged, settings.book)


def not_gradable(assignment: Assignment, job: Job, words: str) -> Graded:
    """Say of a submission that the trouble is the grader's own."""
    judged = Judged(without_marks(assignment.questions, statuses.HERE, words))
    return _graded(assignment, job, _found(assignment, job.handed), judged)


def documents(
    assignment: Assignment, handed: Handed, result: Result, book: str = ""
) -> feedback.Documents:
    """Both documents of a result that was made before."""
    return _documents(assignment, _found(assignment, handed), result, book)


def _found(assignment: Assignment, handed: Handed) -> Found:
    """What is to be run, or why there is nothing."""
    why_not = handed.missing or handed.unreadable or handed.trouble
    if why_not:
        return Found(Plan(), why_not)
    return Found(plan(assignment, handed.cells), "", manual.written(assignment, handed.cells))


def _graded(
    assignment: Assignment, job: Job, found: Found, judged: Judged, book: str = ""
) -> Graded:
    handed = job.handed
    result = Result(
        handed.student,
        assignment.name,
        job.key,
        judged.marks,
        (*handed.notes, *judged.notes),
        judged.seconds,
        judged.memory,
        handed.timestamp,
    )
    return Graded(result, _documents(assignment, found, result, book))


def _documents(
    assignment: Assignment, found: Found, result: Result, book: str
) -> feedback.Documents:
    try:
        return feedback.documents(assignment, found.plan, found.written, result, book)
    except Exception:  # no page is worth the pages of everybody else: without the student's lines
        return feedback.documents(assignment, Plan(), {}, result)


def _judge(assignment: Assignment, found: Found, sandbox: Sandbox, seed: int) -> Judged:
    began = time.monotonic()
    session = Session(sandbox, assignment.setup, assignment.steps)
    before = checks.SEED.set(seed)
    try:
        marks, notes = judge(assignment, assignment.tests, found.plan, session)
    finally:
        checks.SEED.reset(before)
        session.close()
    in_order = [marks[test.name] for test in assignment.tests]
    in_order += manual.marks(assignment, found.written)
    return Judged(tuple(in_order), tuple(notes), time.monotonic() - began, session.memory)
