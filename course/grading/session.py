"""A student's functions, as proxies that ask a worker in the sandbox: `Functions` of the grader's.

A test calls a proxy as it would call the function. What goes wrong on the other side comes out of
the call as a failed assertion with a status. After a crash, the next call starts a new worker, so
that one question cannot cost another.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from course.exercise.answers import CORRECT, source_of
from course.exercise.functions import words_of_success
from course.exercise.guard import endless_call, unchanged_arguments
from course.grading.assignment import Test
from course.grading.judge import Run
from course.grading.words import KNOWN_NAMES, without_words
from course.sandbox import statuses
from course.sandbox.inside import wire
from course.sandbox.workers import RECEIVED, Ended, Limits, SandboxError
from rl_lib import MDPEnv

SHORT = 60
"""Lines of a cell in which a place may be named after a hidden test."""


QUICK = 0.003
"""Seconds; where the calls of a function take longer, they may be why another seems to hang."""


class Line(Protocol):
    """One worker, as it is asked."""

    left: int
    memory: int
    seconds: float

    def ask(self, do: str, deadline: float, **fields: Any) -> Mapping[str, Any]:
        """Make one request, and wait for its answer."""

    def close(self) -> object:
        """End the worker."""


class Workers(Protocol):
    """Where workers come from: a sandbox, or, at home, this very process."""

    limits: Limits

    @property
    def one_by_one(self) -> bool:
        """Whether the next one's start ends the last."""

    def worker(self, computing: float | None = None) -> Line:
        """Start one."""


