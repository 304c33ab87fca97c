"""What was handed in, read in whatever state it is.

A notebook comes back with its metadata stripped, cells copied, split, deleted or reordered, from
other editors, in other encodings. Here it is only ever read as JSON: nothing in it is run, and
nothing in it is believed but the source of its cells.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from course.grading.scan import ScanError, Span, array_of, object_of, whole

LARGEST = 64 * 2**20  # bytes of a notebook
CELLS = 2000
LONGEST = 2**21  # bytes of a cell that is read
_CELLS = array_of(object_of({}), CELLS)
_NOTEBOOK = object_of(
    {"cells": _CELLS, "worksheets": array_of(object_of({"cells": _CELLS}), CELLS)}
)
_CONFLICT = re.compile(rb"^(<{7}|>{7})( |\r?$)", re.MULTILINE)


class UnreadableError(Exception):
    """The file is no notebook that can be read."""


class Cell(NamedTuple):
    """A cell as it was handed in."""

    kind: str
    source: str
    grade_id: str
    tags: tuple[str, ...]


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
    if data.startswith(b"PK\x03\x04"):
        raise UnreadableError("the file is a zip archive, not a notebook; unpack it first")
    notes = []
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        notes.append("the file is in UTF-16, not UTF-8")
        data = data.decode("utf-16", "replace").encode("utf8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        notebook = whole(data, _NOTEBOOK)
        try:
            cells, kernel = _cells(data, notebook, "utf8"), _kernel(data, notebook, "utf8")
        except UnicodeDecodeError:
            notes.append("the file is not in UTF-8; it is read as Windows-1252")
            cells, kernel = _cells(data, notebook, "cp1252"), _kernel(data, notebook, "cp1252")
    except ScanError as problem:
        conflict = _CONFLICT.search(data)
        if conflict is None:
            words = f"the file is not a notebook, or was not saved completely ({problem})"
            raise UnreadableError(words) from None
        line = data.count(b"\n", 0, conflict.start()) + 1
        raise UnreadableError(
            f"git has left the marks of a merge conflict in the file (line {line}); "
            "solve the conflict and hand it in again"
        ) from None
    if kernel.lower() not in ("", "python", "python3", "ipython"):
        notes.append(f"the kernel of the notebook is {kernel}; it is graded as Python")
    long = [str(number) for number, cell in enumerate(cells, 1) if cell is TOO_LONG]
    if long:
        notes.append(f"cells that are too long to be read were left out: {', '.join(long[:5])}")
    return cells, notes


TOO_LONG = Cell("raw", "", "", ())


def clean(text: str) -> str:
    """Text that can be written in UTF-8, without halves of characters."""
    return text.encode("utf8", "replace").decode("utf8")


def _cells(data: bytes, notebook: Any, codec: str) -> list[Cell]:
    cells = _get(notebook, "cells")
    if cells is None:  # nbformat 3
        sheets = _get(notebook, "worksheets")
        pages = [_get(sheet, "cells") for sheet in sheets] if isinstance(sheets, list) else []
        found_pages = bool(pages) and all(isinstance(page, list) for page in pages)
        cells = [cell for page in pages for cell in page] if found_pages else None
    if not isinstance(cells, list):
        raise UnreadableError("the file is not a notebook: it has no cells")
    if len(cells) > CELLS:
        raise UnreadableError(f"the notebook has {len(cells)} cells; {CELLS} are read at most")
    found = (_cell(data, cell, codec) for cell in cells)
    return [cell for cell in found if cell is not None]


def _cell(data: bytes, parts: Any, codec: str) -> Cell | None:
    place = _get(parts, "source") or _get(parts, "input")
    if place is not None and place.end - place.start > LONGEST:
        return TOO_LONG
    source = _decoded(data, place, codec)
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    about = _decoded(data, _get(parts, "metadata"), codec)
    grade_id, tags = _get(about, "nbgrader", "grade_id"), _get(about, "tags")
    return Cell(
        str(_decoded(data, _get(parts, "cell_type"), codec)),
        clean(source).replace("\r\n", "\n"),
        grade_id if isinstance(grade_id, str) else "",
        tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
    )


def _kernel(data: bytes, notebook: Any, codec: str) -> str:
    about = _decoded(data, _get(notebook, "metadata"), codec)
    kernel = _get(about, "kernelspec", "language") or _get(about, "language_info", "name")
    return clean(kernel[:30]) if isinstance(kernel, str) else ""


def _decoded(data: bytes, place: Span | None, codec: str) -> Any:
    """A value that was passed over, if it is of a size to be read."""
    if place is None or place.end - place.start > LONGEST:
        return None
    text = data[place.start : place.end].decode(codec, "strict" if codec == "utf8" else "replace")
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        return None
    except ValueError as problem:
        raise ScanError(str(problem)) from None


def _get(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def binds(source: str, names: Iterable[str]) -> set[str]:
    """Which of `names` a cell seems to bind, by the look of its text."""
    name = f"({'|'.join(map(re.escape, names))})\\b"
    value = r" *(?=(?::[^=\n]{0,99})?=(?!=)|,[^=\n]{0,99}=(?!=))"
    found = re.findall(rf"\b(?:(?:def|class|as|import|for) +{name}|{name}{value})", source)
    return {name for pair in found for name in pair if name}


def is_stub(source: str) -> bool:
    """Whether a cell is as it was released: nothing in its function but the error."""
    text = re.sub(r'''("""|\'\'\').*?\1''', "", source, flags=re.DOTALL)
    text = re.sub(r"^def \w+\([^()]*\)[^:\n]*:", "", text, flags=re.MULTILINE)
    lines = (re.sub(r"#.*", "", line).strip() for line in text.splitlines())
    body = [line for line in lines if line and not re.match(r"(def|import|from) ", line)]
    return body == ["raise NotImplementedError()"]
