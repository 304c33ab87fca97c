"""What is said of a question, and of a whole submission."""

from typing import Any, NamedTuple

GRADED = "graded"
FAILED = "failed"
TIMEOUT = "timeout"
MEMORY = "out of memory"
CRASHED = "crashed"
UNREADABLE = "unreadable"
MISSING = "missing"
HERE = "not gradable here"

STATUSES = {
    GRADED: "all tests of the question pass",
    FAILED: "a test fails, or the function raises an error",
    TIMEOUT: "a call did not come back in time",
    MEMORY: "it asked for more memory, or more processes, than there is for one submission",
    CRASHED: "its process ended, or broke the line to the grader",
    UNREADABLE: "the file is no notebook that can be read",
    MISSING: "nothing was handed in, or the function was not written",
    HERE: "the grader's own trouble; tried again in the next run, and never counted as 0",
}
"""Every status, and what it means."""


class Mark(NamedTuple):
    """What one test cell gave: its points or 0, and why."""

    test: str
    points: float
    most: float
    status: str
    message: str


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
    def final(self) -> bool:
        """Whether it will stay as it is in the next run."""
        return all(mark.status != HERE for mark in self.marks)

    def to_json(self) -> dict[str, Any]:
        """As plain lists and dictionaries."""
        return self._asdict() | {"marks": [mark._asdict() for mark in self.marks]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Result":
        """From what `to_json` gave, with lists for tuples."""
        marks = tuple(Mark(**mark) for mark in data["marks"])
        return cls(**data | {"marks": marks, "notes": tuple(data["notes"])})


def without_marks(tests: Any, status: str, message: str) -> tuple[Mark, ...]:
    """Every test at 0 points for one and the same reason."""
    return tuple(Mark(test.name, 0.0, test.points, status, message) for test in tests)
