"""One submission: every test of the instructors', on functions that live in the sandbox."""

import contextlib
import io
import time
from collections.abc import Iterator, Sequence
from typing import Any

from course import checks
from course.correct import CORRECT
from course.grading import results
from course.grading.assignment import Assignment
from course.grading.notebooks import UnreadableError, find, read
from course.grading.results import Mark, Result, without_marks
from course.grading.sandbox import Sandbox, SandboxError
from course.grading.student import Student


class Namespace(dict[str, Any]):
    """Where the tests run: the notebook's first cell, and proxies of the student's functions."""

    def __init__(self, student: Student, setup: str, steps: Sequence[str]) -> None:
        super().__init__(__name__="__main__")
        exec(compile(setup, "<setup>", "exec"), self)
        self.update((step, student.function(step)) for step in steps)
        self._student = student

    @contextlib.contextmanager
    def replaced(self, helpers: Sequence[str]) -> Iterator[None]:
        """What `checks.step` uses to put correct helpers in the place of the student's."""
        with self._student.replaced(helpers):
            yield


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
        marks: list[Mark] = []
        unusable: set[str] = set()
        for test in assignment.tests:
            # A function that hangs or crashes when it is tested would do so as a helper, too.
            with student.replaced(sorted(unusable - {test.step})):
                marks.append(_mark(test, namespace, student))
            if marks[-1].status in (results.TIMEOUT, results.MEMORY, results.CRASHED):
                unusable |= {test.step} & CORRECT.keys()
    finally:
        student.close()
    return {
        "marks": tuple(marks),
        "notes": (*notes, *answers.notes),
        "seconds": time.monotonic() - began,
        "memory": student.memory,
    }


def _mark(test: Any, namespace: Namespace, student: Student) -> Mark:
    said = io.StringIO()
    student.begin_test()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(test.source, f"<{test.name}>", "exec"), namespace)
    except Exception as problem:
        if student.trouble is not None:
            raise student.trouble from None
        status = getattr(problem, "status", results.FAILED)
        message = str(problem) if isinstance(problem, AssertionError) else repr(problem)
        return Mark(test.name, 0.0, test.points, status, message[:2000])
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
        except (SandboxError, OSError, MemoryError) as trouble:
            told = f"{type(trouble).__name__}: {trouble}"
            sandbox.close()
    marks = without_marks(assignment.tests, results.HERE, told)
    return Result(student, assignment.name, key, marks)
