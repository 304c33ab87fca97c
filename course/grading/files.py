"""What lies on the disk: submissions in, documents out, and one grader at a time."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.attempts import NoAttemptError, choose, read_file
from course.grading.notebooks import Cell, clean

TOOLS = (".ipynb_checkpoints", ".git", ".vscode", ".idea")
"""Folders that begin with a dot and are no student's."""

YEARS = range(1990, 2100)
"""In which something can have been handed in."""


@dataclass(frozen=True)
class Handed:
    """What one student handed in: the cells of a notebook, or why there are none."""

    student: str
    cells: tuple[Cell, ...] = ()
    missing: str = ""
    unreadable: str = ""
    trouble: str = ""
    """What keeps the grader, and not the student, from reading it."""
    notes: tuple[str, ...] = ()
    timestamp: str = ""
    absent: bool = False
    """Whether the student's folder holds nothing at all for this assignment."""


class Roll(NamedTuple):
    """Who is in the class."""

    students: list[str]
    left_alone: list[str]
    """What else lies there, with the reason why it is nobody's folder."""


def handed_in(
    submitted: Path, assignment: Assignment, others: Mapping[str, Assignment]
) -> Iterator[Handed]:
    """What every student has handed in, one after the other, by their names.

    Parameters
    ----------
    submitted : Path
        Folder with STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb, or what students make of it.
    assignment : Assignment
    others : mapping of names to the other assignments of the course

    Raises
    ------
    CourseError
        If there is no such folder.
    """
    for student in roll(submitted).students:
        try:
            yield _collect(student, submitted / student, assignment, others)
        except (Exception, MemoryError) as problem:  # of one student, and nobody else's
            words = clean(f"{type(problem).__name__}: {problem}")[:300]
            yield Handed(student, trouble=words)


def roll(submitted: Path) -> Roll:
    """Who has a folder in `submitted`.

    Raises
    ------
    CourseError
        If there is no such folder.
    """
    if not submitted.is_dir():
        raise CourseError(f"{submitted} is no folder; it must hold a folder for each student")
    found = Roll([], [])
    for entry in sorted(os.scandir(submitted), key=lambda entry: entry.name):
        try:
            is_folder = entry.is_dir()
        except OSError as problem:
            found.left_alone.append(f"{clean(entry.name)}: {problem.strerror}")
            continue
        if not is_folder:
            if not entry.name.startswith("."):
                found.left_alone.append(f"{clean(entry.name)}: it is no folder")
        elif clean(entry.name) != entry.name:
            found.left_alone.append(f"{clean(entry.name)}: its name is not in UTF-8")
        elif entry.name.startswith("."):
            if entry.name not in TOOLS:
                found.left_alone.append(f"{entry.name}: its name begins with a dot")
        else:
            found.students.append(entry.name)
    return found


def _collect(
    student: str, folder: Path, assignment: Assignment, others: Mapping[str, Assignment]
) -> Handed:
    place = folder / assignment.name
    try:
        if folder.is_symlink() or place.is_symlink():
            words = "the folder is a link, and links are not followed"
            return Handed(student, unreadable=words)
        attempt, notes = choose(folder, assignment, others)
        timestamp, odd = _timestamp(attempt.path.parent / "timestamp.txt")
    except NoAttemptError as reason:
        timestamp, odd = _timestamp(place / "timestamp.txt")
        nothing = not os.path.lexists(place) and not str(reason).endswith("unpack it first")
        return Handed(
            student, missing=clean(str(reason)), notes=tuple(odd), timestamp=timestamp,
            absent=nothing,
        )  # fmt: skip
    except OSError as problem:
        named = isinstance(problem.filename, str | bytes)
        where = Path(os.fsdecode(problem.filename)).name if named else place.name
        words = clean(f"{where}: {problem.strerror or problem}")
        if isinstance(problem, PermissionError):
            return Handed(student, trouble=words)
        return Handed(student, unreadable=words)
    return Handed(
        student,
        tuple(attempt.cells),
        unreadable=attempt.unreadable,
        notes=(*map(clean, notes), *attempt.odd, *odd),
        timestamp=timestamp,
    )


def _timestamp(path: Path) -> tuple[str, list[str]]:
    """When it was handed in, as nbgrader writes it, or nothing; and what is odd about that."""
    try:
        text = read_file(path)[:100].decode("utf8", "replace").strip()
    except OSError:
        return "", []
    for parse in (_iso_time, parsedate_to_datetime):  # 2026-11-24 05:28:38 UTC; RFC 2822
        try:
            time = parse(text)
            time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if time.year in YEARS:
            return time.strftime("%Y-%m-%d %H:%M:%S.%f UTC"), []
    return "", [f"timestamp.txt holds no time: {text[:40]!r}"]


def _iso_time(text: str) -> datetime:
    """ISO 8601, perhaps with the name of a time zone."""
    found = re.fullmatch(r"(.*\d)\s*([A-Za-z][\w/+-]*)", text)
    if found is None or found[2] == "Z":
        return datetime.fromisoformat(text)
    try:
        zone = ZoneInfo({"GMT": "UTC", "Z": "UTC"}.get(found[2], found[2]))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{found[2]} is no time zone") from None
    return datetime.fromisoformat(found[1]).replace(tzinfo=zone)


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
