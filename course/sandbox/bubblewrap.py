"""What stands around the fork server: a file system of its own, made by bubblewrap.

Python and its packages, read-only; copies of `course.sandbox.inside` and of the harmless part of
`rl_lib`; no home, no network, nothing else of the course, nothing that can be written. Each worker
is then shut in further (`course.sandbox.inside.namespaces`).
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from course.sandbox.inside import namespaces
from course.sandbox.inside.refusal import ANSWERS, PACKAGES, PICTURES, is_in

PLACE = "/grader"
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # without which some machines calculate wrong


def package(name: str) -> Path:
    """The folder of a package that can be imported."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def staged() -> tuple[Path, ...]:
    """The files of the course that are to be found in the sandbox.

    Of `rl_lib` those that answer nothing that students are asked; and no pictures.
    """
    course, library = package("course"), package("rl_lib")
    files = [course / "__init__.py", course / "sandbox/__init__.py"]
    files += course.glob("sandbox/inside/*.py")
    for file in (*library.rglob("*.py"), *library.glob("*.pyi")):
        module = ".".join(file.relative_to(library.parent).with_suffix("").parts)
        if not is_in(module.removesuffix(".__init__"), (*ANSWERS, *PICTURES)):
            files.append(file)
    return tuple(sorted(files))


def stage(folder: Path) -> None:
    """Copy into `folder` all of the course that is to be found in the sandbox."""
    for file in staged():
        owner = next(one for one in map(package, PACKAGES) if file.is_relative_to(one))
        target = folder / file.relative_to(owner.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    (folder / "matplotlib").mkdir()
    import matplotlib

    for file in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copyfile(file, folder / "matplotlib" / file.name)  # seconds to make anew


def command_line(folder: Path, isolation: str, disk: int, hidden: Sequence[Path] = ()) -> list[str]:
    """The command line in front of the fork server's own.

    Parameters
    ----------
    folder : Path
        What `stage` has filled; seen inside as `PLACE`.
    isolation : str
        `namespaces.ROOT` or `namespaces.USER`.
    disk : int
        Bytes of scratch.
    hidden : sequence of Path
        Folders to hide even where they lie in a folder that Python needs.
    """
    readable = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr")}
    readable |= {Path(p) for p in ("/etc/ld.so.cache", "/etc/alternatives") if Path(p).exists()}
    hide = {path.resolve() for path in (*hidden, *map(package, PACKAGES))}
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
    if isolation == namespaces.ROOT:
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
    # /dev/zero would give shared memory that no limit counts.
    command += ["--proc", "/proc", "--dev", "/dev", "--dev-bind", "/dev/null", "/dev/zero"]
    command += ["--remount-ro", "/dev"]
    # Where workers cannot have a folder of their own, they share this one, one by one.
    command += ["--perms", "0777", "--size", str(disk), "--tmpfs", namespaces.SCRATCH]
    if not any(path.is_relative_to("/tmp") for path in readable):
        command += ["--symlink", namespaces.SCRATCH, "/tmp"]
    command += ["--ro-bind", str(folder), PLACE, "--remount-ro", "/"]
    return [*command, "--chdir", namespaces.SCRATCH]


def environment(place: str) -> dict[str, str]:
    """All of the environment variables there are, for a fork server staged at `place`."""
    scratch = namespaces.SCRATCH if place == PLACE else tempfile.gettempdir()
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
