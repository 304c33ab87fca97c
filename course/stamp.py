"""Notebooks that the course writes carry a hash of themselves: what no longer fits is a person's.

Nothing that a person has written is overwritten or deleted. A new layout of the file (an editor's
indentation, another order of its fields) is no work; an output, a word, a tag is.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from course.writing import write

KEY = "released"
"""Field of a notebook's metadata that holds the hash."""


def stamped(text: str) -> str:
    """A notebook, given and returned as JSON, with the hash of its content."""
    notebook = json.loads(text)
    notebook["metadata"] = notebook["metadata"] | {KEY: content_hash(notebook)}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def content_hash(notebook: Any) -> str:
    """Hash of a notebook without its stamp, whatever the layout of the file was."""
    metadata = {key: value for key, value in notebook["metadata"].items() if key != KEY}
    content = json.dumps(notebook | {"metadata": metadata}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def write_ours(path: Path, data: bytes) -> bool:
    """Write `data`, whole or not at all, unless a person's work is there; whether it is now there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if os.path.lexists(path):
        now = _read(path)
        if now == data:
            return True
        if not is_ours(now) and not _same_content(now, data):
            return False
    write(path, data)
    return True


def remove_ours(path: Path) -> bool:
    """Remove a file, unless it is a person's; whether it is gone."""
    if not is_ours(_read(path)):
        return False
    path.unlink()
    return True


def is_ours(data: bytes | None) -> bool:
    """Whether these are the bytes of a notebook of which no word has been changed."""
    notebook = _parsed(data)
    return notebook is not None and notebook["metadata"].get(KEY) == content_hash(notebook)


def _same_content(one: bytes | None, other: bytes) -> bool:
    notebooks = _parsed(one), _parsed(other)
    return None not in notebooks and len({content_hash(each) for each in notebooks}) == 1


def _read(path: Path) -> bytes | None:
    """The bytes of a plain file; what is none, or cannot be read, is not ours."""
    with contextlib.suppress(OSError):
        if path.is_file() and not path.is_symlink():
            return path.read_bytes()
    return None


def _parsed(data: bytes | None) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        notebook = json.loads(data or b"null")
        if isinstance(notebook, dict) and isinstance(notebook.get("metadata"), dict):
            return notebook
    return None
