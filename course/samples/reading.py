"""What a student reads of each wrong sample answer: the words of the tests, to be read as a whole.

These answers are ours, and so their tests run in this process, as in a notebook.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import nbformat

from course.exercise.functions import TIME_LIMIT
from course.layout import Course
from course.samples.sample_class import ANSWERS, ASSIGNMENTS, Answer, read_answer, solutions_of

SAY_IT_THEMSELVES = (
    "That is what comes out",
    "missing?",
    "changed its argument",
    "other order",
    "all chance comes from",
    "rl_lib can do this",
    "did not stop",
)

PATIENCE = 0.5  # seconds; no sample answer that stops takes as long


class Read(NamedTuple):
    """A wrong answer, and what is said of it."""

    assignment: str
    answer: str
    mistake: str
    test: str
    """The first test that fails; "" where none does."""
    words: str

    @property
    def named(self) -> bool:
        """Whether the mistake itself is named, and not only the number or the rule."""
        return any(words in self.words for words in SAY_IT_THEMSELVES)


def read_all(course: Course, assignments: tuple[str, ...] = ASSIGNMENTS) -> Iterator[Read]:
    """Run the tests of the step that each wrong answer loses, the visible one first.

    Parameters
    ----------
    course : Course
    assignments : names
    """
    for assignment in assignments:
        notebook = nbformat.read(course.solution(assignment), as_version=4)
        solutions = solutions_of(notebook)
        cells = {
            cell.metadata.nbgrader.grade_id: cell.source
            for cell in notebook.cells
            if "nbgrader" in cell.metadata and "ungraded" not in cell.metadata.get("tags", [])
        }
        for path in sorted((ANSWERS / assignment).glob("wrong_*.py")):
            answer = read_answer(path)
            test, words = _first_words(cells, answer, answer.instead_of(solutions))
            yield Read(assignment, answer.name, answer.mistake, test, words)


def _first_words(cells: dict[str, str], answer: Answer, sources: dict[str, str]) -> tuple[str, str]:
    """The first test of the answer's step that fails, and what it says."""
    tests = [f"{answer.loses}_visible", f"{answer.loses}_hidden"]
    names: dict[str, Any] = {"__name__": "__main__"}
    patience = TIME_LIMIT.set(PATIENCE)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for grade_id, source in cells.items():
                if not grade_id.endswith(("_visible", "_hidden")):
                    exec(compile(sources.get(grade_id, source), grade_id, "exec"), names)
            for test in tests:
                try:
                    exec(compile(cells[test], test, "exec"), names)
                except Exception as problem:
                    return test, " ".join([str(problem), *getattr(problem, "__notes__", [])])
    finally:
        TIME_LIMIT.reset(patience)
    return "", ""


def report(course: Course, assignments: tuple[str, ...] = ASSIGNMENTS) -> list[Read]:
    """Print every wrong answer, its mistake and what is read, and how many are named."""
    read = []
    for one in read_all(course, assignments):
        read.append(one)
        hidden = " (in a hidden test)" if one.test.endswith("_hidden") else ""
        print(f"{one.assignment}/{one.answer}: {one.mistake}\n    {one.words or 'nothing'}{hidden}")
    named = sum(one.named for one in read)
    print(f"{named} of {len(read)} name the mistake itself.")
    return read
