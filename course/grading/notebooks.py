"""What was handed in, found in whatever state it is.

A notebook comes back with its metadata stripped, cells copied, split, deleted or reordered, from
other editors, in other encodings. Here it is only ever read as JSON: nothing in it is run, and
nothing in it is believed but the source of its cells.
"""

import json
import re
import textwrap
from typing import Any, NamedTuple

from course.grading.assignment import Assignment

LARGEST = 64 * 2**20  # bytes of a notebook
CELLS = 2000
PARTS = 5_000_000  # brackets and commas of a file; beyond, it would fill the memory
SPLIT = 20_000  # characters of a cell that is put together again
ALIKE = 0.7  # two cells of whose lines so many agree are one cell, edited


class UnreadableError(Exception):
    """The file is no notebook that can be read."""


class Cell(NamedTuple):
    """A cell as it was handed in."""

    kind: str
    source: str
    grade_id: str
    tags: tuple[str, ...]


class Run(NamedTuple):
    """A cell to run; of a `names_only` one, only what it defines and nobody else does."""

    label: str
    source: str
    names_only: bool = False


class Answers(NamedTuple):
    """Cells to run, in order; and what is odd about them."""

    cells: tuple[Run, ...]
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
        raise UnreadableError(
            f"the file is larger than {LARGEST // 2**20} MB; clear the outputs and try again"
        )
    if sum(data.count(part) for part in b"[{,") > PARTS:
        raise UnreadableError("the file is not a notebook: it consists of too many parts")
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
        kernel = clean(kernel[:30])
        notes.append(f"the kernel of the notebook is {kernel}; it is graded as Python")
    return cells, notes


def find(assignment: Assignment, cells: list[Cell]) -> Answers:
    """What is to be run of `cells`: answers by their grade_id, else by the names they define.

    A student's own cells down to the last answer are run as well. Of all others, tests and play
    and experiments below the answers, only the names are added that nothing else has bound:
    a helper may stand anywhere, and nothing may be overwritten by an afterthought.
    """
    found = _sort(assignment, cells)
    last = max((found.settle(step) for step in assignment.steps), default=-1)
    if last >= 0:
        below = slice(last + 1, None)
        found.own[below] = [cell._replace(names_only=True) for cell in found.own[below]]
    whole = [cell for cell in found.own if not cell.names_only]
    rest = [cell for cell in found.own if cell.names_only]
    return Answers((*whole, *rest, *found.aside), tuple(found.notes))


def _sort(assignment: Assignment, cells: list[Cell]) -> "_Sorted":
    """Tell the student's own cells from what came with the notebook."""
    sorted_out = _Sorted([], [], [])
    came_with_it = _Recognised(assignment)
    for number, cell in enumerate(cells, 1):
        defined = defines(cell.source) & set(assignment.steps)
        in_place = cell.grade_id in assignment.steps
        label = cell.grade_id if in_place else f"cell {number}"
        if cell.kind != "code":
            if defined or in_place:
                sorted_out.aside.append(Run(label, _as_code(cell.source), True))
        elif came_with_it.is_no_answer(cell, bool(defined)):
            if defined or "@checks.step" not in cell.source:
                sorted_out.aside.append(Run(label, cell.source, True))
        elif cell.source.strip():
            sorted_out.add(label, cell.source)
    return sorted_out


