"""What has been graded, so that nothing is graded twice: one line a result, only ever appended.

A result is found again by its key, a hash of all that a mark can depend on and of nothing else: a
new picture, page or command grades nobody again. A line that a kill or a full disk has cut short is
passed over; what it was about is graded again.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from course.grading.assignment import Assignment
from course.grading.environment import environment
from course.grading.files import Handed
from course.grading.results import Result


def key(assignment: Assignment, handed: Handed, settings: Any) -> str:
    """Hash of the submission, the tests, the environment, and the settings (seed, limits)."""
    digest = hashlib.sha256(json.dumps(environment()).encode() + assignment.text.encode())
    parts = [
        handed.missing,
        handed.unreadable,
        handed.trouble,
        *handed.notes,
        handed.timestamp,
        repr(settings),
    ]
    digest.update(json.dumps([parts, handed.cells]).encode())
    return digest.hexdigest()[:32]


class Journal:
    """The last result of each student.

    Parameters
    ----------
    path : Path
        Made with the first result.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, int] = {}
        self._torn = False
        if not path.exists():
            return
        place = 0
        with path.open("rb") as file:
            for line in file:
                self._torn = not line.endswith(b"\n")
                result = _read(line)
                if result is not None:
                    self._places[result.student] = place
                place += len(line)

    def find(self, student: str, key: str) -> Result | None:
        """The student's last result, if it has this key and will stay as it is."""
        if student not in self._places:
            return None
        with self.path.open("rb") as file:
            file.seek(self._places[student])
            result = _read(file.readline())
        return result if result is not None and result.key == key and result.final else None

    def append(self, result: Result) -> None:
        """Add a result; it is on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(result.to_json(), ensure_ascii=False).encode() + b"\n"
        with self.path.open("ab") as file:
            if self._torn:
                file.write(b"\n")
            self._torn = True
            self._places[result.student] = file.tell()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._torn = False


def _read(line: bytes) -> Result | None:
    try:
        return Result.from_json(json.loads(line)) if line.endswith(b"\n") else None
    except (ValueError, TypeError, KeyError):
        return None
