"""From the instructors' notebooks to the students': the same conversion as nbgrader's.

`solutions/` is what people edit; `exercises/` follows from it and is committed, so that students
can fetch it. The conversion is nbgrader's own `generate_assignment` without its gradebook, and
then tests are folded: run twice, it writes the same bytes. A file in `exercises/` that somebody has
worked in is theirs.
"""

import contextlib
import hashlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells

from course.errors import CourseError
from course.folding import folded
from course.stamp import is_ours, remove_ours, stamped, write_ours
from course.writing import write


def released(solutions: Path) -> dict[Path, bytes]:
    """What students receive: each file, by its path in the folder of the exercises."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        shutil.copytree(solutions, root / "source", ignore=shutil.ignore_patterns(".*"))
        for path, text in _tidied(solutions).items():
            (root / "source" / path.relative_to(solutions)).write_bytes(text)
            _convert(root, path.stem)
        made = {path.relative_to(root / "release"): path for path in _files(root / "release")}
        return {
            name: stamped(folded(path.read_text("utf8"))).encode()
            if path.suffix == ".ipynb"
            else path.read_bytes()
            for name, path in made.items()
        }


class Released(NamedTuple):
    """What was done, as paths relative to the folder above."""

    written: list[str]
    removed: list[str]
    kept: list[tuple[str, str]]
    """Files in which a person has worked, and where the new version lies ("": nowhere)."""


def release(solutions: Path, exercises: Path, aside: Path) -> Released:
    """Write `exercises` from `solutions`; what a person has written there stays as it is.

    Parameters
    ----------
    solutions, exercises : Path
        Folders with one folder for each assignment, and one notebook of the same name in it.
    aside : Path
        Folder for new versions whose place is taken by a person's work.

    Returns
    -------
    Released
    """
    done = Released([], [], [])
    for path, data in _wanted(solutions, exercises).items():
        name = _name(path, solutions)
        if data is None:
            if remove_ours(path):
                done.removed.append(name)
                with contextlib.suppress(OSError):  # it is not empty
                    path.parent.rmdir()
            else:
                done.kept.append((name, ""))
        elif not (path.is_file() and path.read_bytes() == data):
            if write_ours(path, data):
                done.written.append(name)
            else:
                version = aside / hashlib.sha256(data).hexdigest()[:8] / path.relative_to(exercises)
                if version.exists():
                    os.utime(version)  # the newest, whichever came first
                else:
                    write_ours(version, data)
                done.kept.append((name, _name(version, solutions)))
    return done


def tidy_solutions(solutions: Path) -> list[str]:
    """Tidy the instructors' notebooks (see `tidy`), and return those that changed."""
    changed = []
    for path, text in _tidied(solutions).items():
        if path.read_bytes() != text:
            write(path, text)
            changed.append(_name(path, solutions))
    return changed


def check(solutions: Path, exercises: Path) -> list[str]:
    """What is not as `release` and `tidy_solutions` would have it; nothing where all is well."""
    untidy = [
        f"{_name(path, solutions)} is not tidy: run `course tidy`"
        for path, text in _tidied(solutions).items()
        if path.read_bytes() != text
    ]
    return untidy + [
        f"{_name(path, solutions)} does not follow from solutions/: run `course release`"
        for path, data in _wanted(solutions, exercises).items()
        if (data is None and is_ours(path.read_bytes()))
        or (data is not None and not (path.is_file() and path.read_bytes() == data))
    ]


def assignments(solutions: Path) -> list[str]:
    """Names of the assignments: the folders that hold a notebook of their own name."""
    found = sorted(path.parent.name for path in solutions.glob("*/*.ipynb"))
    wrong = [p for p in sorted(solutions.glob("*/*.ipynb")) if p.stem != p.parent.name]
    if wrong:
        raise CourseError(
            f"{wrong[0]} must be named {wrong[0].parent.name}.ipynb, as its folder is"
        )
    if not found:
        raise CourseError(f"{solutions} holds no assignment")
    for name in found:
        if not re.fullmatch(r"\w[\w .-]*", name) or name.endswith((" ", ".")):
            raise CourseError(
                f"{solutions / name} is no name for an assignment; it may hold letters, digits, "
                "spaces, dots, hyphens and underscores, and no other characters"
            )
    return found


def tidy(text: str) -> str:
    """A notebook without outputs, counters and traces of the editor, in one layout.

    Raises
    ------
    CourseError
        If `text` is no notebook, or two of its cells have one grade_id.
    """
    try:
        notebook = nbformat.reads(text, as_version=4)
    except Exception as problem:
        raise CourseError(f"it is not a notebook: {problem}") from None
    kept = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kept, "language_info": {"name": "python"}}
    notebook.nbformat_minor = 5
    seen = set()
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("nbgrader", "tags") and v}
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id is not None:
            if grade_id in seen:
                raise CourseError(f"two cells have the grade_id {grade_id!r}")
            seen.add(grade_id)
            cell.id = grade_id.replace("_", "-")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return str(nbformat.writes(notebook)) + "\n"


def _name(path: Path, solutions: Path) -> str:
    return path.relative_to(solutions.parent).as_posix()


def _tidied(solutions: Path) -> dict[Path, bytes]:
    """Each assignment's own notebook, as it should be."""
    found = {}
    for name in assignments(solutions):
        path = solutions / name / f"{name}.ipynb"
        try:
            found[path] = tidy(path.read_text("utf8")).encode()
        except CourseError as problem:
            raise CourseError(f"{path}: {problem}") from None
    return found


def _wanted(solutions: Path, exercises: Path) -> dict[Path, bytes | None]:
    """What each file must hold; None for one that no assignment has."""
    wanted: dict[Path, bytes | None] = {
        path: None
        for path in sorted(exercises.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(exercises).parts)
    }
    return wanted | {exercises / name: data for name, data in released(solutions).items()}


def _convert(root: Path, name: str) -> None:
    converter = GenerateAssignment(
        coursedir=CourseDirectory(root=str(root), assignment_id=name),
        no_database=True,
        preprocessors=[
            step for step in GenerateAssignment.preprocessors.default() if step is not SaveCells
        ],
    )
    said = quiet(converter)
    try:
        converter.start()
    except Exception as problem:
        reason = said[0] if said else str(problem)
        raise CourseError(f"{name}: {reason.splitlines()[0]}") from None


def quiet(converter: Any) -> list[str]:
    """Let a converter of nbgrader's keep its errors in the list returned, and print nothing."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    converter.log = logging.Logger("course", logging.ERROR)
    converter.log.addHandler(Keep())
    return said


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
