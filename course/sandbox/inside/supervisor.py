"""Watch over one worker from outside: its memory, its processes, its end.

Three processes make one worker. The supervisor stands outside and holds the line to the grader; the
first process of the new namespace only waits, because a first process cannot be killed from
within, and takes everything along when it ends; the worker itself is its child.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
from collections.abc import Sequence
from typing import Any

from course.sandbox.inside import namespaces
from course.sandbox.inside.worker import work

PAUSE = 0.03  # seconds between two looks
_PAGE = resource.getpagesize()


def supervise(
    line: socket.socket,
    end: socket.socket,
    limits: dict[str, Any],
    isolation: str,
    groups: Sequence[int],
) -> None:
    """Start a worker at `end`, and report its end on `line`; hanging up ends it.

    `groups` are open files by which it enters its control groups.
    """
    own = limits["nested"] and isolation != namespaces.NONE
    if own:
        namespaces.leave(isolation)
    base, size = _look().get(os.getpid(), (0, 0))[1], namespaces.own_size()
    first = os.fork()
    if first == 0:
        line.close()
        for group in groups:
            os.write(group, b"0")
            os.close(group)
        os._exit(_wait_for_worker(end, limits, size, isolation, own))
    end.close()
    for group in groups:
        os.close(group)
    report: dict[str, Any] = {"reason": "", "signal": 0}
    ended: list[Any] = []
    with contextlib.suppress(AttributeError, OSError):  # where it is missing, looking will do
        ended.append(os.pidfd_open(first))
    status = 0
    while True:
        ready, _, _ = select.select([line, *ended], [], [], PAUSE)
        if os.waitid(os.P_PID, first, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            _, status, used = os.wait4(first, 0)
            break
        if not report["reason"]:
            report["reason"] = "closed" if line in ready else _excess(first, base, limits)
        if report["reason"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(first, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    report["signal"] = code - 128 if code > 128 else max(0, -code)
    report["seconds"] = used.ru_utime + used.ru_stime
    report["memory"] = used.ru_maxrss * 1024
    with contextlib.suppress(OSError):
        line.sendall(json.dumps(report).encode() + b"\n")


def _wait_for_worker(
    end: socket.socket, limits: dict[str, Any], size: int, isolation: str, own: bool
) -> int:
    os.setsid()
    if own:
        namespaces.furnish(isolation, limits["disk"], limits["user"])
    worker = os.fork()
    if worker == 0:
        try:
            namespaces.limit(limits, size)
            namespaces.drop_rights(isolation, limits["user"])
            if isolation != namespaces.NONE:
                os.chdir(namespaces.SCRATCH)
            work(end)
        finally:
            os._exit(0)
    end.close()
    while True:
        ended, status = os.wait()
        if ended == worker:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else 0


def _excess(first: int, base: int, limits: dict[str, Any]) -> str:
    """Which limit the family of `first` exceeds together, if any."""
    seen = _look()
    family, grown = {first}, True
    while grown:
        children = {pid for pid, (parent, _) in seen.items() if parent in family}
        grown = not children <= family
        family |= children
    # What they had at birth they share with the fork server.
    memory = sum(max(0, seen[pid][1] - base) for pid in family if pid in seen)
    if memory > limits["memory"]:
        return "memory"
    return "processes" if len(family) > limits["processes"] else ""


def _look() -> dict[int, tuple[int, int]]:
    """Parent and resident bytes of every process in sight; empty where there is no /proc."""
    seen = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                    # A process chooses its own name, and may put anything into it.
                    fields = file.read().rpartition(b")")[2].split()
                    if fields[0] == b"Z":  # dead already
                        continue
                    seen[int(name)] = int(fields[1]), int(fields[21]) * _PAGE
    return seen
