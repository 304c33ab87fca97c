"""What a person is to mark: written answers and tasks, carried from a student to formgrader.

An answer is the student's cell in the place of the instructors'; of a task, it is the cells of the
student's own below it. Here nothing is judged but whether there is an answer at all.
"""

import hashlib
from collections.abc import Mapping, Sequence

from course.grading.assignment import Assignment, without_blanks
from course.grading.notebooks import Cell
from course.grading.results import Mark
from course.sandbox import statuses


def written(assignment: Assignment, cells: Sequence[Cell]) -> dict[str, str]:
    """What the student has written for each question that a person marks; "" for nothing."""
    known = {without_blanks(source) for source in assignment.texts}
    ids = {cell.grade_id for cell in assignment.cells if cell.grade_id}
    found: dict[str, str] = {}
    for question in assignment.manual:
        places = [i for i, cell in enumerate(cells) if cell.grade_id == question.grade_id]
        if places and question.task:
            below = cells[places[-1] + 1 :]
            end = next((i for i, c in enumerate(below) if _came(c, ids, known)), len(below))
            answer = [cell.source for cell in below[:end]]
        elif places:
            answer = [cells[place].source for place in places]
        else:  # its mark is lost: all of the text that did not come with the notebook
            own = (cell for cell in cells if cell.kind != "code")
            answer = [cell.source for cell in own if not _came(cell, ids, known)]
        kept = (text for text in answer if without_blanks(text) not in known)
        found[question.grade_id] = "\n\n".join(kept).strip()
    return found


def marks(assignment: Assignment, answers: Mapping[str, str]) -> list[Mark]:
    """Marks that are still to be given, and none where there is no answer."""
    given = []
    for question in assignment.manual:
        name, answer = question.grade_id, answers.get(question.grade_id, "")
        version = hashlib.sha256(answer.encode("utf8", "replace")).hexdigest()[:8]
        status = statuses.WAITING if answer else statuses.MISSING
        said = f"a person marks this (answer {version})" if answer else f"{name} is not written yet"
        given.append(Mark(name, name, 0.0, question.points, status, said))
    return given


def _came(cell: Cell, ids: set[str], known: set[str]) -> bool:
    return cell.grade_id in ids or without_blanks(cell.source) in known
