"""The fork server in its sandbox, and one worker after the other from it."""

import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from course.sandbox import bubblewrap, cgroups, statuses
from course.sandbox.inside import namespaces, wire

PREFIX = "inverse-q-learning-grader-"  # of temporary folders
START = 60.0  # seconds for a fork server to get ready
ENDING = 2.0  # seconds for the report of an end to arrive
LOOK = 0.2  # seconds between two looks at a control group
RECEIVED = 2**24  # bytes that one test may be told
INSTALL = (
    "bubblewrap is missing, and students' code must not run without it. Install it "
    "(Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), or say --unsafe "
    "on a machine that holds nothing else"
)


_numbers = itertools.count()


class SandboxError(Exception):
    """The grader's own trouble, not the student's."""


class Ended(Exception):
    """A worker ended in the middle of a request."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times in seconds, sizes in bytes."""

    computing: float = 10.0
    """Computing time of one call, or one cell."""
    waiting: float = 30.0
    """Time of one call or cell on the clock on the wall."""
    test: float = 120.0
    """Time of one test cell."""
    lifetime: float = 600.0
    """Time of the whole submission."""
    again: float = 20.0
    """Computing time of all runs of the notebook to its end, after it was judged in part."""
    memory: int = 2**30
    disk: int = 2**26
    processes: int = 32


class Sandbox:
    """A fork server that starts when the first worker is wanted, and again when it has gone.

    Parameters
    ----------
    limits : Limits
    unsafe : bool
        Go without bubblewrap.
    hidden : sequence of Path
        Folders to hide even where they lie in a folder that Python needs.

    Raises
    ------
    SandboxError
        If bubblewrap is missing.
    """

    def __init__(
        self, limits: Limits | None = None, *, unsafe: bool = False, hidden: Sequence[Path] = ()
    ) -> None:
        self.limits = limits or Limits()
        self.hidden = hidden
        self.isolation = (
            namespaces.NONE if unsafe else namespaces.ROOT if _is_root() else namespaces.USER
        )
        if not unsafe and shutil.which("bwrap") is None:
            raise SandboxError(INSTALL)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._nested = True

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def one_by_one(self) -> bool:
        """Whether each worker has a fork server of its own, which the next one's start ends.

        So it is where the system lets nobody in a sandbox make namespaces.
        """
        return not self._nested and self.isolation != namespaces.NONE

    def worker(self, computing: float | None = None) -> "Worker":
        """Start a worker that may use `computing` seconds in all, if not those of the limits.

        Raises
        ------
        SandboxError, OSError
            If that is not possible.
        """
        for attempt in range(2):
            gone = self._process is not None and self._process.poll() is not None
            if self.one_by_one or gone:
                self.close()
            if self._process is None:
                self._start()
            assert self._control is not None
            ours, theirs = zip(socket.socketpair(), socket.socketpair(), strict=True)
            group = self._group()
            try:
                handles = [end.fileno() for end in theirs] + (group.doors if group else [])
                socket.send_fds(self._control, [self._order(computing)], handles)
            except OSError:
                for end in ours:
                    end.close()
                if group:
                    group.close()
                self.close()
                if attempt:
                    raise SandboxError("the fork server ends as soon as it is asked") from None
                continue
            finally:
                for end in theirs:
                    end.close()
            return Worker(*ours, group, None if self._nested else self.close)
        raise AssertionError

    def _group(self) -> cgroups.Group | None:
        if self.isolation == namespaces.NONE or not cgroups.are_possible():
            return None
        # What is written to the scratch folder counts as memory, too.
        return cgroups.Group(self.limits.memory + self.limits.disk, 2 * self.limits.processes)

    def _order(self, computing: float | None) -> bytes:
        """The limits of one worker, and who is to run it: the kernel counts threads by user."""
        user = users()[(os.getpid() * 16 + next(_numbers)) % len(users())]
        lifetime = self.limits.lifetime if computing is None else computing
        own = {"lifetime": lifetime, "user": user, "nested": self._nested}
        return json.dumps(asdict(self.limits) | own).encode()

    def close(self) -> None:
        """End the fork server and all of its workers."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._process = self._control = None

    def _start(self) -> None:
        _sweep()
        ours, theirs = socket.socketpair()
        self._control = ours
        try:
            with theirs, tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
                self._start_in(Path(folder), theirs)
        except BaseException:
            self.close()
            raise

    def _start_in(self, folder: Path, theirs: socket.socket) -> None:
        """Start the fork server; once it is ready, `folder` may go, and its files do."""
        bubblewrap.stage(folder)
        place = str(folder) if self.isolation == namespaces.NONE else bubblewrap.PLACE
        program = (
            f"import socket, sys; sys.path.insert(0, {place!r}); "
            "from course.sandbox.inside.forkserver import main; "
            f"main({self.isolation!r}, socket.socket(fileno={theirs.fileno()}))"
        )
        command = [sys.executable, "-s", "-P", "-B", "-c", program]
        if self.isolation != namespaces.NONE:
            command = [
                *bubblewrap.command_line(folder, self.isolation, self.limits.disk, self.hidden),
                *command,
            ]
        with (folder / "said").open("wb") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                pass_fds=[theirs.fileno()],
                env=bubblewrap.environment(place),
                start_new_session=True,
            )
        theirs.close()  # so that the end of the process is the end of the line
        assert self._control is not None
        self._control.settimeout(START)
        ready = None
        with contextlib.suppress(OSError):
            ready = json.loads(self._control.recv(4096) or b"null")
        if not ready:
            words = (folder / "said").read_text("utf8", "replace").strip().splitlines()
            last = words[-1] if words else "it said nothing"
            raise SandboxError(f"the sandbox does not start: {last}")
        self._nested = ready["nested"]


class Worker:
    """The grader's end of the line to one worker."""

    def __init__(
        self,
        line: socket.socket,
        end: socket.socket,
        group: cgroups.Group | None = None,
        end_all: Callable[[], None] | None = None,
    ) -> None:
        self._line, self._end, self._number = line, end, 0
        self._group, self._end_all = group, end_all
        self.memory, self.seconds = 0, 0.0
        self.left = RECEIVED
        """Bytes that may still come from it."""

    def ask(self, do: str, deadline: float, **fields: Any) -> Mapping[str, Any]:
        """Make one request, and wait for its answer.

        Raises
        ------
        Ended
            If the worker is no more, or is ended because it did not answer properly in time.
        """
        self._number += 1
        try:
            wire.send(self._end, {"id": self._number, "do": do, **fields}, deadline)
            while True:
                self._wait(deadline)
                answer, size = wire.receive(self._end, deadline, min(self.left, wire.REPLY))
                self.left -= size
                if answer.get("id") == self._number:  # others are late, or forged
                    return answer
        except TimeoutError:
            self.close()
            raise Ended(statuses.TIMEOUT, "did not come back in time") from None
        except wire.WireError as problem:
            self.close()
            raise Ended(statuses.CRASHED, "broke the line to the grader") from problem
        except (EOFError, OSError):
            # It has most likely ended, and on a busy machine the report of that takes a while.
            report = self.close(patience=ENDING)
            if self._end_all is not None and "reason" not in report:
                # Here a student's process can reach what watches over it.
                self._end_all()
                words = "ended the process that watches over it"
                raise Ended(statuses.CRASHED, words) from None
            raise _ended(report) from None

    def _wait(self, deadline: float) -> None:
        """Wait for an answer, or for the end of whoever watches over the worker."""
        ready: list[socket.socket] = []
        while not ready and (left := deadline - time.monotonic()) > 0:
            pause = left if self._group is None else min(left, LOOK)
            ready, _, _ = select.select([self._end, self._line], [], [], pause)
            if not ready and self._group is not None and self._group.ran_out:
                raise EOFError  # the kernel may have ended only one process of several
        if self._line in ready:
            raise EOFError

    def close(self, patience: float = 0.05) -> Mapping[str, Any]:
        """End the worker, and return what its supervisor reports.

        One that has ended by itself is being reported; it is given `patience` seconds for that.
        """
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()
        report: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            self._line.settimeout(patience)
            try:
                data = self._line.recv(4096)
            except TimeoutError:
                self._line.shutdown(socket.SHUT_WR)
                self._line.settimeout(10)
                data = self._line.recv(4096)
            report = json.loads(data)
        self._line.close()
        if self._group is not None:
            if self._group.ran_out and report.get("reason", "") in ("", "closed"):
                report["reason"] = "memory"
            report["memory"] = max(report.get("memory", 0), self._group.memory)
            self._group.close()
        self.memory = max(self.memory, int(report.get("memory", 0)))
        self.seconds = max(self.seconds, float(report.get("seconds", 0)))
        return report


