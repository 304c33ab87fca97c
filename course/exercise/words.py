"""What a student reads where a test fails: the words alone, and numbers that differ."""

from contextvars import ContextVar
from typing import Any

import numpy.typing as npt


class Wrong(AssertionError):
    """A failed test: its message and, where numbers were compared, these numbers.

    IPython shows the message and none of the lines that lead to it.
    """

    def __init__(
        self,
        message: str,
        name: str = "",
        got: npt.NDArray[Any] | None = None,
        slack: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.name, self.got, self.slack = name, got, slack

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


collected: ContextVar[list[BaseException] | None] = ContextVar("collected", default=None)
"""Where this is a list, numbers that differ are put there, and the test goes on."""


class Endless(Wrong):
    """A call that does not stop."""


class NotWrittenError(NotImplementedError):
    """A step that still raises what nbgrader puts in the place of an answer."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def entry(name: str, where: tuple[int, ...], size: int) -> str:
    """What to call one entry of an array of `size` entries."""
    if not where or size == 1:
        return name
    place = f"[{', '.join(map(str, where))}]"
    array, of, rest = name.partition(" of ")
    if name.isidentifier() or (
        array.isidentifier() and len(array) < len("what")
    ):  # "q of the grid", and not "what of it"
        return f"{array}{place}{of}{rest}"
    return f"{name.rstrip(',')}: entry {place}"


def two_numbers(got: float, want: float) -> tuple[str, str]:
    """Both with as many digits as it takes to see how far they are apart."""
    small = 1e-12 * max(1.0, abs(got), abs(want))
    got, want = (0.0 if abs(x) < small else float(x) for x in (got, want))
    for digits in range(5, 18):
        shown = f"{got:.{digits}g}", f"{want:.{digits}g}"
        apart = float(shown[0]) - float(shown[1])
        if abs(apart - (got - want)) <= 0.05 * abs(got - want):
            break
    return shown


def kind_of(value: Any) -> str:
    """What a value is, where it is no array of numbers."""
    described = repr(value)
    if described.startswith(("a value of type ", "an array of ", "a ")):  # from the sandbox
        return described
    return f"a value of type {type(value).__name__}"
