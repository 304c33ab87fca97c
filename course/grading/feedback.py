"""What goes back: a page for the student, and the graded notebook for whoever marks by hand.

The page names the property that failed and shows the student's own lines. No line of any test is
on it. The graded notebook, tests and all, is for formgrader and stays with the instructors.
"""

import hashlib
import json
import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from course.exercise.mistakes.known import PAGES
from course.grading.assignment import Assignment
from course.grading.judge import Plan
from course.grading.notebooks import binds, is_stub
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
    see: tuple[tuple[str, str], ...] = ()
    """Places of the book that explain it: their names, and addresses where the book has one."""


def documents(
    assignment: Assignment,
    planned: Plan,
    written: Mapping[str, str],
    result: Result,
    book: str = "",
) -> Documents:
    """Write both documents of one result.

    Parameters
    ----------
    assignment : Assignment
    planned : judge.Plan
        What was found in the notebook.
    written : mapping of str
        Answers that a person marks, by question.
    result : Result
    book : str
        Address of the book, if it has one.
    """
    code = _code(assignment, planned) | dict(written)
    return Documents(page(assignment, result, code, book), notebook(assignment, result, code))


def _code(assignment: Assignment, planned: Plan) -> dict[str, str]:
    """What to show of each step: the cell that counts, and the student's own cells before it."""
    answers = {step: planned.answer(step) for step in assignment.steps if planned.places}
    code: dict[str, str] = {}
    before = ""
    for number, cell in enumerate(planned.cells):
        if not cell.own or (is_stub(cell.source) and number not in answers.values()):
            continue
        text = cell.source[:LONGEST] + ("\n# … and so on" if len(cell.source) > LONGEST else "")
        steps = [step for step, place in answers.items() if place == number]
        before += text if steps else f"{text}\n\n"
        if steps:
            code |= dict.fromkeys(steps, before)
            before = ""
    for step in answers.keys() - code.keys():
        text = next((c.source for c in planned.last if binds(c.source, [step])), "")
        code[step] = text[:LONGEST]
    return code


def page(assignment: Assignment, result: Result, code: dict[str, str], book: str = "") -> str:
    """HTML for the student."""
    kinds = {
        test.name: "Further tests" if test.is_hidden else "Tests in the notebook"
        for test in assignment.tests
    }
    questions = []
    for step in dict.fromkeys((*assignment.steps, *(test.step for test in assignment.questions))):
        marks = [mark for mark in result.marks if mark.step == step]
        told: list[Told] = []
        for mark in marks:
            kind = kinds.get(mark.test, "Your answer")
            # Twice the same words teach nothing more.
            words = "" if told and mark.message == told[-1].told else mark.message
            if mark.status != statuses.GRADED or mark.helped:
                told.append(Told(kind, mark.status, words, _places(step, words, book)))
            else:
                told.append(Told(kind, mark.status, ""))
        questions.append(
            {
                "step": step,
                "marks": told,
                "points": sum(mark.points for mark in marks),
                "most": sum(mark.most for mark in marks),
                "waits": any(mark.status == statuses.WAITING for mark in marks),
                "code": code.get(step, ""),
            }
        )
    return _template().render(
        result=result, version=_mark_of(result), questions=questions, points="{:g}".format
    )


def _places(step: str, words: str, book: str) -> tuple[tuple[str, str], ...]:
    """Where the book explains the known mistakes that these words name."""
    found = {}
    for mistake, place in PAGES.get(step, {}).items():
        if f"if {mistake}" in words:
            page, _, label = place.partition("#")
            title = f"{page.replace('_', ' ')}: {label.replace('-', ' ')}"
            found[title] = f"{book.rstrip('/')}/{page}.html#{label}" if book else ""
    return tuple(found.items())


def notebook(assignment: Assignment, result: Result, code: dict[str, str]) -> str:
    """The instructors' notebook with the student's answers, and what each test said."""
    # The hash stands first: nbgrader's own autograde would leave another notebook here.
    graded = {"metadata": {}} | json.loads(assignment.text)
    graded["metadata"] = {"result": _mark_of(result)} | graded["metadata"]
    marks = {mark.test: mark for mark in result.marks}
    cells, by_hand = [], {question.grade_id: question for question in assignment.manual}
    for cell in graded["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        cells.append(cell)
        if grade_id in assignment.steps:
            cell["source"] = code.get(grade_id, "")
        elif grade_id in by_hand:
            answer = code.get(grade_id) or "(nothing was written here)"
            shown = answer if cell["cell_type"] == "code" else _verbatim(answer)
            if by_hand[grade_id].task:
                made = {"cell_type": "markdown", "metadata": {}, "source": _verbatim(answer)}
                cells.append(made | ({"id": f"answer-{len(cells)}"} if "id" in cell else {}))
            else:
                cell["source"] = shown
        elif grade_id in marks:
            cell["outputs"] = [_output(marks[grade_id])]
    graded["cells"] = cells
    return json.dumps(graded, indent=1, ensure_ascii=False)


def _verbatim(text: str) -> str:
    """Text as it was written, for Markdown: none of its markup may work on an instructor's page."""
    return textwrap.indent(text, "    ", lambda line: True)


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
