"""What surrounds every call of a student's function in a test.

`rl_lib`'s own answers refuse to work, time is limited, arguments must stay as they were, and what
is printed to stderr, which nbgrader takes for a failure, goes to stdout.
"""

import contextlib
import functools
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rl_lib import MDP

READY = tuple(
    f"rl_lib.{name}"
    for name in (
        "planning",
        "_policies",
        "_evaluation",
        "_soft",
        "occupancy",
        "learning",
        "inverse",
    )
)
"""Modules whose functions answer what students are asked."""


class _TimeIsUpError(BaseException):
    """Not an `Exception`, so that a student's `except Exception` does not catch it."""


def guarded(
    name: str, function: Callable[..., Any], seconds: float, endless: str = ""
) -> Callable[..., Any]:
    """`function` with all of this around each call.

    Parameters
    ----------
    name : str
        What the function is called in messages.
    function : callable
    seconds : float
        Limit on the computing time of one call.
    endless : str
        What to ask where a call does not stop.
    """
    refused = _ready_answers()  # found once: a test may call a function thousands of times

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        given = [(i, a, a.copy()) for i, a in enumerate(args) if isinstance(a, np.ndarray)]
        limit = f"{name} did not stop within {seconds:g} s. {endless}".strip()
        with (
            no_ready_answers(refused),
            _time_limit(seconds, limit),
            contextlib.redirect_stderr(sys.stdout),
        ):
            result = function(*args, **kwargs)
        for i, now, before in given:
            assert np.array_equal(now, before), (
                f"{name} changed its argument number {i + 1}; work on a copy of it"
            )
        return result

    return call


@contextlib.contextmanager
def no_ready_answers(refused: Sequence[Any] | None = None) -> Iterator[None]:
    """Within this block, `rl_lib`'s own answers raise instead of answering.

    The code of each function is swapped, and so it does not matter under which name, or from
    where, a student has imported it.
    """
    functions = _ready_answers() if refused is None else refused
    before = [(function, function.__code__) for function in functions]
    for function in functions:
        function.__code__ = _refuse.__code__
    try:
        yield
    finally:
        for function, code in before:
            function.__code__ = code


def _ready_answers() -> list[Any]:
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(READY)]
    return [MDP.action_values] + [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__
        if value.__closure__ is None
    ]


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("rl_lib can do this, but here it is what you are asked to write")


@contextlib.contextmanager
def _time_limit(seconds: float, message: str) -> Iterator[None]:
    """Limit the computing time of a block where the platform can (not on Windows)."""
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def stop(*_: Any) -> None:
        raise _TimeIsUpError

    # The clock counts computing and not waiting: a busy machine must not cost anybody points.
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        # It rings again and again, in case a bare `except:` swallows the first.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
        yield
    except _TimeIsUpError:
        raise AssertionError(message) from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
