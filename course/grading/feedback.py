"""What goes back: a page for the student, and the graded notebook for whoever marks by hand.

The page names the property that failed and shows the student's own lines. No line of any test is
on it. The graded notebook, tests and all, is for formgrader and stays with the instructors.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from course.grading.assignment import Assignment
from course.grading.notebooks import Run, defines
from course.grading.results import Mark, Result
from course.sandbox import statuses

LONGEST = 20_000  # characters of a cell that are shown


class Documents(NamedTuple):
    """Both documents as text."""

    page: str
    notebook: str


class Told(NamedTuple):
    """A mark in a student's words."""

    title: str
    status: str
    told: str


def documents(assignment: Assignment, cells: Sequence[Run], result: Result) -> Documents:
    """Write both documents of one result.

    Parameters
    ----------
    assignment : Assignment
    cells : sequence of `notebooks.Run`
        What was found in the notebook.
    result : Result
    """
    code = _code(assignment, cells)
    return Documents(page(assignment, result, code), notebook(assignment, result, code))


def _code(assignment: Assignment, cells: Sequence[Run]) -> dict[str, str]:
    """What to show of each step: the cell that counts, and the student's own cells before it."""
    marked = {cell.label for cell in cells if not cell.names_only}
    code: dict[str, str] = {}
    before = ""
    for cell in cells:
        text = cell.source[:LONGEST] + ("\n# … and so on" if len(cell.source) > LONGEST else "")
        steps = [s for s in assignment.steps if s in defines(cell.source) and s not in marked]
        steps = [s for s in [cell.label, *steps] if s in assignment.steps and s not in code]
        if steps:
            code |= dict.fromkeys(steps, f"{before}{text}")
            before = ""
        elif not cell.names_only:
            before += f"{text}\n\n"
    return code


def page(assignment: Assignment, result: Result, code: dict[str, str]) -> str:
    """HTML for the student."""
    hidden = {test.name: test.is_hidden for test in assignment.tests}
    questions = []
    for step in assignment.steps:
        marks = [mark for mark in result.marks if mark.step == step]
        told: list[Told] = []
        for mark in marks:
            kind = "Further tests" if hidden[mark.test] else "Tests in the notebook"
            # Twice the same words teach nothing more.
            words = "" if told and mark.message == told[-1].told else mark.message
            if mark.status != statuses.GRADED or mark.helped:
                told.append(Told(kind, mark.status, words))
            else:
                told.append(Told(kind, mark.status, ""))
        questions.append(
            {
                "step": step,
                "marks": told,
                "points": sum(mark.points for mark in marks),
                "most": sum(mark.most for mark in marks),
                "code": code.get(step, ""),
            }
        )
    return _template().render(
        result=result, version=_mark_of(result), questions=questions, points="{:g}".format
    )


def notebook(assignment: Assignment, result: Result, code: dict[str, str]) -> str:
    """The instructors' notebook with the student's answers, and what each test said."""
    # The hash stands first: nbgrader's own autograde would leave another notebook here.
    graded = {"metadata": {}} | json.loads(assignment.text)
    graded["metadata"] = {"result": _mark_of(result)} | graded["metadata"]
    marks = {mark.test: mark for mark in result.marks}
    for cell in graded["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if grade_id in assignment.steps:
            cell["source"] = code.get(grade_id, "")
        if grade_id in marks:
            cell["outputs"] = [_output(marks[grade_id])]
    return json.dumps(graded, indent=1, ensure_ascii=False)


def is_current(path: Path, result: Result) -> bool:
    """Whether the page or the graded notebook at `path` is that of this result."""
    try:
        with path.open("rb") as file:
            return _mark_of(result).encode() in file.read(1000)
    except OSError:
        return False


def _mark_of(result: Result) -> str:
    """Hash of all that a page shows; another try may give the same key another result."""
    shown = json.dumps([result.key, result.marks, result.notes])
    return hashlib.sha256(shown.encode()).hexdigest()[:32]


def _output(mark: Mark) -> dict[str, Any]:
    if mark.status == statuses.GRADED:
        return {"output_type": "stream", "name": "stdout", "text": f"{mark.message}\n"}
    told = {"ename": mark.status, "evalue": mark.message, "traceback": [mark.message]}
    return {"output_type": "error", **told}


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=loader, autoescape=True).get_template("feedback.html")
