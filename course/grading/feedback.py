"""What goes back: a page for the student, and the graded notebook for whoever marks by hand.

The page names the property that failed and shows the student's own lines. No line of any test is
on it. The graded notebook, tests and all, is for formgrader and stays with the instructors.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from course.grading import results
from course.grading.assignment import Assignment
from course.grading.notebooks import UnreadableError, find, read
from course.grading.results import Mark, Result

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


def documents(assignment: Assignment, data: bytes, result: Result) -> Documents:
    """Write both documents of one result.

    Parameters
    ----------
    assignment : Assignment
    data : bytes
        The file that was handed in, or nothing.
    result : Result
    """
    try:
        cells = find(assignment, read(data)[0]).cells
    except UnreadableError:
        cells = ()
    code: dict[str, str] = {}
    before = ""
    for label, whole, names_only in cells:
        if names_only and label not in assignment.steps:
            continue
        source = whole if len(whole) < LONGEST else f"{whole[:LONGEST]}\n# … and so on"
        if label in assignment.steps:
            code[label] = f"{before}{source}"
            before = ""
        else:
            before += f"{source}\n\n"
    if before and assignment.steps:  # cells of the student's own after the last answer
        last = assignment.steps[-1]
        code[last] = f"{code.get(last, '')}\n\n{before}".strip("\n")
    return Documents(page(assignment, result, code), notebook(assignment, result, code))


def page(assignment: Assignment, result: Result, code: dict[str, str]) -> str:
    """HTML for the student."""
    step_of = {test.name: test.step for test in assignment.tests}
    questions = []
    for step in assignment.steps:
        marks = [mark for mark in result.marks if step_of[mark.test] == step]
        told: list[Told] = []
        for mark in marks:
            kind = "Tests in the notebook" if mark.test.endswith("_visible") else "Further tests"
            # Twice the same words teach nothing more.
            words = "" if told and mark.message == told[-1].told else mark.message
            if mark.status != results.GRADED or "in place of yours" in words:
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
    return _template().render(result=result, questions=questions, points="{:g}".format)


def notebook(assignment: Assignment, result: Result, code: dict[str, str]) -> str:
    """The instructors' notebook with the student's answers, and what each test said."""
    graded = json.loads(assignment.text)
    marks = {mark.test: mark for mark in result.marks}
    for cell in graded["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if grade_id in assignment.steps:
            cell["source"] = code.get(grade_id, "")
        if grade_id in marks:
            cell["outputs"] = [_output(marks[grade_id])]
    return json.dumps(graded, indent=1, ensure_ascii=False)


def is_current(path: Path, result: Result) -> bool:
    """Whether the page at `path` is that of this result."""
    try:
        with path.open(encoding="utf8") as file:
            return f'content="{result.key}"' in file.read(1000)
    except OSError:
        return False


def _output(mark: Mark) -> dict[str, Any]:
    if mark.status == results.GRADED:
        return {"output_type": "stream", "name": "stdout", "text": f"{mark.message}\n"}
    told = {"ename": mark.status, "evalue": mark.message, "traceback": [mark.message]}
    return {"output_type": "error", **told}


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=loader, autoescape=True).get_template("feedback.html")
