"""What surrounds every call of a student's function in a test.

`rl_lib`'s own answers refuse to work, time is limited, arguments must stay as they were, and what
is printed to stderr, which nbgrader takes for a failure, goes to stdout.
"""

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from course.inside.clock import TimeIsUp, computing_limit
from course.inside.refusal import refuse
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
    if hasattr(function, "elsewhere"):  # in another process, where all of this is seen to
        run = function.elsewhere(endless)
    else:
        run = _here(name, function, seconds, endless)

    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        given = [(i, a, a.copy()) for i, a in enumerate(args) if isinstance(a, np.ndarray)]
        result = run(*args, **kwargs)
        for i, now, before in given:
            assert np.array_equal(now, before), (
                f"{name} changed its argument number {i + 1}; work on a copy of it"
            )
        return result

    return call


def endless_call(name: str, seconds: float, question: str) -> str:
    """What to say of a call that does not stop."""
    return f"{name} did not stop within {seconds:g} s. {question}".strip()


def _here(
    name: str, function: Callable[..., Any], seconds: float, endless: str
) -> Callable[..., Any]:
    refused = _ready_answers()  # found once: a test may call a function thousands of times

    def run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            with (
                no_ready_answers(refused),
                computing_limit(seconds),
                contextlib.redirect_stderr(sys.stdout),
            ):
                return function(*args, **kwargs)
        except TimeIsUp:
            raise AssertionError(endless_call(name, seconds, endless)) from None

    return run


@contextlib.contextmanager
def no_ready_answers(refused: Sequence[Any] | None = None) -> Iterator[None]:
    """Within this block, `rl_lib`'s own answers raise instead of answering.

    The code of each function is swapped, and so it does not matter under which name, or from
    where, a student has imported it.
    """
    functions = _ready_answers() if refused is None else refused
    before = [(function, function.__code__) for function in functions]
    for function in functions:
        function.__code__ = refuse.__code__
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