class Stopped(AssertionError):
    """What a test is told where a call gives nothing to look at."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Session:
    """The functions that the cells of one submission define.

    Parameters
    ----------
    sandbox : Sandbox, or what stands for it
    setup : str
        The notebook's first cell.
    steps : sequence of str
        Functions that are asked for.
    """

    def __init__(self, sandbox: Workers, setup: str, steps: Sequence[str]) -> None:
        self.limits = sandbox.limits
        self.trouble: SandboxError | OSError | None = None
        self.memory = 0
        self.success: tuple[str, tuple[str, ...]] = ("", ())
        self._sandbox, self._setup, self._steps = sandbox, setup, steps
        self._cells: tuple[Run, ...] = ()
        self._unwritten: frozenset[str] = frozenset()
        self._problems: dict[str, tuple[str, str]] = {}
        self._defined: set[str] = set()
        self._end = time.monotonic() + self.limits.lifetime
        self._test_end = self._end
        self._proven: frozenset[str] = frozenset()
        self._test: Test | None = None
        self._knows_hidden = False  # whether a worker has seen what a hidden test gives
        self._allowed = self.limits.again  # seconds of computing for the runs that are second
        self._second = False
        self._running = ""
        self._fatal: set[str] = set()  # cells that end the process that runs them
        self._endless: dict[str, set[int]] = {}  # statements that do not end, by cell
        self._took: dict[str, tuple[int, float]] = {}  # calls of each function, and seconds
        self._helpers: tuple[str, ...] = ()
        self._workers: dict[tuple[str, ...], tuple[Line, set[str]]] = {}

    def begin(self, cells: Sequence[Run], unwritten: frozenset[str]) -> None:
        """Forget everything; run these cells before the next test."""
        self.close()
        self._cells, self._unwritten, self._second = tuple(cells), unwritten, False
        self._problems, self._test, self._defined = {}, None, set[str]()

    def begin_again(self, cells: Sequence[Run], above: int, step: str) -> bool:
        """Run all of these cells; whether those from `above` on can have changed the step."""
        self.begin(cells, self._unwritten)
        self._second, self._test_end = True, self._end
        try:
            worker, _ = self._workers[()] = self._start(above)
            answer = worker.ask("differs", self._deadline(), name=step)
        except (Stopped, Ended):
            return True
        except (SandboxError, OSError) as trouble:
            self.trouble = trouble
            raise
        return answer.get("differs") is not False

    def begin_test(self, test: Test, proven: frozenset[str]) -> None:
        """Set the clock for the next test, once there is a worker for it.

        What a hidden test gives to a function must not come back. So of its errors no text is
        passed on, and a process that has seen it answers no visible test, whose words are.
        """
        self._test_end = self._end
        self._test, self._proven, self.success = test, proven, ("", ())
        if self._knows_hidden and not test.is_hidden:
            self.close()
        for worker, _ in (self._worker(), *self._workers.values()):
            worker.left = RECEIVED
        self._test_end = time.monotonic() + self.limits.test

    def is_bound(self, step: str) -> bool:
        """Whether the cells have bound a function of this name."""
        return step in self._defined

    def status_of(self, problem: Exception) -> str:
        """What to call a test's failure; the grader's own trouble is raised."""
        if self.trouble is not None:
            raise self.trouble from None
        return problem.status if isinstance(problem, Stopped) else statuses.FAILED

    def get(self, name: str, endless: str) -> Callable[..., Any]:
        """A proxy of the student's function `name`."""
        return unchanged_arguments(name, lambda *given: self.call(name, given, endless))

    def in_vain(self, helpers: Sequence[str], problem: BaseException) -> bool:
        """Where all of them stand there, or, after a call that hangs, might as well."""
        hangs = isinstance(problem, Stopped) and problem.status == statuses.TIMEOUT
        took = {name: self._took.get(name, (1, 0.0)) for name in self._proven}
        quick = {name for name, (calls, seconds) in took.items() if seconds < QUICK * calls}
        return set(helpers) <= {*self._helpers, *(quick if hangs else ())}

    def explains(self, problem: BaseException) -> bool:
        """In tests that students have, and where a call gave something to look at."""
        return not self._is_hidden and not isinstance(problem, Stopped)

    def passed(self, names: Sequence[str], helpers: Sequence[str]) -> None:
        """Keep it for the mark."""
        order = self._test.helpers if self._test else helpers
        helped = tuple(name for name in order if name in {*self._helpers, *helpers})
        doubtful = [name for name in helped if name not in self._proven]
        self.success = words_of_success(names, helped, doubtful), helped

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
        began = time.monotonic()
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
        calls, seconds = self._took.get(name, (0, 0.0))
        self._took[name] = calls + 1, seconds + time.monotonic() - began
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
        if self._second and self._allowed <= 0:
            words = f"the second runs of the notebook have used up their {self.limits.again:g} s"
            raise Stopped(statuses.TIMEOUT, words)
        if now >= self._end:
            limit = self.limits.lifetime
            raise Stopped(statuses.TIMEOUT, f"the submission has used up its {limit:g} s")
        if now >= self._test_end:
            raise Stopped(statuses.TIMEOUT, f"the test has used up its {self.limits.test:g} s")
        return min(now + self.limits.waiting, self._end, self._test_end)

    def _worker(self) -> tuple[Line, set[str]]:
        if self._helpers not in self._workers:
            if self._sandbox.one_by_one:
                self.close()
            try:
                self._workers[self._helpers] = self._start()
            except (SandboxError, OSError) as trouble:
                self.trouble = trouble
                raise
        return self._workers[self._helpers]

    def _start(self, above: int | None = None) -> tuple[Line, set[str]]:
        """A worker that has run the cells, and remembers how things stood after some of them."""
        while True:
            self._deadline()
            worker = self._sandbox.worker(self._allowed if self._second else None)
            try:
                try:
                    worker.ask("prepare", self._deadline(), source=self._setup)
                except Ended as end:  # before a line of the student's has run
                    raise SandboxError(f"the worker {end}") from None
                for number, cell in enumerate(self._cells):
                    if number == above:
                        worker.ask("remember", self._deadline())
                    if cell.label not in self._fatal:
                        self._run_cell(worker, cell)
                if self._helpers:
                    source = source_of(self._helpers)
                    names = {name: CORRECT[name].__name__ for name in self._helpers}
                    worker.ask("install", self._deadline(), source=source, names=names)
                answer = worker.ask("defined", self._deadline(), names=list(self._steps))
                self._defined = {name for name in answer["names"] if name in self._steps}
                return worker, self._defined
            except Ended as end:
                self._spend(worker)
                # The cell that ended it is left out next time; anything else is beyond repair.
                label, self._running = self._running, ""
                if not label:
                    raise Stopped(end.status, f"the notebook {end}") from None
                self._fatal.add(label)
                self._problems[label] = end.status, f"the cell of {label} {end}"
            except (KeyError, TypeError):
                worker.close()
                self._spend(worker)
                raise Stopped(
                    statuses.CRASHED, "the notebook breaks the line to the grader"
                ) from None
            except Stopped:
                worker.close()
                self._spend(worker)
                raise

    def _run_cell(self, worker: Line, cell: Run) -> None:
        """Run a cell; after a statement that does not end, the rest of it."""
        self._running, first = cell.label, 0
        without = self._endless.setdefault(cell.label, set())
        self._problems.pop(cell.label, None)
        for _ in range(2):
            answer = worker.ask(
                "run",
                self._deadline(),
                source=cell.source,
                label=cell.label,
                first=first,
                without=sorted(without),
                seconds=self.limits.computing,
            )
            if "error" in answer:
                what = f"the cell of {cell.label}"
                limit = endless_call(what, self.limits.computing, "")
                told = self._told(what, answer, limit, cell.label)
                self._problems.setdefault(cell.label, told)
            number = answer.get("statement")
            if answer.get("error") != "time" or type(number) is not int or number < first:
                break
            without.add(number)
            first = number + 1
        self._running = ""

    def _why_missing(self, name: str) -> tuple[str, str]:
        if name in self._problems:
            return self._problems[name]
        if name in self._unwritten:
            return statuses.MISSING, f"{name} is not written yet{self._others()}"
        return statuses.MISSING, f"there is no function {name} in the notebook{self._others()}"

    def _others(self) -> str:
        return "".join(f"; {message}" for _, message in list(self._problems.values())[:3])

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
        if name == "NameError" and not cell:  # something above has failed
            words += self._others()
        if name == "SystemExit":
            words += ", which ends the program: is there an exit() in it?"
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
            self._spend(worker)

    def _spend(self, worker: Line) -> None:
        self.memory = max(self.memory, worker.memory)
        if self._second:
            self._allowed -= worker.seconds
