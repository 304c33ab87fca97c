"""What was handed in, found in whatever state it is.

A notebook comes back with its metadata stripped, cells copied, split, deleted or reordered, from
other editors, in other encodings. Here it is only ever read as JSON: nothing in it is run, and
nothing in it is believed but the source of its cells.
"""

import difflib
import json
import re
import textwrap
from typing import Any, NamedTuple

from course.grading.assignment import Assignment

LARGEST = 20 * 2**20  # bytes of a notebook
CELLS = 500
ALIKE = 0.7  # two cells of which so much agrees are one cell, edited


class UnreadableError(Exception):
    """The file is no notebook that can be read."""


class Cell(NamedTuple):
    """A cell as it was handed in."""

    kind: str
    source: str
    grade_id: str
    tags: tuple[str, ...]


class Answers(NamedTuple):
    """Cells to run, in order, as (label, source); and what is odd about them."""

    cells: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read(data: bytes) -> tuple[list[Cell], list[str]]:
    """The cells of a notebook in format 3 or 4, and what is odd about the file.

    Raises
    ------
    UnreadableError
        With words for the student.
    """
    if not data.strip():
        raise UnreadableError("the file is empty")
    if len(data) > LARGEST:
        raise UnreadableError(f"the file is larger than {LARGEST // 2**20} MB")
    if data.startswith(b"PK\x03\x04"):
        raise UnreadableError("the file is a zip archive, not a notebook; unpack it first")
    text, notes = _decode(data)
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise UnreadableError("the file is not a notebook: it nests too deeply") from None
    except ValueError as problem:
        marks = re.search(r"^(<{7}|>{7})( |$)", text, re.MULTILINE)
        if marks:
            line = text.count("\n", 0, marks.start()) + 1
            raise UnreadableError(
                f"git has left the marks of a merge conflict in the file (line {line}); "
                "solve the conflict and hand it in again"
            ) from None
        raise UnreadableError(
            f"the file is not a notebook, or was not saved completely ({problem})"
        ) from None
    cells = _cells(notebook)
    kernel = _get(notebook, "metadata", "kernelspec", "language")
    kernel = kernel or _get(notebook, "metadata", "language_info", "name")
    if isinstance(kernel, str) and kernel.lower() not in ("python", "python3", "ipython"):
        notes.append(f"the kernel of the notebook is {kernel[:30]}; it is graded as Python")
    return cells, notes


def find(assignment: Assignment, cells: list[Cell]) -> Answers:
    """What is to be run of `cells`: answers by their grade_id, else by the names they define.

    A student's own cells between them are run as well; tests, play and whatever else came with
    the notebook are not.
    """
    notes: list[str] = []
    run: list[tuple[str, str]] = []
    aside: list[str] = []
    theirs = _Recognised(assignment)
    for number, cell in enumerate(cells, 1):
        defined = defines(cell.source) & set(assignment.steps)
        if cell.kind != "code":
            if defined or cell.grade_id in assignment.steps:
                aside.append(cell.source)
            continue
        if theirs.is_no_answer(cell, bool(defined)):
            aside.append(cell.source)
            continue
        label = cell.grade_id if cell.grade_id in assignment.steps else f"cell {number}"
        if run and _continues(run[-1][1], cell.source):
            run[-1] = run[-1][0], f"{run[-1][1]}\n{cell.source}"
            notes.append(f"{run[-1][0]} was split into two cells; they are read as one")
        elif cell.source.strip():
            run.append((label, cell.source))
    for step in assignment.steps:
        found = [cell for cell in run if step in defines(cell[1])]
        written = [cell for cell in found if not _is_stub(cell[1])]
        if written:
            run = [cell for cell in run if cell in written or cell not in found]
            if len(written) > 1:
                notes.append(f"{step} is defined in {len(written)} cells; the last one counts")
            if all(label != step for label, _ in written):
                notes.append(f"{step} was found by its name; its cell has lost its mark")
        else:
            elsewhere = [code for code in map(_as_code, aside) if step in defines(code)]
            elsewhere = [code for code in elsewhere if not _is_stub(code)]
            if elsewhere:
                run.append((step, elsewhere[-1]))
                notes.append(f"{step} was found in a cell that is not its own")
    return Answers(tuple(run), tuple(notes))


