"""What surrounds every call of a student's function in a test.

Arguments must stay as they were. In a notebook, besides, `rl_lib`'s own answers refuse to work,
time is limited by what the right answer takes, and what is printed to stderr, which nbgrader takes
for a failure, goes to stdout.
"""

import contextlib
import copy
import importlib
import inspect
import pkgutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from course.exercise.words import Endless, Wrong
from course.sandbox.inside.clock import TimeIsUp, computing_limit
from course.sandbox.inside.refusal import ANSWERS, METHODS, is_in, refuse
from rl_lib import MDPEnv

TIMES = 50
"""A call may take so many times as long as the right answer on the same arguments."""


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
        Limit on the computing time of one call, or `TIMES` what the right answer takes.
    endless : str
        What to say where a call does not stop.
    """

    def run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        state = (np.ndarray, np.random.Generator, MDPEnv)
        before = [copy.deepcopy(a) if isinstance(a, state) else a for a in args]

        allowed = seconds

        def more() -> float:
            nonlocal allowed
            allowed = max(seconds, TIMES * _seconds_of_the_right_answer(name, before))
            return allowed - seconds

        try:
            with (
                no_ready_answers(),
                computing_limit(seconds, more),
                contextlib.redirect_stderr(sys.stdout),
            ):
                return function(*args, **kwargs)
        except TimeIsUp:
            raise Endless(endless_call(name, allowed, endless)) from None

    return unchanged_arguments(name, run)


def unchanged_arguments(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, and an error where it changes an array that it was given."""

    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        given = [(i, a, a.copy()) for i, a in enumerate(args) if isinstance(a, np.ndarray)]
        result = function(*args, **kwargs)
        for i, now, before in given:
            if not np.array_equal(now, before, equal_nan=True):
                raise Wrong(
                    f"{name} changed its argument {_parameter(name, i)}; work on a copy of it"
                )
        return result

    return call


def _parameter(name: str, place: int) -> str:
    from course.exercise.mistakes.known import RIGHT

    if name not in RIGHT:
        return f"number {place + 1}"
    return f"`{list(inspect.signature(RIGHT[name]).parameters)[place]}`"


def _seconds_of_the_right_answer(name: str, arguments: list[Any]) -> float:
    from course.exercise.mistakes.known import RIGHT

    start = time.process_time()
    with contextlib.suppress(Exception):  # arguments that only a student's own function can take
        RIGHT.get(name, lambda *_: None)(*arguments)
    return time.process_time() - start


def endless_call(name: str, seconds: float, question: str) -> str:
    """What to say of a call that does not stop."""
    return f"{name} did not stop within {seconds:.3g} s. {question}".strip()


@contextlib.contextmanager
def no_ready_answers() -> Iterator[None]:
    """Within this block, `rl_lib`'s own answers raise instead of answering.

    The code of each function is swapped, and so it does not matter under which name, or from
    where, a student has imported it. A compiled loop has no such code; the class of all of them is
    told whom to refuse.
    """
    functions, kinds = _ready_answers()
    before = [function.__code__ for function in functions]
    outer = [vars(kind).get("__call__") for kind in kinds]
    try:
        for function in functions:
            function.__code__ = refuse.__code__
        for kind in kinds:
            kind.__call__ = _refuse_or_run
        yield
    finally:  # within another such block, too
        for function, code in zip(functions, before, strict=True):
            function.__code__ = code
        for kind, call in zip(kinds, outer, strict=True):
            if call is not None:
                kind.__call__ = call
            elif "__call__" in vars(kind):
                del kind.__call__


def _refuse_or_run(loop: Any, *args: Any, **kwargs: Any) -> Any:
    if is_in(loop.py_func.__module__, ANSWERS):
        refuse()
    # The class above has the call that this one stands in front of.
    return super(type(loop), loop).__call__(*args, **kwargs)


@cache  # a test may call a function thousands of times
def _ready_answers() -> tuple[list[Any], list[Any]]:
    """Functions that answer an exercise, and the classes of compiled loops; all are loaded."""
    functions: list[Any] = []
    kinds: list[Any] = []
    for module, owner, method in METHODS:
        functions.append(getattr(getattr(importlib.import_module(module), owner), method))
    for found in _modules():
        for value in vars(found).values():
            if getattr(value, "__module__", None) != found.__name__:
                continue
            if inspect.isfunction(value) and value.__closure__ is None:
                functions.append(value)
            elif hasattr(value, "py_func"):
                functions.append(value.py_func)
                if type(value) not in kinds:
                    kinds.append(type(value))
    return functions, kinds


def _modules() -> Iterator[Any]:
    for name in ANSWERS:
        module = importlib.import_module(name)
        yield module
        for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{name}."):
            yield importlib.import_module(found.name)
