"""Which of a student's files counts for an assignment: one rule.

Candidates are files anywhere in the student's folder that belong to the assignment by their cells,
or else by their name or their folder's, whatever their ending. The newest that holds an answer
counts, else the newest; of equally new ones that with the highest number in its name, as in
`value_iteration (10).ipynb`. What is hidden, a link, or in the folder of another assignment is not
looked at.
"""

import contextlib
import itertools
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from course.grading.assignment import Assignment
from course.grading.notebooks import LARGEST, Cell, UnreadableError, binds, is_stub, read

DEPTH = 4  # folders in folders
MOST = 500  # files of one student
LARGE = 2 * LARGEST  # bytes of one student's files
ENDINGS = ("", ".ipynb", ".json", ".txt")
ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
}


class Attempt(NamedTuple):
    """A file that could be meant."""

    path: Path
    size: int
    cells: list[Cell]
    odd: list[str]
    """What is odd about the file."""
    unreadable: str = ""
    answers: bool = False
    """Whether it holds an answer."""
    time: int = 0
    number: int = 0

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The highest of these counts."""
        return self.answers, self.time, self.number


class NoAttemptError(Exception):
    """There is nothing to grade, with words that say why."""


def choose(
    folder: Path, assignment: Assignment, others: Mapping[str, Assignment]
) -> tuple[Attempt, list[str]]:
    """The file that counts, and what is odd about the choice.

    Parameters
    ----------
    folder : Path
        The student's.
    assignment : Assignment
    others : mapping of names to the other assignments of the course

    Raises
    ------
    NoAttemptError
        If no file belongs to the assignment.
    OSError
        If a file or folder cannot be read.
    """
    usual = folder / assignment.name / f"{assignment.name}.ipynb"
    everything = [path for path in _files(folder, assignment.name, others) if path != usual]
    everything = [path for path in everything if path.name != "timestamp.txt"]
    files = [path for path in everything if path.suffix.lower() in ENDINGS]
    notes = []
    if len(files) > MOST:
        notes.append(f"of {len(files)} files, only {MOST} were looked at")
    usual_there = [usual] if os.path.lexists(usual) else []
    if usual_there and not files:
        return _read(usual), _left_alone(everything, files)
    best, count, size, trouble = None, 0, 0, None
    candidates = [*usual_there, *files[:MOST]]
    left = list(everything)
    for path in candidates:
        named = _is_named(path, folder, assignment.name, others)
        try:
            attempt = _attempt(path, named, assignment, others)
        except OSError as problem:
            if named:
                trouble = trouble or problem
                words = problem.strerror or str(problem)
                notes.append(f"{path.relative_to(folder).as_posix()} was left out: {words}")
            continue
        if attempt is None:
            continue
        count, size = count + 1, size + attempt.size
        if path in left:
            left.remove(path)
        if best is None or attempt.rank > best.rank:
            best = attempt
        if size > LARGE:
            notes.append(f"only {count} files were looked at: together they are too large")
            break
    # What the grader may not read could be the answer.
    if isinstance(trouble, PermissionError) or (best is None and trouble is not None):
        raise trouble
    if best is None:
        raise NoAttemptError(_what_there_is(folder, usual))
    name = best.path.relative_to(folder).as_posix()
    if count > 1:
        notes.append(f"of {count} files, {name} counts: the newest that holds an answer")
    elif best.path != usual:
        notes.append(f"{name} was taken for {usual.relative_to(folder).as_posix()}")
    return best, notes + _left_alone(left, [])


def read_file(path: Path) -> bytes:
    """The bytes of a plain file, or a few more than a notebook may have.

    Raises
    ------
    OSError
        If it is a link, no file, or cannot be read.
    """
    # Neither links nor pipes: what a student names must be what a student wrote.
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise OSError(0, "is a link, and links are not followed")
    if not stat.S_ISREG(mode):
        raise OSError(0, "is not a file")
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(LARGEST + 1)


def letters(name: str) -> str:
    """A name as people vary it: `Value Iteration` is `value_iteration`."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())


def _files(
    folder: Path, name: str, others: Mapping[str, Assignment], depth: int = 0
) -> Iterator[Path]:
    elsewhere = {letters(other) for other in others} - {letters(name)}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except PermissionError:
        if depth == 0 or letters(folder.name) == letters(name):
            raise
        return  # a folder of the student's own
    for entry in entries:
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
        elif depth < DEPTH and entry.name not in others and letters(entry.name) not in elsewhere:
            yield from _files(Path(entry.path), name, others, depth + 1)


def _left_alone(everything: list[Path], candidates: list[Path]) -> list[str]:
    extra = [path.name for path in everything if path not in candidates]
    return [f"other files were left alone: {', '.join(extra[:5])}"] if extra else []


def _attempt(
    path: Path, named: bool, assignment: Assignment, others: Mapping[str, Assignment]
) -> Attempt | None:
    """The file, if it belongs to the assignment."""
    attempt = _read(path)
    cells = attempt.cells
    # What is no notebook, but named like one, is what this student has handed in.
    if attempt.unreadable and not (named and path.suffix.lower() == ".ipynb"):
        return None
    if cells and not _belongs(cells, named, assignment, others):
        return None
    steps = set(assignment.steps)
    answers = any(binds(c.source, steps) and not is_stub(c.source) for c in cells)
    time = path.stat().st_mtime_ns // 10**9
    return attempt._replace(answers=answers, time=time, number=_number(path))


def _read(path: Path) -> Attempt:
    data = read_file(path)
    try:
        return Attempt(path, len(data), *read(data))
    except UnreadableError as problem:
        return Attempt(path, len(data), [], [], str(problem))


def _belongs(
    cells: list[Cell], named: bool, assignment: Assignment, others: Mapping[str, Assignment]
) -> bool:
    marks = {cell.grade_id for cell in cells}
    if marks & _marks(assignment):
        return True
    if any(marks & _marks(other) for other in others.values()):
        return False
    return named or any(binds(cell.source, assignment.steps) for cell in cells)


def _marks(assignment: Assignment) -> set[str]:
    return {*assignment.steps, *(test.name for test in assignment.tests)}


def _is_named(path: Path, folder: Path, name: str, others: Mapping[str, Assignment]) -> bool:
    """Whether the file, or a folder it lies in, is called like the assignment and like no other."""
    wanted = letters(name)
    longer = [letters(other) for other in others if wanted in letters(other)]
    longer = [other for other in longer if other != wanted]
    for part in path.relative_to(folder).parts:
        said = letters(part)
        if wanted in said and not any(other in said for other in longer):
            return True
    return False


def _number(path: Path) -> int:
    """The number that a browser or a learning platform has added to a name."""
    found = re.search(r"[ _-]?\(?(\d{1,6})\)?(\.[a-z.]+)?$", path.name.lower())
    return int(found[1]) if found else 0


def _what_there_is(folder: Path, usual: Path) -> str:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    files = list(itertools.islice(found, 5))
    for path in files:
        for start, kind in ARCHIVES.items():
            if _begins_with(path, start):
                return f"{path.name} is {kind}, not a notebook; unpack it first"
    listed = f" (there are {', '.join(path.name for path in files)})" if files else ""
    return f"there is no {usual.name}{listed}"


def _begins_with(path: Path, start: bytes) -> bool:
    with contextlib.suppress(OSError):
        return read_file(path)[:4].startswith(start)
    return False
