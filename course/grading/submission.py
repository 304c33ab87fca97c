"""One submission, from its bytes to its result and its documents.

A notebook is read once, and what is found in it goes to the tests and into the documents alike.
"""

import contextlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from course.exercise import checks
from course.exercise.functions import elsewhere
from course.grading import feedback
from course.grading.assignment import Assignment, Test
from course.grading.files import Handed
from course.grading.notebooks import Answers, UnreadableError, clean, find, read
from course.grading.results import Mark, Result, without_marks
from course.grading.session import Session, Stopped
from course.sandbox import statuses
from course.sandbox.workers import Limits, Sandbox

HOPELESS = (statuses.TIMEOUT, statuses.MEMORY, statuses.CRASHED)
"""What a function that others call would do to them, too."""

TRIES = 3
"""How often the grader's own trouble is tried again."""


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


class Graded(NamedTuple):
    """The result of a submission, and both documents."""

    result: Result
    documents: feedback.Documents


class Judged(NamedTuple):
    """What the tests gave, and what that took."""

    marks: tuple[Mark, ...]
    seconds: float = 0.0
    memory: int = 0


def grade(assignment: Assignment, job: Job, sandbox: Sandbox, settings: Settings) -> Graded:
    """Grade one submission; what is the grader's own trouble is tried again, then named."""
    try:
        answers, judged = _answers(assignment, job.handed), None
    except Exception as trouble:  # whatever it is, it must not cost anybody else anything
        words = f"{type(trouble).__name__}: {trouble}"[:500]
        return not_gradable(assignment, Job(replace(job.handed, data=b""), job.key), words)
    if isinstance(answers, str):
        if job.handed.trouble:
            return not_gradable(assignment, job, job.handed.trouble)
        status = statuses.MISSING if job.handed.missing else statuses.UNREADABLE
        judged = Judged(without_marks(assignment.tests, status, answers))
        answers = Answers((), ())
    told = ""
    for _ in range(TRIES):
        if judged is None:
            try:
                judged = _judge(assignment, answers, sandbox, settings.seed)
            except Exception as trouble:  # whatever it is, it must not cost anybody else anything
                told = f"{type(trouble).__name__}: {trouble}"[:500]
                sandbox.close()
    if judged is None:
        judged = Judged(without_marks(assignment.tests, statuses.HERE, told))
    return _graded(assignment, job, answers, judged)


def not_gradable(assignment: Assignment, job: Job, words: str) -> Graded:
    """Say of a submission that the trouble is the grader's own."""
    answers = _answers(assignment, job.handed)
    found = Answers((), ()) if isinstance(answers, str) else answers
    return _graded(
        assignment, job, found, Judged(without_marks(assignment.tests, statuses.HERE, words))
    )


def documents(assignment: Assignment, handed: Handed, result: Result) -> feedback.Documents:
    """Both documents of a result that was made before."""
    answers = _answers(assignment, handed)
    return _documents(assignment, Answers((), ()) if isinstance(answers, str) else answers, result)


def _answers(assignment: Assignment, handed: Handed) -> Answers | str:
    """What is to be run, or why there is nothing."""
    if handed.missing or handed.unreadable or handed.trouble:
        return handed.missing or handed.unreadable or handed.trouble
    try:
        cells, odd = read(handed.data)
    except UnreadableError as problem:
        return str(problem)
    found = find(assignment, cells)
    return found._replace(notes=(*odd, *found.notes))


def _graded(assignment: Assignment, job: Job, answers: Answers, judged: Judged) -> Graded:
    handed = job.handed
    result = Result(
        handed.student,
        assignment.name,
        job.key,
        judged.marks,
        (*handed.notes, *answers.notes),
        judged.seconds,
        judged.memory,
        handed.timestamp,
    )
    return Graded(result, _documents(assignment, answers, result))


def _documents(assignment: Assignment, answers: Answers, result: Result) -> feedback.Documents:
    try:
        return feedback.documents(assignment, answers.cells, result)
    except Exception:  # no page is worth the pages of everybody else: without the student's lines
        return feedback.documents(assignment, (), result)


def _judge(assignment: Assignment, answers: Answers, sandbox: Sandbox, seed: int) -> Judged:
    began = time.monotonic()
    session = Session(sandbox, assignment.setup, answers.cells, assignment.steps)
    before = elsewhere.set(session), checks.SEED.set(seed)
    try:
        marks = tuple(_marks(assignment, session))
    finally:
        elsewhere.reset(before[0])
        checks.SEED.reset(before[1])
        session.close()
    return Judged(marks, time.monotonic() - began, session.memory)


def _marks(assignment: Assignment, session: Session) -> Iterator[Mark]:
    """Run the tests in order; those of a step that others build on say what stands in for it.

    A test counts if it passes with the student's own helpers or with correct ones. Which of both is
    tried first decides nothing but how long it takes: what has failed its own tests may well hang.
    """
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(compile(assignment.setup, "<setup>", "exec"), namespace)
    # A test need not be one of `checks.step`: it may call a student's function by its name.
    namespace.update((step, session.get(step, "")) for step in assignment.steps)
    worst: dict[str, str] = {}
    for test in assignment.tests:
        if worst.get(test.step) == statuses.TIMEOUT:
            # A function that did not come back once is not waited for again.
            message = "not tried, since a call did not come back in the test before"
            yield Mark(test.name, test.step, 0.0, test.points, statuses.TIMEOUT, message)
            continue
        known = {step: worst[step] for step in test.helpers if step in worst}
        wrong = [step for step, status in known.items() if status != statuses.GRADED]
        hopeless = [step for step in wrong if known[step] in HOPELESS]
        spotless = all(status == statuses.GRADED for status in worst.values())
        session.proven = frozenset(worst) if spotless else frozenset()
        with session.helped(wrong):
            mark = _mark(test, namespace, session)
        if mark.status != statuses.GRADED and wrong != hopeless:
            with session.helped(hopeless):
                again = _mark(test, namespace, session)
            mark = again if again.status == statuses.GRADED else mark
        if worst.get(test.step, statuses.GRADED) == statuses.GRADED:
            worst[test.step] = mark.status
        yield mark


def _mark(test: Test, namespace: dict[str, object], session: Session) -> Mark:
    try:
        session.begin_test(test)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(test.source, f"<{test.name}>", "exec"), namespace)
    except Exception as problem:
        if session.trouble is not None:
            raise session.trouble from None
        status = problem.status if isinstance(problem, Stopped) else statuses.FAILED
        message = str(problem) if isinstance(problem, AssertionError) else repr(problem)
        return Mark(test.name, test.step, 0.0, test.points, status, clean(message[:2000]))
    if session.trouble is not None:
        raise session.trouble
    words, helped = session.success
    return Mark(test.name, test.step, test.points, test.points, statuses.GRADED, words, helped)
