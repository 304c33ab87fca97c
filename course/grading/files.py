"""What lies on the disk: submissions in, documents out, and one grader at a time."""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course.errors import CourseError
from course.grading.notebooks import LARGEST, clean


@dataclass(frozen=True)
class Handed:
    """What one student handed in: the bytes of a file, or why there are none."""

    student: str
    data: bytes
    missing: str = ""
    unreadable: str = ""
    notes: tuple[str, ...] = ()
    timestamp: str = ""


def handed_in(submitted: Path, assignment: str) -> Iterator[Handed]:
    """Every submission of an assignment, one after the other, by the names of the students.

    Parameters
    ----------
    submitted : Path
        Folder with STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb.
    assignment : str

    Raises
    ------
    CourseError
        If there is no such folder.
    """
    for student in students(submitted, assignment):
        yield _collect(student, submitted / student, assignment)


def students(submitted: Path, assignment: str) -> list[str]:
    """Who has handed in an assignment, or something under its name.

    Raises
    ------
    CourseError
        If there is no such folder, or one is not named in UTF-8.
    """
    if not submitted.is_dir():
        raise CourseError(f"{submitted} is no folder; it must hold STUDENT/{assignment}/")
    names = sorted(name for name in os.listdir(submitted) if not name.startswith("."))
    for name in names:
        if clean(name) != name:
            raise CourseError(f"the folder {clean(name)!r} is not named in UTF-8")
    return [name for name in names if os.path.lexists(submitted / name / assignment)]


def _collect(student: str, folder: Path, assignment: str) -> Handed:
    place = folder / assignment
    if folder.is_symlink() or place.is_symlink():
        return Handed(student, b"", unreadable="the folder is a link, and links are not followed")
    if not place.is_dir():
        return Handed(student, b"", unreadable=f"{assignment} is a file; it must be a folder")
    try:
        files = sorted(entry.name for entry in os.scandir(place) if not entry.name.startswith("."))
    except OSError as problem:
        return Handed(student, b"", unreadable=f"the folder: {problem.strerror}")
    notes = []
    wanted = f"{assignment}.ipynb"
    if wanted in files:
        name = wanted
    else:
        others = [file for file in files if file.lower().endswith(".ipynb")]
        if not others:
            listed = f" (there are {', '.join(files[:5])})" if files else ""
            return Handed(student, b"", missing=clean(f"there is no {wanted}{listed}"))
        # `value_iteration (1).ipynb`, `Value Iteration.ipynb`, `value_iteration-copy.ipynb`
        similar = [file for file in others if _letters(assignment) in _letters(file)] or others
        name = max(similar, key=lambda file: os.lstat(place / file).st_mtime)
        notes.append(clean(f"{name} was taken for {wanted}"))
    extra = [file for file in files if file not in (name, "timestamp.txt")]
    if extra:
        notes.append(clean(f"other files were left alone: {', '.join(extra[:5])}"))
    timestamp, odd = _timestamp(place / "timestamp.txt")
    notes += odd
    try:
        data = _read(place / name)
    except OSError as problem:
        words = problem.strerror or str(problem)
        return Handed(student, b"", "", clean(f"{name}: {words}"), tuple(notes), timestamp)
    return Handed(student, data, "", "", tuple(notes), timestamp)


def _read(path: Path) -> bytes:
    # Neither links nor pipes: what a student names must be what a student wrote.
    if path.is_symlink():
        raise OSError(0, "is a link, and links are not followed")
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "is not a file")
        return file.read(LARGEST + 1)


def _timestamp(path: Path) -> tuple[str, list[str]]:
    try:
        text = _read(path)[:100].decode("utf8", "replace").strip()
    except OSError:
        return "", []
    # nbgrader writes `2026-11-24 05:28:38.123456 UTC`
    plain = re.sub(r" (UTC|GMT|Z)$", "+00:00", text)
    try:
        time = datetime.fromisoformat(plain)
        time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return "", [f"timestamp.txt holds no time: {text[:40]!r}"]
    return time.strftime("%Y-%m-%d %H:%M:%S.%f UTC"), []


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Let no second grader into `folder`; the lock goes with its owner, however that ends.

    Raises
    ------
    CourseError
        If somebody is there.
    """
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".grading").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read().strip() or "somebody"
            raise CourseError(f"{folder} is being graded by {who}; wait for it to end") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} since {datetime.now():%H:%M}")
        file.flush()
        yield
