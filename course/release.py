"""From the instructors' notebooks to the students': the same conversion as nbgrader's.

`solutions/` is what people edit; `exercises/` follows from it and is committed, so that students
can fetch it. The conversion is nbgrader's own `generate_assignment` without its gradebook: run
twice, it writes the same bytes.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells


def release(solutions: Path, exercises: Path) -> list[str]:
    """Write `exercises` from `solutions`, and tidy the solutions themselves.

    Parameters
    ----------
    solutions, exercises : Path
        Folders with one folder for each assignment, and one notebook of the same name in it.

    Returns
    -------
    list of str
        The files that changed, relative to the folder above.
    """
    changed = []
    for path, text in _wanted(solutions, exercises).items():
        if text is None:
            path.unlink()
        elif path.is_file() and path.read_bytes() == text:
            continue
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        changed.append(str(path.relative_to(solutions.parent)))
    for folder in exercises.glob("*"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return changed


def check(solutions: Path, exercises: Path) -> list[str]:
    """Files that `release` would change; none where all is well."""
    return [
        str(path.relative_to(solutions.parent))
        for path, text in _wanted(solutions, exercises).items()
        if text is None or not path.is_file() or path.read_bytes() != text
    ]


def assignments(solutions: Path) -> list[str]:
    """Names of the assignments: the folders that hold a notebook of their own name."""
    found = sorted(path.parent.name for path in solutions.glob("*/*.ipynb"))
    wrong = [p for p in sorted(solutions.glob("*/*.ipynb")) if p.stem != p.parent.name]
    if wrong:
        raise ValueError(f"{wrong[0]} must be named {wrong[0].parent.name}.ipynb, as its folder is")
    if not found:
        raise ValueError(f"{solutions} holds no assignment")
    return found


def tidy(text: str) -> str:
    """A notebook without outputs, counters and traces of the editor, in one layout.

    Raises
    ------
    ValueError
        If `text` is no notebook, or two of its cells have one grade_id.
    """
    try:
        notebook = nbformat.reads(text, as_version=4)
    except Exception as problem:
        raise ValueError(f"it is not a notebook: {problem}") from None
    kept = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kept, "language_info": {"name": "python"}}
    notebook.nbformat_minor = 5
    seen = set()
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("nbgrader", "tags") and v}
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id is not None:
            if grade_id in seen:
                raise ValueError(f"two cells have the grade_id {grade_id!r}")
            seen.add(grade_id)
            cell.id = grade_id.replace("_", "-")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return str(nbformat.writes(notebook)) + "\n"


def _wanted(solutions: Path, exercises: Path) -> dict[Path, bytes | None]:
    """What each file must hold; None for a file that must go."""
    names = assignments(solutions)
    wanted: dict[Path, bytes | None] = {}
    for name in names:
        path = solutions / name / f"{name}.ipynb"
        try:
            wanted[path] = tidy(path.read_text("utf8")).encode()
        except ValueError as problem:
            raise ValueError(f"{path}: {problem}") from None
    for path in exercises.rglob("*"):
        if path.is_file() and ".ipynb_checkpoints" not in path.parts:
            wanted[path] = None
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        shutil.copytree(solutions, root / "source", ignore=shutil.ignore_patterns(".*"))
        for path, text in list(wanted.items()):
            if text is not None:
                (root / "source" / path.relative_to(solutions)).write_bytes(text)
        for name in names:
            _convert(root, name)
        for made in _files(root / "release"):
            target = exercises / made.relative_to(root / "release")
            wanted[target] = made.read_bytes()
    return wanted


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
        raise ValueError(f"{name}: {reason.splitlines()[0]}") from None


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
