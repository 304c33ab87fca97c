"""A student's functions, as proxies that ask a worker in the sandbox: `Functions` of the grader's.

A test calls a proxy as it would call the function. What goes wrong on the other side comes out of
the call as a failed assertion with a status. After a crash, the next call starts a new worker, so
that one question cannot cost another.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from course.exercise.answers import CORRECT, source_of
from course.exercise.functions import words_of_success
from course.exercise.guard import endless_call, unchanged_arguments
from course.grading.assignment import Test
from course.grading.notebooks import Run
from course.grading.words import KNOWN_NAMES, without_words
from course.sandbox import statuses
from course.sandbox.inside import wire
from course.sandbox.workers import RECEIVED, Ended, Sandbox, SandboxError, Worker
from rl_lib import MDPEnv

SHORT = 60
"""Lines of a cell in which a place may be named after a hidden test."""


class Stopped(AssertionError):
    """What a test is told where a call gives nothing to look at."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Session:
    """The cells of one submission, and the functions they define.

    Parameters
    ----------
    sandbox : Sandbox
    setup : str
        The notebook's first cell.
    cells : sequence of `notebooks.Run`
        To be run in this order.
    steps : sequence of str
        Functions that are asked for.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        setup: str,
        cells: Sequence[Run],
        steps: Sequence[str],
    ) -> None:
        self.limits = sandbox.limits
        self.trouble: SandboxError | OSError | None = None
        self.memory = 0
        self.problems: dict[str, tuple[str, str]] = {}
        self._sandbox, self._setup, self._cells, self._steps = sandbox, setup, cells, steps
        self._end = time.monotonic() + self.limits.lifetime
        self._test_end = self._end
        self.proven: frozenset[str] = frozenset()
        """Functions of the student's own that have passed all of their tests."""
        self.success: tuple[str, tuple[str, ...]] = ("", ())
        """What the last test that passed says, and the correct helpers it passed with."""
        self._test: Test | None = None
        self._knows_hidden = False  # whether a worker has seen what a hidden test gives
        self._running = -1
        self._fatal: set[int] = set()  # cells that end the process that runs them
        self._helpers: tuple[str, ...] = ()
        self._workers: dict[tuple[str, ...], tuple[Worker, set[str]]] = {}

    def begin_test(self, test: Test) -> None:
        """Set the clock for the next test, once there is a worker for it.

        What a hidden test gives to a function must not come back. So of its errors no text is
        passed on, and a process that has seen it answers no visible test, whose words are.
        """
        self._test_end = self._end
        self._test, self.success = test, ("", ())
        if self._knows_hidden and not test.is_hidden:
            self.close()
        for worker, _ in (self._worker(), *self._workers.values()):
            worker.left = RECEIVED
        self._test_end = time.monotonic() + self.limits.test

    def get(self, name: str, endless: str) -> Callable[..., Any]:
        """A proxy of the student's function `name`."""
        return unchanged_arguments(name, lambda *given: self.call(name, given, endless))

    def in_vain(self, helpers: Sequence[str], problem: BaseException) -> bool:
        """Where all of them stand there, or, after a call that hangs, might as well."""
        hangs = isinstance(problem, Stopped) and problem.status == statuses.TIMEOUT
        return set(helpers) <= {*self._helpers, *(self.proven if hangs else ())}

    def passed(self, names: Sequence[str], helpers: Sequence[str]) -> None:
        """Keep it for the mark."""
        order = self._test.helpers if self._test else helpers
        helped = tuple(name for name in order if name in {*self._helpers, *helpers})
        self.success = words_of_success(names, helped), helped

    @contextlib.contextmanager
    def helped(self, helpers: Sequence[str]) -> Iterator[None]:
        """Within this block, the student's functions find correct `helpers` beside them."""
        before, self._helpers = self._helpers, tuple(sorted({*self._helpers, *helpers}))
        try:
            yield
        finally:
            if self._helpers != before:
                self._close(self._helpers)
            self._helpers = before

    def call(self, name: str, arguments: Sequence[Any], endless: str) -> Any:
        """Call a function of the student's.

        Raises
        ------
        Stopped
            If nothing comes of it.
        """
        packed = [wire.pack_in(argument) for argument in arguments]
        worker, defined = self._worker()
        if name not in defined:
            raise Stopped(*self._why_missing(name))
        too_long = endless_call(name, self.limits.computing, endless)
        self._knows_hidden |= self._is_hidden
        try:
            answer = worker.ask(
                "call",
                self._deadline(),
                name=name,
                arguments=packed,
                seconds=self.limits.computing,
            )
        except Ended as end:
            self._close(self._helpers)
            if end.status == statuses.TIMEOUT:
                self._deadline()  # says so if more than this call is out of time
                raise Stopped(
                    end.status, endless_call(name, self.limits.waiting, endless)
                ) from None
            raise Stopped(end.status, f"{name} {end}") from None
        except SandboxError as trouble:
            self._close(self._helpers)
            self.trouble = trouble
            raise
        if "error" in answer:
            raise Stopped(*self._told(name, answer, too_long))
        try:
            self._copy_back(arguments, answer)
            returned = wire.unpack(answer.get("result"))
        except Exception as problem:  # whatever was made of the line to the grader
            raise Stopped(statuses.CRASHED, f"what {name} returns cannot be looked at") from problem
        return without_words(returned) if self._blind else returned

    def close(self) -> None:
        """End all workers."""
        for helpers in list(self._workers):
            self._close(helpers)
        self._knows_hidden = False

    @property
    def _blind(self) -> bool:
        """Whether the student's process knows what students must not: then it may say no words."""
        return self._is_hidden or bool(self._helpers)

    @property
    def _is_hidden(self) -> bool:
        return self._test is not None and self._test.is_hidden

    def _deadline(self) -> float:
        now = time.monotonic()
        if now >= self._end:
            limit = self.limits.lifetime
            raise Stopped(statuses.TIMEOUT, f"the submission has used up its {limit:g} s")
        if now >= self._test_end:
            raise Stopped(statuses.TIMEOUT, f"the test has used up its {self.limits.test:g} s")
        return min(now + self.limits.waiting, self._end, self._test_end)

    def _worker(self) -> tuple[Worker, set[str]]:
        if self._helpers not in self._workers:
            if self._sandbox.one_by_one:
                self.close()
            try:
                self._workers[self._helpers] = self._start()
            except (SandboxError, OSError) as trouble:
                self.trouble = trouble
                raise
        return self._workers[self._helpers]

    def _start(self) -> tuple[Worker, set[str]]:
        while True:
            worker = self._sandbox.worker()
            try:
                try:
                    worker.ask("prepare", self._deadline(), source=self._setup)
                except Ended as end:  # before a line of the student's has run
                    raise SandboxError(f"the worker {end}") from None
                self._run_cells(worker)
                if self._helpers:
                    source = source_of(self._helpers)
                    names = {name: CORRECT[name].__name__ for name in self._helpers}
                    worker.ask("install", self._deadline(), source=source, names=names)
                answer = worker.ask("defined", self._deadline(), names=list(self._steps))
                return worker, {name for name in answer["names"] if name in self._steps}
            except Ended as end:
                # The cell that ended it is left out next time; anything else is beyond repair.
                if not self._blame(end):
                    raise Stopped(end.status, f"the notebook {end}") from None
            except (KeyError, TypeError):
                worker.close()
                raise Stopped(
                    statuses.CRASHED, "the notebook breaks the line to the grader"
                ) from None
            except Stopped:
                worker.close()
                raise

    def _run_cells(self, worker: Worker) -> None:
        order = [number for number in range(len(self._cells)) if number not in self._fatal]
        again = [number for number in order if not self._run_cell(worker, number)]
        for number in again:  # cells that were out of order
            self._run_cell(worker, number)

    def _run_cell(self, worker: Worker, number: int) -> bool:
        """Run a cell, and say whether trying again would be in vain."""
        cell = self._cells[number]
        self._running = number
        answer = worker.ask(
            "run",
            self._deadline(),
            source=cell.source,
            label=cell.label,
            names_only=cell.names_only,
            seconds=self.limits.computing,
        )
        self._running = -1
        if "error" not in answer:
            self.problems.pop(cell.label, None)
            return True
        what = f"the cell of {cell.label}"
        limit = endless_call(what, self.limits.computing, "")
        self.problems[cell.label] = self._told(what, answer, limit, cell.label)
        return answer.get("name") != "NameError"

    def _blame(self, end: Ended) -> bool:
        number, self._running = self._running, -1
        if number < 0:
            return False
        label = self._cells[number].label
        self._fatal.add(number)
        self.problems[label] = end.status, f"the cell of {label} {end}"
        return True

    def _why_missing(self, name: str) -> tuple[str, str]:
        if name in self.problems:
            return self.problems[name]
        others = "".join(f"; {message}" for _, message in list(self.problems.values())[:3])
        return statuses.MISSING, f"there is no function {name} in the notebook{others}"

    def _told(
        self, what: str, answer: Mapping[str, Any], too_long: str, cell: str = ""
    ) -> tuple[str, str]:
        """Status and message of an error; every word of it may be forged."""
        error, name = answer.get("error"), str(answer.get("name"))
        # While a cell runs, no test has been seen, and so its errors have nothing to tell.
        if self._blind and not cell:
            words = name if name in KNOWN_NAMES else "an error"
        else:
            words = name if re.fullmatch(r"[A-Za-z_]\w{0,40}", name) else "an error"
            text = str(answer.get("text", ""))[:600]
            words += f": {text}" if text else ""
        words += self._place(cell or answer.get("cell"), answer.get("line"))
        if error == "time":
            return statuses.TIMEOUT, too_long
        if error == "memory":
            return statuses.MEMORY, f"{what} ran out of memory: {words}"
        if error == "unwritten":
            return statuses.MISSING, f"{what} is not written yet"
        return statuses.FAILED, f"{what} raised {words}"

    def _place(self, label: Any, line: Any) -> str:
        sources = {cell.label: cell.source.splitlines() for cell in self._cells}
        lines = sources.get(label, []) if isinstance(label, str) else []
        if not (isinstance(line, int) and 0 < line <= len(lines)):
            return ""
        if self._blind and len(lines) > SHORT:  # to choose among many lines is to say something
            return ""
        return f" (line {line} of the cell: {lines[line - 1].strip()[:200]})"

    def _copy_back(self, arguments: Sequence[Any], answer: Any) -> None:
        for place, packed in dict(answer.get("changed", {})).items():
            mine, new = arguments[int(place)], wire.unpack(packed)
            if isinstance(mine, np.ndarray) and np.shape(new) == mine.shape:
                writeable, mine.flags.writeable = mine.flags.writeable, True
                mine[...] = new
                mine.flags.writeable = writeable
        for place, state in dict(answer.get("generators", {})).items():
            owner = arguments[int(place)]
            rng = owner.np_random if isinstance(owner, MDPEnv) else owner
            rng.bit_generator.state = state

    def _close(self, helpers: tuple[str, ...]) -> None:
        worker, _ = self._workers.pop(helpers, (None, None))
        if worker is not None:
            worker.close()
            self.memory = max(self.memory, worker.memory)
