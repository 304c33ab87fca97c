"""What is said of a question, and of a whole submission."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from course.grading.assignment import Test
from course.sandbox.statuses import HERE, WAITING


class Mark(NamedTuple):
    """What one test cell gave: its points or 0, and why."""

    test: str
    step: str
    points: float
    most: float
    status: str
    message: str
    helped: tuple[str, ...] = ()
    """Correct helpers that stood in for the student's own."""


class Result(NamedTuple):
    """What one submission got, cell by cell."""

    student: str
    assignment: str
    key: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    memory: int = 0
    timestamp: str = ""

    @property
    def points(self) -> float:
        """Points of all cells together."""
        return sum(mark.points for mark in self.marks)

    @property
    def most(self) -> float:
        """Points that could have been had."""
        return sum(mark.most for mark in self.marks)

    @property
    def waiting(self) -> float:
        """Points that a person has still to give, or not."""
        return sum(mark.most for mark in self.marks if mark.status == WAITING)

    @property
    def final(self) -> bool:
        """Whether it will stay as it is in the next run."""
        return all(mark.status != HERE for mark in self.marks)

    def to_json(self) -> dict[str, Any]:
        """As plain lists and dictionaries."""
        return self._asdict() | {"marks": [_to_json(mark) for mark in self.marks]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Result":
        """From what `to_json` gave, with lists for tuples."""
        tuples = (mark | {"helped": tuple(mark["helped"])} for mark in data["marks"])
        marks = (Mark(**mark | {"points": mark["points"] or 0.0}) for mark in tuples)
        return cls(**data | {"marks": tuple(marks), "notes": tuple(data["notes"])})


def _to_json(mark: Mark) -> dict[str, Any]:
    """Of what a person has still to mark, no points are told, rather than 0."""
    waits = mark.status in (HERE, WAITING)
    return mark._asdict() | ({"points": None} if waits else {})


def without_marks(tests: Iterable[Test], status: str, message: str) -> tuple[Mark, ...]:
    """Every test at 0 points for one and the same reason."""
    return tuple(Mark(test.name, test.step, 0.0, test.points, status, message) for test in tests)
