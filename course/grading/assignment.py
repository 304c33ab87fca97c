"""What is asked, read from the instructors' notebook: set-up, answers, tests, and their points."""

import ast
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from course.errors import CourseError
from course.exercise.answers import CORRECT


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
            asked = bool(assignment.tests and assignment.setup and assignment.steps)
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
                )
            )
        return tuple(found)

    @cached_property
    def setup(self) -> str:
        """Locked code that is no test and runs before everything else."""
        locked = (c for c in self.cells if c.kind == "code" and c.locked and not c.grade)
        return "\n\n".join(cell.source for cell in locked if not cell.ungraded)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """Functions that students write, in order."""
        cells = self.cells
        return tuple(c.grade_id for c in cells if c.kind == "code" and c.solution and not c.grade)

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
