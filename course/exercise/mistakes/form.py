"""What a known mistake is: words, the function it makes, and where the book explains it."""

from collections.abc import Callable
from typing import Any, NamedTuple

Function = Callable[..., Any]


class Mistake(NamedTuple):
    """One mistake in one step."""

    words: str
    """They complete "That is what comes out if"."""
    wrong: tuple[Function, ...]
    """The step's function with the mistake in it, in as many ways as change its numbers."""
    see: str = ""
    """Page of the book and label of the paragraph that explains it."""


def mistake(words: str, *wrong: Function, see: str = "") -> Mistake:
    """A `Mistake`."""
    return Mistake(words, wrong, see)
