"""A control group for each worker, where the system lets us make one.

The kernel then counts memory as it holds it, shared, released or spread over processes, and threads
of one submission are nobody else's. Elsewhere, limits of each process and a look at the family
every few milliseconds must do.
"""

import contextlib
import os
import re
from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path

PREFIX = "course-grader-"  # of our groups, before the number of the process that made them
_numbers = count()


class Group:
    """One group; in the older version of control groups it has two folders.

    Parameters
    ----------
    memory : int
        Bytes that its processes may hold together, by the kernel's count.
    tasks : int
        Processes and threads there may be.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, memory: int, tasks: int) -> None:
        name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        self.doors: list[int] = []
        """Open files; who writes "0" to them is in the group from then on."""
        self.folders = [place / name for place in dict.fromkeys(places().values())]
        try:
            for folder in self.folders:
                folder.mkdir()
            self._set(memory, "memory.max", "memory.limit_in_bytes")
            self._set(tasks, "pids.max")
            with contextlib.suppress(OSError):  # not every system has these
                self._set(0, "memory.swap.max")
            with contextlib.suppress(OSError):
                self._set(memory, "memory.memsw.limit_in_bytes")
            with contextlib.suppress(OSError):
                self._set(1, "memory.oom.group")
            for folder in self.folders:
                self.doors.append(os.open(folder / "cgroup.procs", os.O_WRONLY))
        except BaseException:
            self.close()
            raise

    @property
    def memory(self) -> int:
        """The most bytes that its processes have held together; 0 if that is not known."""
        return int(self._get("memory.peak", "memory.max_usage_in_bytes") or 0)

    @property
    def ran_out(self) -> bool:
        """Whether the kernel has ended a process because there was no memory left."""
        said = self._get("memory.events", "memory.oom_control")
        killed = re.search(r"^oom_kill (\d+)", said, re.MULTILINE)
        return killed is not None and int(killed[1]) > 0

    def close(self) -> None:
        """Remove it, once its processes have ended; twice is once."""
        while self.doors:
            os.close(self.doors.pop())
        for folder in self.folders:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _set(self, value: int, *names: str) -> None:
        for folder in self.folders:
            for name in names:
                if (folder / name).exists():
                    (folder / name).write_text(str(value))
                    return
        raise OSError(0, f"the control group has no {names[0]}")

    def _get(self, *names: str) -> str:
        for folder in self.folders:
            for name in names:
                with contextlib.suppress(OSError):
                    return (folder / name).read_text()
        return ""


@cache
def are_possible() -> bool:
    """Whether groups can be made here."""
    try:
        for place in places().values():
            for old in place.glob(f"{PREFIX}*"):  # of graders that were killed
                pid = old.name.removeprefix(PREFIX).partition("-")[0]
                if not Path("/proc", pid).exists():
                    with contextlib.suppress(OSError):
                        old.rmdir()
        Group(2**30, 64).close()
    except OSError:
        return False
    return True


@cache
def places(
    mounts: Path = Path("/proc/self/mountinfo"), own: Path = Path("/proc/self/cgroup")
) -> Mapping[str, Path]:
    """The folders of this process's own groups in which others can be made, by what they limit.

    Raises
    ------
    OSError
        If memory or tasks cannot be limited.
    """
    lines = (line.split(":", 2) for line in own.read_text().splitlines())
    paths = {controllers: path for _, controllers, path in lines}
    found: dict[str, Path] = {}
    for line in mounts.read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split(" ", 2)
        for controllers, path in paths.items():
            folder = Path(point) / os.path.relpath(path, root)
            has: set[str] = set()
            if kind == "cgroup2" and not controllers:
                has = {*(folder / "cgroup.subtree_control").read_text().split()}
            elif kind == "cgroup":
                has = {*options.split(",")} & {*controllers.split(",")}
            found |= dict.fromkeys(has & {"memory", "pids"}, folder)
    if len(found) < 2:
        raise OSError(0, "no control groups for memory and processes")
    return dict(sorted(found.items()))
