"""A student's functions, wherever they run: a test asks for them, and for correct helpers.

`Functions` is the seam between tests and what they test. In a notebook they are what its cells have
defined (`NotebookFunctions`); the grader has functions of another process instead, and says so with
the context variable `elsewhere`.
"""

import contextlib
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol
from weakref import WeakSet

from course.exercise.answers import CORRECT
from course.exercise.guard import guarded
from course.exercise.words import Endless
from course.sandbox.inside.clock import can_limit

TIME_LIMIT: ContextVar[float] = ContextVar("TIME_LIMIT", default=5.0)
"""Seconds of computing that one call of a student's function may take in a notebook, at least."""

_passed: WeakSet[Any] = WeakSet()
"""Functions of notebooks that have passed tests of their own."""

warned: list[str] = []


class Functions(Protocol):
    """A student's functions, as a test meets them."""

    def get(self, name: str, endless: str) -> Callable[..., Any] | None:
        """The function, ready to be called; `endless` is what to say where a call does not stop."""

    def helped(self, helpers: Sequence[str]) -> contextlib.AbstractContextManager[None]:
        """Within this, the functions find correct `helpers` beside them."""

    def in_vain(self, helpers: Sequence[str], problem: BaseException) -> bool:
        """Whether nothing can come of trying again with correct helpers, after this problem."""

    def explains(self, problem: BaseException) -> bool:
        """Whether known mistakes are to be tried for the reason of this problem."""

    def passed(self, names: Sequence[str], helpers: Sequence[str]) -> None:
        """Take note that a test of these functions passes, with correct `helpers` if any."""


class NotebookFunctions:
    """What the cells of this notebook have defined.

    Parameters
    ----------
    namespace : the notebook's `globals()`
    """

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self._namespace = namespace

    def get(self, name: str, endless: str) -> Callable[..., Any] | None:
        """The function, guarded."""
        function = self._namespace.get(name)
        if not callable(function):
            return None
        if not can_limit() and not warned:
            warned.append(NO_LIMIT)
            print(NO_LIMIT)
        return guarded(name, function, TIME_LIMIT.get(), endless)

    @contextlib.contextmanager
    def helped(self, helpers: Sequence[str]) -> Iterator[None]:
        """Put correct helpers into the namespace, and afterwards back what was there."""
        absent = object()
        before = {name: self._namespace.get(name, absent) for name in helpers}
        self._namespace.update((name, CORRECT[name]) for name in helpers)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is absent:
                    del self._namespace[name]
                else:
                    self._namespace[name] = value

    def in_vain(self, helpers: Sequence[str], problem: BaseException) -> bool:
        """Where there are no helpers, or a call hangs although all of them pass their tests."""
        return not helpers or (isinstance(problem, Endless) and not self._doubtful(helpers))

    def explains(self, problem: BaseException) -> bool:
        """Unless the call did not come back."""
        return not isinstance(problem, Endless | NotImplementedError)

    def passed(self, names: Sequence[str], helpers: Sequence[str]) -> None:
        """Say so."""
        print(words_of_success(names, helpers, self._doubtful(helpers)))
        with contextlib.suppress(TypeError):  # a callable that cannot be referred to weakly
            _passed.update(self._namespace[name] for name in names)

    def _doubtful(self, helpers: Sequence[str]) -> list[str]:
        """Of these, the student's that have not passed tests of their own."""
        with contextlib.suppress(TypeError):
            return [name for name in helpers if self._namespace.get(name) not in _passed]
        return list(helpers)


def words_of_success(
    names: Sequence[str], helpers: Sequence[str] = (), doubtful: Sequence[str] = ()
) -> str:
    """What a student reads where a test passes, if need be with correct helpers.

    Of these, `doubtful` ones have tests of their own to look at; the others pass theirs.
    """
    said = f"{', '.join(names)}: all tests of this cell pass"
    if not helpers:
        return f"{said}."
    said += f", with a correct {' and '.join(helpers)} in place of yours."
    if doubtful:
        return f"{said} See the tests of {' and '.join(doubtful)}."
    return f"{said} Yours passes the tests of its own step, but fails in this one."


NO_LIMIT = (
    "A loop without an end cannot be stopped from here. If a test takes more than a few seconds, "
    "stop it: in the menu, Kernel, Interrupt; in a browser's notebook, Kernel, Restart."
)
"""Where the platform cannot interrupt a call."""


NOWHERE = NotebookFunctions({})
"""Where a notebook's cells are run to find its functions, and not to test them."""

elsewhere: ContextVar[Functions | None] = ContextVar("elsewhere", default=None)
"""Where the functions of a student are, if not in the namespace of the tests."""