class _Sorted(NamedTuple):
    """The cells of a notebook, on two heaps."""

    own: list[Run]
    """A student's own, answers among them, in order."""
    aside: list[Run]
    """Tests, play and text."""
    notes: list[str]

    def add(self, label: str, source: str) -> None:
        """Put a cell to the student's own, or to the first half of itself."""
        if self.own and _continues(self.own[-1].source, source):
            first = self.own[-1]
            self.own[-1] = Run(first.label, f"{first.source}\n{source}")
            self.notes.append(f"{first.label} was split into two cells; they are read as one")
        else:
            self.own.append(Run(label, source))

    def settle(self, step: str) -> int:
        """Leave one cell that answers a step, and return its place; −1 where there is none."""
        answers = [i for i, cell in enumerate(self.own) if step in defines(cell.source)]
        written = [i for i in answers if not is_stub(self.own[i].source)]
        in_place = [i for i in written if self.own[i].label == step]
        if not written:
            self._look_aside(step, answers)
            return -1
        counts = (in_place or written)[-1]
        for i in answers:  # drafts, copies and experiments
            if i != counts and (i > counts or i not in written or i in in_place):
                self.own[i] = self.own[i]._replace(names_only=True)
        if len(written) > 1:
            label = self.own[counts].label
            self.notes.append(f"{step} is defined in {len(written)} cells; {label} counts")
        if not in_place:
            self.notes.append(f"{step} was found by its name; its cell has lost its mark")
        return counts

    def _look_aside(self, step: str, stubs: list[int]) -> None:
        """Let no stub stand in the way of an answer that was found among the other cells."""
        for i in stubs:
            self.own[i] = self.own[i]._replace(names_only=True)
        elsewhere = (cell.source for cell in self.aside if step in defines(cell.source))
        if any(not is_stub(source) for source in elsewhere):
            self.own[:] = [cell for i, cell in enumerate(self.own) if i not in stubs]
            self.notes.append(f"{step} was found in a cell that is not its own")
            self.aside.sort(key=lambda cell: step not in defines(cell.source))


class _Recognised:
    """Tells what came with the notebook from what a student wrote."""

    def __init__(self, assignment: Assignment) -> None:
        self.other: set[str] = set()
        self.plain: list[set[str]] = []
        for cell in assignment.cells:
            if cell.grade_id not in assignment.steps:
                self.other.add(cell.grade_id)
                hidden = r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?"
                released = re.sub(hidden, "", cell.source, flags=re.DOTALL)
                self.plain += [_lines(released), _lines(cell.source)]
        self.other.discard("")
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
        mine = _lines(cell.source)
        return any(len(mine & one) > ALIKE * max(len(mine), len(one)) for one in self.plain)


def _lines(source: str) -> set[str]:
    return {line.strip() for line in source.splitlines() if line.strip()}


def _decode(data: bytes) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), ["the file is in UTF-16, not UTF-8"]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = "the file is not in UTF-8; it is read as Windows-1252"
        return data.decode("cp1252", "replace"), [note]


def clean(text: str) -> str:
    """Text that can be written in UTF-8, without halves of characters."""
    return text.encode("utf8", "replace").decode("utf8")


def _cells(notebook: Any) -> list[Cell]:
    cells = _get(notebook, "cells")
    if cells is None:  # nbformat 3
        sheets = _get(notebook, "worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        pages = [_get(sheet, "cells") for sheet in sheets]
        found_pages = bool(pages) and all(isinstance(page, list) for page in pages)
        cells = [cell for page in pages for cell in page] if found_pages else None
    if not isinstance(cells, list):
        raise UnreadableError("the file is not a notebook: it has no cells")
    found = []
    if len(cells) > CELLS:
        raise UnreadableError(f"the notebook has {len(cells)} cells; {CELLS} are read at most")
    for cell in cells:
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
                clean(source).replace("\r\n", "\n"),
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
    if len(before) + len(source) > SPLIT:
        return False
    first = next((line for line in source.splitlines() if line.strip()), "")
    if not first[:1].isspace():
        return False
    # Whoever hands in chooses these lines: they are looked at, and never given to a parser here.
    last = next((line for line in reversed(before.splitlines()) if re.match(r"\S", line)), "")
    return (
        re.match(r"(async |def |class |for |while |if |else|elif |try|except|with )", last)
        is not None
    )


def is_stub(source: str) -> bool:
    """Whether a cell is as it was released: nothing in its function but the error."""
    text = re.sub(r'''("""|\'\'\').*?\1''', "", source, flags=re.DOTALL)
    text = re.sub(r"^def \w+\([^()]*\)[^:\n]*:", "", text, flags=re.MULTILINE)
    lines = (re.sub(r"#.*", "", line).strip() for line in text.splitlines())
    body = [line for line in lines if line and not re.match(r"(def|import|from) ", line)]
    return body == ["raise NotImplementedError()"]


def _as_code(source: str) -> str:
    fenced = re.findall(r"^```\w*\n(.*?)^```", source, re.DOTALL | re.MULTILINE)
    return textwrap.dedent("\n".join(fenced) if fenced else source)
