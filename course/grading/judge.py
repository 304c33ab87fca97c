"""What counts as an answer: one rule, for the grader and for `course check` alike.

A run is a process of its own. The released first cell runs in it, then the notebook's code cells
downward, one statement at a time; what fails or takes too long is skipped. Of cells exactly as they
were released only imports and definitions run.

A step is judged by all of its tests in the run down to below the last of them. Where points are
lost there and a cell of the student's own stands further down, the whole step is judged once more
with the notebook run to its end; more points win. Only a step that is bound nowhere is looked for
in text cells and in functions that were split in two.
"""

import contextlib
import io
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, Protocol

from course.exercise.functions import Functions, elsewhere
from course.grading.assignment import Assignment, Test, without_blanks
from course.grading.notebooks import Cell, binds, clean, is_stub
from course.grading.results import Mark
from course.sandbox import statuses

HOPELESS = (statuses.TIMEOUT, statuses.MEMORY, statuses.CRASHED)
"""What a function that others call would do to them, too."""

SPLIT = 20_000  # characters of a cell that is put together again
OPENS = re.compile(r"(@|async |def |class |for |while |if |else|elif |try|except|with )")


class Run(NamedTuple):
    """A cell to run, and whether the student wrote it or changed it."""

    label: str
    source: str
    own: bool = True


class Plan(NamedTuple):
    """What is to be run of a notebook."""

    cells: tuple[Run, ...] = ()
    places: Mapping[str, int] = MappingProxyType({})
    """How many of the cells stand above the end of a step's tests, by step."""
    unwritten: frozenset[str] = frozenset()
    """Steps whose cell is as it was released."""
    last: tuple[Run, ...] = ()
    """The same cells with those that make one function joined, and with what stands as text."""

    def answer(self, step: str) -> int:
        """The place of the cell that seems to answer a step; −1 if there is none."""
        own = [i for i, cell in enumerate(self.cells) if cell.own and not is_stub(cell.source)]
        bind = [i for i in own if binds(self.cells[i].source, [step])]
        above = [i for i in bind if i < self.places[step]]
        named = [i for i in above or own if self.cells[i].label == step]
        return (named or above or bind or [-1])[-1]


class Running(Functions, Protocol):
    """A notebook that is run, and a student's functions in it."""

    success: tuple[str, tuple[str, ...]]
    """What the last test that passed says, and the correct helpers it passed with."""

    def begin(self, cells: Sequence[Run], unwritten: frozenset[str]) -> None:
        """Forget everything; run these cells before the next test."""

    def begin_again(self, cells: Sequence[Run], above: int, step: str) -> bool:
        """Run all of these cells; whether those from `above` on can have changed the step."""

    def begin_test(self, test: Test, proven: frozenset[str]) -> None:
        """Make ready for a test; functions in `proven` have passed all of their own."""

    def is_bound(self, step: str) -> bool:
        """Whether the cells have bound a function of this name."""

    def status_of(self, problem: Exception) -> str:
        """What to call a test's failure; raise what is no fault of the student's."""


def plan(assignment: Assignment, cells: Sequence[Cell]) -> Plan:
    """What is to be run of `cells`, and how far for each step."""
    runs: list[Run] = []
    last: list[Run] = []
    places: dict[str, int] = {}
    tests = {test.name: test.step for test in assignment.tests}
    unwritten = set()
    for number, cell in enumerate(cells, 1):
        in_place = cell.grade_id in assignment.steps
        taken = any(run.label == cell.grade_id for run in runs)
        label = cell.grade_id if in_place and not taken else f"cell {number}"
        if cell.kind != "code":
            if binds(cell.source, assignment.steps):
                last.append(Run(label, _as_code(cell.source), own=False))
            continue
        released = assignment.released.get(without_blanks(cell.source))
        own = released is None and bool(cell.source.strip())
        if released is not None and in_place:
            unwritten.add(cell.grade_id)
        if own or released:
            runs.append(Run(label, cell.source if own else released or "", own))
            _join(last, runs[-1])
        step = tests.get(cell.grade_id) or assignment.tested.get(without_blanks(cell.source))
        if step:
            places[step] = len(runs)
    everything = dict.fromkeys(assignment.steps, len(runs)) | places
    return Plan(tuple(runs), everything, frozenset(unwritten), tuple(last))


def judge(
    assignment: Assignment, tests: Sequence[Test], planned: Plan, running: Running
) -> tuple[dict[str, Mark], list[str]]:
    """Judge every step that has tests.

    Parameters
    ----------
    assignment : Assignment
    tests : sequence of Test
        Those of its tests that are to be run.
    planned : Plan
    running : Running

    Returns
    -------
    dict of Mark, by test
    list of str
        What a student and an instructor should know of how it was judged.
    """
    namespace: dict[str, object] = {"__name__": "__main__"}
    before = elsewhere.set(running)
    marks: dict[str, Mark] = {}
    notes: list[str] = []
    try:
        exec(compile(assignment.setup, "<setup>", "exec"), namespace)
        # A test need not be one of `checks.step`: it may call a student's function by its name.
        namespace.update((step, running.get(step, "")) for step in assignment.steps)
        for step in dict.fromkeys(test.step for test in tests):
            of_step = [test for test in tests if test.step == step]

            run = partial(_marks, of_step, tuple(marks.values()), namespace, running)
            judged = _judge(step, planned, running, run, notes)
            marks |= {mark.test: mark for mark in judged}
    finally:
        elsewhere.reset(before)
    return marks, notes


