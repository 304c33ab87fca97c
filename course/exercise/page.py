"""An exercise in a page: the reader's answer is run and tested in the reader's browser."""

import contextlib
import importlib
import io
import traceback
import warnings
from typing import Any

from course.exercise import functions
from course.exercise.guard import no_ready_answers
from course.exercise.words import NotWrittenError, Wrong

FILE = "your answer"


def prepare() -> None:
    """Import all that a check needs, so that only the check itself is timed."""
    functions.warned.append("the page itself ends what does not stop")
    importlib.import_module("course.checks")
    with no_ready_answers():
        pass


def said(setup: str, answer: str, test: str) -> tuple[bool, str]:
    """Run an answer and its test, and return whether it passed, and the words for it.

    Parameters
    ----------
    setup, test : str
        Cells of the exercise.
    answer : str
        What stands in the editor.

    Returns
    -------
    bool, str
        What the answer prints comes before the words.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(setup, names)
        try:
            exec(compile(answer, FILE, "exec"), names)
            exec(test, names)
        except BaseException as problem:  # whatever an answer raises is the reader's to see
            return False, f"{printed.getvalue()}{_words(problem)}"
    return True, printed.getvalue().strip()


def _words(problem: BaseException) -> str:
    if isinstance(problem, Wrong | NotWrittenError):
        return str(problem)
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__)
             if frame.filename == FILE]  # fmt: skip
    line = problem.lineno if isinstance(problem, SyntaxError) else (lines or [None])[-1]
    words = problem.msg if isinstance(problem, SyntaxError) else str(problem)
    notes = " ".join(getattr(problem, "__notes__", []))
    where = f" (line {line})" if line else ""
    return f"{type(problem).__name__}: {words}{where}. {notes}".strip()