class _Recognised:
    """Tells what came with the notebook from what a student wrote."""

    def __init__(self, assignment: Assignment) -> None:
        self.other: set[str] = set()
        self.plain: list[str] = []
        for cell in assignment.notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if grade_id not in assignment.steps:
                if grade_id:
                    self.other.add(grade_id)
                hidden = r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?"
                source = re.sub(hidden, "", cell.source, flags=re.DOTALL)
                self.plain += [_normal(source), _normal(cell.source)]
        self.steps = set(assignment.steps)

    def is_no_answer(self, cell: Cell, defines_step: bool) -> bool:
        if cell.grade_id in self.steps:
            return False
        if cell.grade_id in self.other or "@checks.step" in cell.source:
            return True
        if defines_step:
            return False
        if "ungraded" in cell.tags:
            return True
        mine = _normal(cell.source)
        return any(mine == plain or _alike(mine, plain) for plain in self.plain)


def _decode(data: bytes) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), ["the file is in UTF-16, not UTF-8"]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = "the file is not in UTF-8; it is read as Windows-1252"
        return data.decode("cp1252", "replace"), [note]


def _cells(notebook: Any) -> list[Cell]:
    cells = _get(notebook, "cells")
    if cells is None:  # nbformat 3
        sheets = _get(notebook, "worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        cells = [cell for sheet in sheets for cell in (_get(sheet, "cells") or [])]
        cells = cells if sheets else None
    if not isinstance(cells, list):
        raise UnreadableError("the file is not a notebook: it has no cells")
    found = []
    for cell in cells[:CELLS]:
        source = _get(cell, "source")
        source = _get(cell, "input") if source is None else source
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str):
            continue
        grade_id, tags = (
            _get(cell, "metadata", "nbgrader", "grade_id"),
            _get(cell, "metadata", "tags"),
        )
        found.append(
            Cell(
                str(_get(cell, "cell_type")),
                source.replace("\r\n", "\n"),
                grade_id if isinstance(grade_id, str) else "",
                tuple(tag for tag in tags if isinstance(tag, str))
                if isinstance(tags, list)
                else (),
            )
        )
    return found


def _get(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def defines(source: str) -> set[str]:
    """Names that a cell binds at its top level, even if it cannot be parsed."""
    pairs = re.findall(r"^(?:async )?(?:def|class) +(\w+)|^(\w+) *=(?!=)", source, re.MULTILINE)
    return {name for pair in pairs for name in pair if name}


def _continues(before: str, source: str) -> bool:
    """Whether `source` is the other half of a cell that begins with `before`."""
    first = next((line for line in source.splitlines() if line.strip()), "")
    if not first[:1].isspace():
        return False
    # Whoever hands in chooses these lines: they are looked at, and never given to a parser here.
    last = next((line for line in reversed(before.splitlines()) if re.match(r"\S", line)), "")
    return (
        re.match(r"(async |def |class |for |while |if |else|elif |try|except|with )", last)
        is not None
    )


def _is_stub(source: str) -> bool:
    return "YOUR CODE HERE" in source and "raise NotImplementedError()" in source


def _as_code(source: str) -> str:
    fenced = re.findall(r"^```\w*\n(.*?)^```", source, re.DOTALL | re.MULTILINE)
    return textwrap.dedent("\n".join(fenced) if fenced else source)


def _normal(source: str) -> str:
    return re.sub(r"\s+", " ", source).strip()


def _alike(one: str, other: str) -> bool:
    if not 0.5 < (len(one) + 1) / (len(other) + 1) < 2:
        return False
    match = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return (
        match.real_quick_ratio() > ALIKE and match.quick_ratio() > ALIKE and match.ratio() > ALIKE
    )