def _judge(
    step: str, planned: Plan, running: Running, run: Callable[[], Iterable[Mark]], notes: list[str]
) -> list[Mark]:
    above = planned.places[step]
    running.begin(planned.cells[:above], planned.unwritten)
    marks = list(run())
    if _points(marks) == sum(mark.most for mark in marks):
        return marks
    below = any(cell.own for cell in planned.cells[above:])
    if below and running.begin_again(planned.cells, above, step):
        again = list(run())
        if _points(again) > _points(marks):
            notes.append(
                f"{step} gets more points with the notebook run to its end than where its tests "
                "stand; it is judged so, but there they fail"
            )
            return [_both(*pair) for pair in zip(marks, again, strict=True)]
    unbound = not running.is_bound(step) or all(m.status == statuses.MISSING for m in marks)
    if _is_elsewhere(step, planned, unbound, marks):
        # Twice, since cells may stand in another order than they were run in.
        running.begin((*planned.last, *planned.last), planned.unwritten)
        again = list(run())
        if _points(again) > _points(marks):
            notes.append(
                f"{step} was found only in text, in a function split into two cells, or in cells "
                "that must run in another order"
            )
            return again
    return marks


def _is_elsewhere(step: str, planned: Plan, unbound: bool, marks: Sequence[Mark]) -> bool:
    """Whether a step that is bound nowhere, or in halves, may be found in another way."""
    bind = [c for c in planned.last if binds(c.source, [step]) and not is_stub(c.source)]
    if unbound:
        return bool(bind)
    halves = any(cell.own and cell not in planned.cells for cell in bind)
    return halves and _points(marks) == 0


def _points(marks: Sequence[Mark]) -> float:
    return sum(mark.points for mark in marks)


def _both(first: Mark, again: Mark) -> Mark:
    """The mark of the second run, with the words of the first."""
    if first.status == statuses.GRADED or again.status != statuses.GRADED:
        return again._replace(message=first.message)
    return again._replace(message=f"{again.message} Where the test stands: {first.message}")


def _marks(
    tests: Sequence[Test],
    before: Sequence[Mark],
    namespace: dict[str, object],
    running: Running,
) -> Iterator[Mark]:
    """Run the tests of a step in order.

    A test counts if it passes with the student's own helpers or with correct ones. Which of both is
    tried first decides nothing but how long it takes: what has failed its own tests may well hang.
    """
    worst: dict[str, str] = {}
    for mark in before:
        if worst.get(mark.step, statuses.GRADED) == statuses.GRADED:
            worst[mark.step] = mark.status
    proven = frozenset(step for step, status in worst.items() if status == statuses.GRADED)
    hangs = False
    for test in tests:
        if hangs:  # a function that did not come back once is not waited for again
            message = "not tried, since a call did not come back in the test before"
            yield Mark(test.name, test.step, 0.0, test.points, statuses.TIMEOUT, message)
            continue
        known = {step: worst[step] for step in test.helpers if step in worst}
        wrong = [step for step, status in known.items() if status != statuses.GRADED]
        hopeless = [step for step in wrong if known[step] in HOPELESS]
        with running.helped(wrong):
            mark = _mark(test, proven, namespace, running)
        if mark.status != statuses.GRADED and wrong != hopeless:
            with running.helped(hopeless):
                again = _mark(test, proven, namespace, running)
            mark = again if again.status == statuses.GRADED else mark
        hangs = mark.status == statuses.TIMEOUT
        yield mark


def _mark(
    test: Test, proven: frozenset[str], namespace: dict[str, object], running: Running
) -> Mark:
    try:
        running.begin_test(test, proven)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(test.source, f"<{test.name}>", "exec"), namespace)
    except Exception as problem:
        status = running.status_of(problem)
        message = str(problem) if isinstance(problem, AssertionError) else repr(problem)
        return Mark(test.name, test.step, 0.0, test.points, status, clean(message[:2000]))
    words, helped = running.success
    return Mark(test.name, test.step, test.points, test.points, statuses.GRADED, words, helped)


def _join(runs: list[Run], run: Run) -> None:
    """Add a cell, or the second half of one."""
    before = runs[-1].source if runs else ""
    # Whoever hands in chooses these lines: they are looked at, and never given to a parser here.
    first = next((line for line in run.source.splitlines() if line.strip()), "")
    opens = next((line for line in reversed(before.splitlines()) if re.match(r"\S", line)), "")
    short = len(before) + len(run.source) <= SPLIT
    if short and first[:1].isspace() and OPENS.match(opens):
        runs[-1] = Run(runs[-1].label, f"{before}\n{run.source}")
    else:
        runs.append(run)


def _as_code(text: str) -> str:
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return textwrap.dedent("\n".join(fenced) if fenced else text)
