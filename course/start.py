"""`course start`: a copy of an exercise to work in, in a folder that nothing else writes.

`exercises/` follows from what instructors write and comes with each update; `work/` is the
student's alone, and git does not look at it.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from course.errors import CourseError
from course.layout import Course
from course.stamp import KEY, is_ours


class Started(NamedTuple):
    """Where a student works."""

    path: Path
    new: bool
    """Whether it has only now been copied."""
    newer: Path | None
    """A version of the exercise that came out since, beside it."""


def start(course: Course, name: str) -> Started:
    """Copy an exercise into the student's folder, if it is not there yet.

    Parameters
    ----------
    course : Course
    name : str
        Of the assignment.

    Raises
    ------
    CourseError
        If there is no such exercise, or nobody knows what it looked like when it was released.
    """
    name = name.rstrip("/")
    there = sorted({path.parent.name for path in course.exercises.glob("*/*.ipynb")})
    if name not in there:
        raise CourseError(f"{name} is no exercise; there are {', '.join(there)}")
    versions = versions_of(course, name)
    if not versions:
        path = course.exercise(name)
        raise CourseError(f"{path} has been worked in; move it away, and run `course release`")
    path, released = course.work(name), versions[0].read_bytes()
    if _write_new(path, released):
        return Started(path, True, None)
    if _stamp(path) in ("", _stamp(versions[0])):
        return Started(path, False, None)
    newer = path.with_name(f"{name}.{_stamp(versions[0])[:8]}.ipynb")
    _write_new(newer, released)
    return Started(path, False, newer)


def student_environment() -> dict[str, str]:
    """Variables under which JupyterLab hides the tools of nbgrader, which instructors need."""
    paths = [str(Path(__file__).parent), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def versions_of(course: Course, name: str) -> list[Path]:
    """An exercise as it was released, the newest version first; without anybody's work."""
    aside = course.put_aside.glob(f"*/{name}/{name}.ipynb")
    newest_first = sorted(aside, key=lambda path: path.stat().st_mtime, reverse=True)
    return [
        path
        for path in (course.exercise(name), *newest_first)
        if path.is_file() and is_ours(path.read_bytes())
    ]


def _write_new(path: Path, data: bytes) -> bool:
    """Write a file whole, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(made, 0o644)
        os.link(made, path)  # fails where there is one, and is all or nothing
    except FileExistsError:
        return False
    finally:
        os.unlink(made)
    return True


def _stamp(path: Path) -> str:
    """Hash of the release that a notebook was begun with, if it still says so."""
    try:
        return str(json.loads(path.read_bytes())["metadata"][KEY])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
