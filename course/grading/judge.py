"""One submission: every test of the instructors', on functions that live in the sandbox."""

import contextlib
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from course import checks
from course.grading import results
from course.grading.assignment import Assignment, Test
from course.grading.notebooks import UnreadableError, clean, find, read
from course.grading.results import Mark, Result, without_marks
from course.grading.sandbox import Sandbox
from course.grading.student import Student

HOPELESS = (results.TIMEOUT, results.MEMORY, results.CRASHED)
"""What a function that others call would do to them, too."""


class Namespace(dict[str, Any]):
    """Where the tests run: the notebook's first cell, and proxies of the student's functions."""

    def __init__(self, student: Student, setup: str, steps: Sequence[str]) -> None:
        super().__init__(__name__="__main__")
        exec(compile(setup, "<setup>", "exec"), self)
        self.update((step, student.function(step)) for step in steps)
        self._student = student
        self.given: frozenset[str] = frozenset()
        """Correct helpers that stand in the place of the student's."""
        self.proven: frozenset[str] = frozenset()
        """The student's own that have passed all of their tests."""

    @contextlib.contextmanager
    def replaced(self, helpers: Iterable[str]) -> Iterator[None]:
        """Within this block, correct `helpers` stand in the place of the student's."""
        before, self.given = self.given, self.given | frozenset(helpers)
        try:
            with self._student.replaced(sorted(self.given)):
                yield
        finally:
            self.given = before

    def in_vain(self, helpers: Iterable[str], problem: BaseException) -> bool:
        """Whether nothing can come of trying again with correct helpers."""
        hangs = getattr(problem, "status", "") == results.TIMEOUT
        return set(helpers) <= (self.given | self.proven if hangs else self.given)


def judge(assignment: Assignment, data: bytes, sandbox: Sandbox) -> dict[str, Any]:
    """Marks of one notebook, and what belongs to them.

    Parameters
    ----------
    assignment : Assignment
    data : bytes
        The file that was handed in.
    sandbox : Sandbox

    Returns
    -------
    dict
        Fields of a `Result`.

    Raises
    ------
    SandboxError
        If the trouble is the grader's own.
    """
    began = time.monotonic()
    try:
        cells, notes = read(data)
    except UnreadableError as problem:
        return {"marks": without_marks(assignment.tests, results.UNREADABLE, str(problem))}
    answers = find(assignment, cells)
    student = Student(sandbox, assignment.setup, answers.cells, assignment.steps)
    try:
        namespace = Namespace(student, assignment.setup, assignment.steps)
        marks = tuple(_marks(assignment, namespace, student))
    finally:
        student.close()
    return {
        "marks": marks,
        "notes": (*notes, *answers.notes),
        "seconds": time.monotonic() - began,
        "memory": student.memory,
    }


def _marks(assignment: Assignment, namespace: Namespace, student: Student) -> Iterator[Mark]:
    """Run the tests in order; those of a step that others build on say what stands in for it.

    A test counts if it passes with the student's own helpers or with correct ones. Which of both is
    tried first decides nothing but how long it takes: what has failed its own tests may well hang.
    """
    worst: dict[str, str] = {}
    for test in assignment.tests:
        if worst.get(test.step) == results.TIMEOUT:
            # A function that did not come back once is not waited for again.
            message = "not tried, since a call did not come back in the test before"
            yield Mark(test.name, 0.0, test.points, results.TIMEOUT, message)
            continue
        helpers = {step: worst[step] for step in test.helpers if step in worst}
        wrong = [step for step, status in helpers.items() if status != results.GRADED]
        hopeless = [step for step in wrong if helpers[step] in HOPELESS]
        spotless = all(status == results.GRADED for status in worst.values())
        namespace.proven = frozenset(worst) if spotless else frozenset()
        with namespace.replaced(wrong):
            mark = _mark(test, namespace, student)
        if mark.status != results.GRADED and wrong != hopeless:
            with namespace.replaced(hopeless):
                again = _mark(test, namespace, student)
            mark = again if again.status == results.GRADED else mark
        if worst.get(test.step, results.GRADED) == results.GRADED:
            worst[test.step] = mark.status
        yield mark


def _mark(test: Test, namespace: Namespace, student: Student) -> Mark:
    said = io.StringIO()
    try:
        student.begin_test(test.is_hidden)
        with contextlib.redirect_stdout(said):
            exec(compile(test.source, f"<{test.name}>", "exec"), namespace)
    except Exception as problem:
        if student.trouble is not None:
            raise student.trouble from None
        status = getattr(problem, "status", results.FAILED)
        message = str(problem) if isinstance(problem, AssertionError) else repr(problem)
        return Mark(test.name, 0.0, test.points, status, clean(message[:2000]))
    if student.trouble is not None:
        raise student.trouble
    return Mark(test.name, test.points, test.points, results.GRADED, said.getvalue().strip())


def grade(
    assignment: Assignment, student: str, data: bytes, key: str, sandbox: Sandbox, seed: int
) -> Result:
    """Judge a submission; what is the grader's own trouble is tried again, then named."""
    checks.SEED = seed
    told = ""
    for _ in range(3):
        try:
            return Result(student, assignment.name, key, **judge(assignment, data, sandbox))
        except Exception as trouble:  # whatever it is, it must not cost anybody else anything
            told = f"{type(trouble).__name__}: {trouble}"[:500]
            sandbox.close()
    marks = without_marks(assignment.tests, results.HERE, told)
    return Result(student, assignment.name, key, marks)
