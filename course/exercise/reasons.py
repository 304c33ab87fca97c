"""Why a test fails: not guessed, but tried with known mistakes in the place of the answer.

A mistake is told where the same test, on the same input, fails at the same place with the same
numbers. Where none fits there is no reason given.
"""

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from course.exercise.functions import Functions
from course.exercise.words import NotWrittenError, Wrong, collected
from course.sandbox.inside.clock import TimeIsUp, computing_limit

PATIENCE = 1.0
"""Seconds of computing for one known mistake; some of them settle slowly."""


class Attempt:
    """A test, and the functions that it asks for.

    Parameters
    ----------
    test : function
        Its parameters are named after the functions.
    functions : Functions
    endless : str
        What to say where a call does not stop.
    """

    def __init__(self, test: Callable[..., None], functions: Functions, endless: str) -> None:
        self.names = list(inspect.signature(test).parameters)
        self.returned: Any = None
        self.calls = 0
        self._test, self._functions, self._endless = test, functions, endless

    def problem(self) -> Exception | SystemExit | None:
        """Run the test on the student's functions; what is wrong, if anything."""
        __tracebackhide__ = True
        found = {name: self._functions.get(name, self._endless) for name in self.names}
        for name, function in found.items():
            if function is None:
                return AssertionError(f"{name} is not a function here: has its cell been run?")
        return self._run(found)

    def problem_of(self, function: Callable[..., Any]) -> Exception | SystemExit | None:
        """The same with another function in the place of the student's."""
        return self._run({self.names[0]: function})

    def problems(self, function: Callable[..., Any] | None = None) -> list[BaseException]:
        """All numbers that differ, and what ends the test."""
        found: list[BaseException] = []
        before = collected.set(found)
        try:
            end = _tried(self, function) if function else self.problem()
        finally:
            collected.reset(before)
        return [*found, end] if end else found

    def _run(self, found: dict[str, Any]) -> Exception | SystemExit | None:
        __tracebackhide__ = True

        def kept(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                self.calls, self.returned = self.calls + 1, None
                self.returned = function(*args, **kwargs)
                return self.returned

            return call

        self.calls = 0
        try:
            self._test(**{name: kept(function) for name, function in found.items()})
        except (Exception, SystemExit) as problem:
            return problem
        return None


def reason(attempt: Attempt, problem: BaseException) -> str:
    """The known mistakes that give just this problem, in words; nothing if there is none."""
    from course.exercise.mistakes.known import KNOWN

    if len(attempt.names) != 1:
        return ""
    returned, calls = attempt.returned, attempt.calls
    fitting: list[tuple[str, Callable[..., Any]]] = []
    for known in KNOWN.get(attempt.names[0], ()):
        for wrong in known.wrong:
            other = _tried(attempt, wrong)
            if other is None or attempt.calls != calls:
                continue
            if _alike(problem, other, returned, attempt.returned):
                fitting.append((known.words, wrong))
                break
    if len(fitting) > 1:  # then the rest of the test may tell them apart
        everything = attempt.problems()
        fitting = [one for one in fitting if _all_alike(everything, attempt.problems(one[1]))]
    words = list(dict.fromkeys(words for words, _ in fitting))
    # Who could have made any of many mistakes is told of none.
    return f"That is what comes out if {', or if '.join(words)}." if len(words) in (1, 2) else ""


def told(problem: Exception | SystemExit, why: str) -> Exception:
    """What to raise: words alone where they say it all, else the student's own error."""
    if isinstance(problem, SystemExit):  # which would end the notebook, or the grader
        return Wrong("a function ended the program: is there an exit() in it?")
    if isinstance(problem, NotImplementedError):
        return NotWrittenError(f"{_raised_in(problem)} is not written yet")
    if isinstance(problem, Wrong) or type(problem) is AssertionError:
        return Wrong(_sentence(str(problem), why))
    if isinstance(problem, AssertionError):  # of the grader's, with a status
        return problem.with_traceback(None)
    if why:
        problem.add_note(why)
    return problem


def _sentence(words: str, why: str) -> str:
    """Both, with a full stop between them."""
    return (
        f"{words}{'' if words.endswith(('.', '?', '!')) else '.'} {why}".strip() if why else words
    )


def _raised_in(problem: BaseException) -> str:
    trace = problem.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_name if trace else "a function"


def _tried(attempt: Attempt, wrong: Callable[..., Any]) -> BaseException | None:
    with (
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.suppress(TimeIsUp),
    ):
        warnings.simplefilter("ignore")
        with computing_limit(PATIENCE):
            return attempt.problem_of(wrong)
    return None


def _all_alike(problems: list[BaseException], others: list[BaseException]) -> bool:
    return len(problems) == len(others) and all(
        _alike(one, other, None, None) for one, other in zip(problems, others, strict=True)
    )


def _alike(problem: BaseException, other: BaseException, returned: Any, others: Any) -> bool:
    got, others_got = getattr(problem, "got", None), getattr(other, "got", None)
    if isinstance(problem, Wrong) and got is not None and others_got is not None:
        same = problem.name == getattr(other, "name", "") and got.shape == others_got.shape
        return same and bool((np.abs(got - others_got) <= problem.slack).all())
    same = type(problem) is type(other) and str(problem) == str(other)
    return same and _same(returned, others)


def _same(one: Any, other: Any) -> bool:
    try:
        if np.shape(one) != np.shape(other):
            return False
        return bool(np.allclose(one, other, rtol=1e-5, atol=1e-8, equal_nan=True))
    except (TypeError, ValueError):
        return type(one) is type(other)
