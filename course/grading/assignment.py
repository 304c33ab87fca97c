"""What is asked, read from the instructors' notebook: set-up, answers, tests, and their points."""

import ast
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

from course.errors import CourseError
from course.exercise.answers import CORRECT

CODE, TEXT = "# YOUR CODE HERE\nraise NotImplementedError()", "YOUR ANSWER HERE"
"""What nbgrader puts in the place of a solution."""


class Asked(NamedTuple):
    """A cell of the instructors' notebook, and what nbgrader's metadata say of it."""

    kind: str
    source: str
    grade_id: str
    points: float
    grade: bool
    solution: bool
    locked: bool
    ungraded: bool
    task: bool = False

    @property
    def released(self) -> str:
        """The cell's source as nbgrader releases it."""
        hidden = r"^ *### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS *\n?"
        source = re.sub(hidden, "", self.source, flags=re.DOTALL | re.MULTILINE)
        if self.solution and "### BEGIN SOLUTION" not in source:
            return CODE if self.kind == "code" else TEXT
        solution = r"^( *)### BEGIN SOLUTION.*?### END SOLUTION *$"
        return re.sub(
            solution, lambda found: indent(CODE, found[1]), source, flags=re.DOTALL | re.MULTILINE
        )


@dataclass(frozen=True)
class Test:
    """One test cell: its grade_id, the function it is about, its source and points."""

    name: str
    step: str
    source: str
    points: float

    @cached_property
    def helpers(self) -> tuple[str, ...]:
        """Steps that may stand there as correct ones, as the test says to `checks.step`."""
        found: list[str] = []
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.keyword) and node.arg == "helpers":
                found += ast.literal_eval(node.value)
        return tuple(found)

    @property
    def is_hidden(self) -> bool:
        """Whether students do not have this test."""
        return not self.name.endswith("_visible")


@dataclass(frozen=True)
class Assignment:
    """An assignment as the grader needs it."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path) -> "Assignment":
        """Read it from a notebook.

        Raises
        ------
        CourseError
            If there is no such notebook, or it asks nothing.
        """
        try:
            assignment = cls(path.stem, path.read_text("utf8"))
            tests = assignment.tests
            asked = bool(assignment.setup and assignment.steps if tests else assignment.manual)
            for test in assignment.tests:
                if not test.step:
                    raise ValueError(f"the test {test.name} is named after no function to write")
                if not set(test.helpers) <= CORRECT.keys():
                    raise ValueError(f"{test.name} has unheard-of helpers")
        except FileNotFoundError:
            raise CourseError(f"{path} is missing") from None
        except (OSError, ValueError, KeyError, TypeError, SyntaxError, AttributeError) as problem:
            raise CourseError(f"{path} cannot be read: {problem}") from None
        if not asked:
            raise CourseError(f"{path} has no test cells")
        return assignment

    @cached_property
    def cells(self) -> tuple[Asked, ...]:
        """All cells of the notebook, in order."""
        found = []
        for cell in json.loads(self.text)["cells"]:
            info = cell["metadata"].get("nbgrader", {})
            found.append(
                Asked(
                    cell["cell_type"],
                    "".join(cell["source"]),
                    info.get("grade_id", ""),
                    float(info.get("points", 0)),
                    bool(info.get("grade")),
                    bool(info.get("solution")),
                    bool(info.get("locked")),
                    "ungraded" in cell["metadata"].get("tags", []),
                    bool(info.get("task")),
                )
            )
        return tuple(found)

    @cached_property
    def released(self) -> dict[str, str]:
        """What is to run of a code cell that is exactly as students received it, by its source.

        Imports and definitions: play costs no time, tests are not a student's, and of an answer
        that is not written yet nothing can stand in the way of one that is.
        """
        found = {}
        for cell in self.cells:
            if cell.kind == "code":
                runs = "" if cell.grade or cell.solution else _definitions(cell.source)
                found[without_blanks(cell.released)] = runs
        return found

    @cached_property
    def tested(self) -> dict[str, str]:
        """The step that a test is about, by the test's source as students received it."""
        steps = {test.name: test.step for test in self.tests}
        return {
            without_blanks(cell.released): steps[cell.grade_id]
            for cell in self.cells
            if cell.grade_id in steps
        }

    @cached_property
    def setup(self) -> str:
        """Locked code that is no test and runs before everything else."""
        code = (c for c in self.cells if c.kind == "code" and not c.task)
        locked = (c for c in code if c.locked and not c.grade)
        return "\n\n".join(cell.source for cell in locked if not cell.ungraded)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """Functions that students write, in order."""
        cells = self.cells
        return tuple(c.grade_id for c in cells if c.kind == "code" and c.solution and not c.grade)

    @cached_property
    def manual(self) -> tuple[Asked, ...]:
        """Questions that a person marks: cells that are answer and test in one, and tasks."""
        return tuple(c for c in self.cells if c.task or (c.grade and c.solution))

    @cached_property
    def questions(self) -> tuple[Test, ...]:
        """All that gets marks: tests, and what a person marks."""
        by_hand = (Test(c.grade_id, c.grade_id, "", c.points) for c in self.manual)
        return (*self.tests, *by_hand)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All cells as they were released."""
        return tuple(cell.released for cell in self.cells)

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """Test cells, in order."""
        found = []
        for cell in self.cells:
            if cell.kind == "code" and cell.grade and not cell.solution:
                about = [step for step in self.steps if cell.grade_id.startswith(step)]
                step = max(about, key=len, default="")
                found.append(Test(cell.grade_id, step, cell.source, cell.points))
        return tuple(found)


def without_blanks(source: str) -> str:
    """A cell's source as it is compared: editors take away blanks at the end of lines."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _definitions(source: str) -> str:
    """Its imports, functions and classes; of a cell with magics, all of it."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return source
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return "\n".join(ast.unparse(node) for node in body if isinstance(node, kept))