def _ended(report: Mapping[str, Any]) -> Exception:
    reason, number = report.get("reason", "lost"), report.get("signal", 0)
    if reason == "closed":
        return Ended(statuses.CRASHED, "closed its line to the grader")
    if reason == "memory":
        return Ended(statuses.MEMORY, "used more memory than there is for one submission")
    if reason == "processes":
        return Ended(statuses.MEMORY, "started more processes than there may be")
    if reason == "lost" or reason.startswith("sandbox"):
        return SandboxError(f"the worker was lost ({reason})")
    if number == signal.SIGXCPU:
        return Ended(statuses.TIMEOUT, "used up the computing time of the whole submission")
    if number:
        with contextlib.suppress(ValueError):
            name = signal.Signals(number).name
            return Ended(statuses.CRASHED, f"ended its process with the signal {name}")
    return Ended(statuses.CRASHED, "ended its process")


def _sweep() -> None:
    """Remove what graders that were killed while they started have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _is_root() -> bool:
    """Whether this is root, of a system in which there is somebody else to become."""
    if not hasattr(os, "geteuid"):
        raise SandboxError("grading needs Linux; on Windows, work in its subsystem (WSL)")
    return os.geteuid() == 0 and len(users()) > 1


@cache
def users() -> range:
    """Numbers of users that nobody has, one for each worker."""
    ranges = [[0, 0, 2**32 - 1]]
    with contextlib.suppress(OSError), open("/proc/self/uid_map") as file:
        ranges = [list(map(int, line.split())) for line in file]
    first, end = max(((low, low + count) for low, _, count in ranges), key=lambda r: r[1] - r[0])
    for start, size in ((1_900_000_000, 2**24), (40_000, 20_000)):
        if first <= start and start + size <= end:
            return range(start, start + size)
    return range(namespaces.NOBODY, namespaces.NOBODY + 1)
