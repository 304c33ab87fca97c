"""What stands around the nursery: a file system of its own, made by bubblewrap.

Python and its packages, read-only; copies of `course.inside` and of the harmless part of `rl_lib`;
no home, no network, nothing else of the course, nothing that can be written. Each worker is then
shut in further (`course.inside.cell`).
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import rl_lib
from course.inside import cell

LIBRARY = ("__init__", "_check", "_maps", "_tables", "mdp", "plots", "worlds/*")
"""Modules of `rl_lib` that answer nothing that students are asked."""

PLACE = "/grader"
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # without which some machines calculate wrong


def stage(folder: Path) -> None:
    """Copy into `folder` all of the course that is to be found in the sandbox."""
    course, library = Path(__file__).parents[1], Path(rl_lib.__path__[0])
    copied = [course / "__init__.py", *course.glob("inside/*.py")]
    copied += [file for pattern in LIBRARY for file in library.glob(f"{pattern}.py")]
    for file in copied:
        package = course if file.is_relative_to(course) else library
        target = folder / file.relative_to(package.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    (folder / "matplotlib").mkdir()
    import matplotlib

    for file in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copyfile(file, folder / "matplotlib" / file.name)  # seconds to make anew


def bubblewrap(folder: Path, isolation: str, disk: int, hidden: Sequence[Path] = ()) -> list[str]:
    """The command line in front of the nursery's own.

    Parameters
    ----------
    folder : Path
        What `stage` has filled; seen inside as `PLACE`.
    isolation : str
        `cell.ROOT` or `cell.USER`.
    disk : int
        Bytes of scratch.
    hidden : sequence of Path
        Folders to hide even where they lie in a folder that Python needs.
    """
    readable = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr")}
    readable |= {Path(p) for p in ("/etc/ld.so.cache", "/etc/alternatives") if Path(p).exists()}
    packages = (Path(__file__).parents[1], Path(rl_lib.__path__[0]))
    hide = {path.resolve() for path in (*hidden, *packages)}
    hide = {path for path in hide if any(path.is_relative_to(shown) for shown in readable)}
    command = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
    ]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    command += ["--hostname", "sandbox", "--cap-drop", "ALL"]
    if isolation == cell.ROOT:
        for right in ("SYS_ADMIN", "SETUID", "SETGID", "KILL"):
            command += ["--cap-add", f"CAP_{right}"]
    else:
        command += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            readable.add(path)
    above = {parent for path in readable for parent in list(path.parents)[:-1]} - readable
    for path in sorted(readable | hide | above, key=lambda path: (len(path.parts), path)):
        if path in above:  # otherwise it would be for bubblewrap's own user only
            command += ["--dir", str(path)]
        elif path in hide:
            command += ["--tmpfs", str(path)]
        else:
            command += ["--ro-bind", str(path), str(path)]
    for path in sorted(hide):
        command += ["--remount-ro", str(path)]
    command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--size", str(disk), "--tmpfs", cell.SCRATCH]
    if not any(path.is_relative_to("/tmp") for path in readable):
        command += ["--symlink", cell.SCRATCH, "/tmp"]
    command += ["--ro-bind", str(folder), PLACE, "--remount-ro", "/"]
    return [*command, "--chdir", cell.SCRATCH]


def environment(place: str) -> dict[str, str]:
    """All of the environment variables there are, for a nursery staged at `place`."""
    scratch = cell.SCRATCH if place == PLACE else tempfile.gettempdir()
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {
        "PATH": "/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{place}/matplotlib",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
