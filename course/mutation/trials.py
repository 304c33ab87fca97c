"""What the tests of a function say of each mutant of it: graded like a student's, in the sandbox.

One fork server and one process of tests for each worker, whatever the number of mutants.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.judge import judge, plan
from course.grading.notebooks import Cell
from course.grading.session import Session
from course.mutation.mutants import Mutant
from course.sandbox.workers import Limits, Sandbox, SandboxError


class Trial(NamedTuple):
    """A mutant, and what a student would read of it; "" where a test does not notice it."""

    mutant: Mutant
    visible: str
    hidden: str


class Ground(NamedTuple):
    """Where mutants are graded: the assignment, and folders that they must not see."""

    assignment: Assignment
    hidden: tuple[Path, ...] = ()
    unsafe: bool = False
    seconds: float = 0.5
    """Limit of one call: mutants that never stop take most of the time."""


def trials(ground: Ground, mutants: Iterable[Mutant], workers: int = 2) -> Iterator[Trial]:
    """Grade the mutants, in order.

    Raises
    ------
    CourseError
        If the solution itself loses points, or nothing can be graded here.
    """
    assignment = ground.assignment
    answers = {cell.grade_id: cell.source for cell in assignment.cells}
    solutions = [Mutant(step, 1, "", "", answers[step]) for step in assignment.steps]
    context = get_context("spawn")  # whoever calls may have threads
    try:
        with ProcessPoolExecutor(workers, context, _begin, (ground,)) as pool:
            for trial in pool.map(_trial, solutions):
                words = trial.visible or trial.hidden
                if words:
                    step = trial.mutant.step
                    raise CourseError(f"the solution of {step} itself loses points: {words}")
            yield from pool.map(_trial, mutants)
    except SandboxError as trouble:
        raise CourseError(str(trouble)) from None


def submission(assignment: Assignment, mutant: Mutant) -> list[Cell]:
    """The notebook of a student who has come as far as this function, and has changed it."""
    steps = assignment.steps
    done = steps[: steps.index(mutant.step)]
    cells = []
    for cell in assignment.cells:
        source = cell.source if cell.grade_id in done else cell.released
        source = mutant.source if cell.grade_id == mutant.step else source
        cells.append(Cell(cell.kind, source, cell.grade_id, ()))
    return cells


_ground: Ground


def _begin(ground: Ground) -> None:
    global _ground
    _ground = ground


@cache
def _sandbox() -> Sandbox:
    limits = Limits(computing=_ground.seconds, waiting=60.0)
    return Sandbox(limits, unsafe=_ground.unsafe, hidden=_ground.hidden)


def _trial(mutant: Mutant) -> Trial:
    assignment = _ground.assignment
    tests = [test for test in assignment.tests if test.step == mutant.step]
    session = Session(_sandbox(), assignment.setup, assignment.steps)
    try:
        planned = plan(assignment, submission(assignment, mutant))
        marks, _ = judge(assignment, tests, planned, session)
    finally:
        session.close()
    hidden = {test.name: test.is_hidden for test in tests}
    said = {True: "", False: ""}
    for mark in marks.values():
        if mark.points < mark.most and not said[hidden[mark.test]]:
            said[hidden[mark.test]] = mark.message.partition("\n")[0] or mark.status
    return Trial(mutant, said[False], said[True])
