"""A small invented class that hands in right and wrong answers, graded like any other.

An answer is a short Python file with the functions it changes, or, where that is a line or two, the
constant `CHANGES` with what stands in the place of what, by step; the rest of the notebook comes
from the solution. The first line of its docstring says what the student did, and the constant
`LOSES`, in a wrong one, which step must lose points.
"""

import ast
import csv
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.results import Result
from course.grading.run import Listener, grade_class
from course.grading.submission import Settings
from course.layout import Course
from course.release import released
from course.sandbox.workers import Sandbox, SandboxError
from course.stamp import is_ours, stamped, write_ours

CLASS = {
    "ada": {
        "value_iteration": "right_as_on_the_slides",
        "q_learning": "right_as_on_the_slides",
        "maxent_irl": "right_as_in_the_book",
        "inverse_q_learning": "wrong_terminal_bootstrapped",
    },
    "alan": {
        "value_iteration": "wrong_gamma_forgotten",
        "q_learning": "wrong_epsilon_reversed",
    },
    "emmy": {
        "value_iteration": "wrong_no_absolute_value",
        "q_learning": "wrong_terminal_bootstrapped",
    },
    "grace": {
        "value_iteration": "right_vectorised",
        "q_learning": "right_convex_combination",
    },
    "kurt": {
        "value_iteration": "wrong_wrong_axis",
        "q_learning": "wrong_truncated_is_terminated",
    },
    "maryam": {
        "value_iteration": "right_own_loop",
        "q_learning": "wrong_sarsa",
        "maxent_irl": "wrong_only_the_order_repaired",
        "inverse_q_learning": "right_linear_system",
    },
}
"""Students, and their answers to the assignments they hand in; the last two are a bonus."""

ASSIGNMENTS = tuple(dict.fromkeys(name for answers in CLASS.values() for name in answers))


ANSWERS = Path(__file__).parent / "answers"


def answer_path(assignment: str, name: str) -> Path:
    """The file of an answer."""
    return ANSWERS / assignment / f"{name}.py"


@dataclass(frozen=True)
class Answer:
    """One answer file: what was done, the step that loses by it, and what it changes."""

    name: str
    mistake: str
    loses: str | None
    cells: Mapping[str, str]
    changes: Mapping[str, Mapping[str, str]]

    @property
    def steps(self) -> set[str]:
        """The steps whose cells are not the solution's, and helpers of their own."""
        return {*self.cells, *self.changes}

    def instead_of(self, solutions: Mapping[str, str]) -> dict[str, str]:
        """Sources of all answer cells by step, given those of the solution.

        Raises
        ------
        CourseError
            If the solution no longer holds what is changed.
        """
        cells, waiting, last = dict(solutions), "", ""
        for name, source in self.cells.items():
            waiting = f"{waiting}\n\n\n{source}".strip("\n")
            if name in solutions:
                cells[name], waiting, last = waiting, "", name
        if waiting:
            cells[last] = f"{cells[last]}\n\n\n{waiting}"
        for step, replacements in self.changes.items():
            for old, new in replacements.items():
                if cells[step].count(old) != 1:
                    raise CourseError(f"{self.name}: the solution of {step} has no single {old!r}")
                cells[step] = cells[step].replace(old, new)
        return cells


def read_answer(path: Path) -> Answer:
    """Read an answer file without running it.

    Lines before a function, imports and helpers, go into its cell; so do functions that are no
    step, in front of the next one that is.
    """
    text = path.read_text("utf8")
    lines, tree = text.splitlines(), ast.parse(text)
    cells: dict[str, str] = {}
    constants: dict[str, Any] = {}
    seen = 0
    for node in tree.body:
        source = "\n".join(lines[seen : node.end_lineno]).strip("\n")
        seen = node.end_lineno or seen
        if isinstance(node, ast.Expr):  # the docstring
            continue
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("LOSES", "CHANGES"):
            constants[ast.unparse(node.targets[0])] = ast.literal_eval(node.value)
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node
        name = getattr(target, "name", None) or getattr(target, "id", None) or f"line {seen}"
        cells[name] = source
    mistake = (ast.get_docstring(tree) or "").partition("\n")[0]
    loses, changes = constants.get("LOSES"), constants.get("CHANGES", {})
    return Answer(path.stem, mistake, loses, cells, changes)


def solutions_of(notebook: Any) -> dict[str, str]:
    """Sources of the answer cells of a solution notebook, by step."""
    return {
        cell.metadata.nbgrader.grade_id: "\n".join(
            line for line in cell.source.splitlines() if " SOLUTION" not in line
        )
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def fill_in(notebook: Any, cells: Mapping[str, str]) -> Any:
    """Put sources into the answer cells of `notebook`, by step, and return it."""
    for cell in notebook.cells:
        step = cell.metadata.get("nbgrader", {}).get("grade_id")
        if step in cells:
            cell.source = cells[step]
    return notebook


def grade_sample(course: Course, say: Callable[[str], None] = print) -> list[dict[str, str]]:
    """Hand in, grade and export the class; quick where nothing has changed.

    It has a folder of its own, `_build/sample-class`, and no real class is ever touched. Whoever
    is in that folder besides, or has changed an answer there, is graded along.

    Parameters
    ----------
    course : Course
    say : function of one str
        Told about the progress.

    Returns
    -------
    list of dict
        Rows of nbgrader's export: assignment, student_id, score, max_score and more.

    Raises
    ------
    CourseError
        If a file is missing, or a submission cannot be graded.
    """
    course = course.sample_class()
    unsafe = False
    try:
        with Sandbox() as sandbox:
            sandbox.worker().close()
    except SandboxError as problem:
        say(f"These answers are ours, and are graded without a sandbox: {problem}")
        unsafe = True
    kept = _hand_in(course)
    for path in kept:
        say(f"{path} has been worked in; it is {'left out' if unsafe else 'graded as it is'}")
    # Without a sandbox nobody's code runs but ours.
    ours = [] if unsafe and _is_mixed(course, kept) else list(CLASS)
    for name in ASSIGNMENTS:
        assignment = Assignment.read(course.solution(name))
        settings = Settings(unsafe=unsafe, hidden=(course.root,))

        def told(result: Result, new: bool) -> None:
            if not result.final:
                raise CourseError(
                    f"{result.student}, {result.assignment}: {result.marks[0].message}"
                )
            if new:
                say(f"{result.student}, {result.assignment}: {result.points:g} points")

        only = [student for student in ours if name in CLASS[student]] if unsafe else []
        if unsafe and not only:
            continue
        grade_class(course, assignment, settings, only=only, listener=Listener(told))
    with (_export(course, course.out / "grades.csv")).open(newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    # nbgrader exports a 0 for what was not handed in.
    return [row for row in rows if row["assignment"] in CLASS.get(row["student_id"], ())]


def _hand_in(course: Course) -> list[Path]:
    """Write the submissions; returns those in which a person has worked, and which stay."""
    import nbformat

    kept = []
    for student, answers in CLASS.items():
        for name, answer in answers.items():
            files = [course.solution(name), course.exercise(name), answer_path(name, answer)]
            for file in files:
                if not file.is_file():
                    raise CourseError(f"{file} is missing (exercises come from `course release`)")
            solution = nbformat.read(files[0], as_version=4)
            exercise = nbformat.reads(_exercise(course, name).decode(), as_version=4)
            cells = read_answer(files[2]).instead_of(solutions_of(solution))
            target = course.submission(student, name)
            text = stamped(nbformat.writes(fill_in(exercise, cells)))
            if not write_ours(target, text.encode()):
                kept.append(target)
    return kept


def _is_mixed(course: Course, kept: list[Path]) -> bool:
    """Whether anything lies among the submissions that is not ours."""
    known = {course.submission(student, name) for student, of in CLASS.items() for name in of}
    return bool(kept) or any(
        path not in known for path in course.submitted.rglob("*") if not path.is_dir()
    )


def _exercise(course: Course, name: str) -> bytes:
    """An assignment as it is released, whatever somebody has made of it in `exercises/`."""
    path = course.exercise(name)
    data = path.read_bytes()
    return data if is_ours(data) else released(course.solutions)[path.relative_to(course.exercises)]


def _export(course: Course, path: Path) -> Path:
    from traitlets.config import Config

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbgrader.api import Gradebook
        from nbgrader.plugins import CsvExportPlugin

        config = Config()
        config.CsvExportPlugin.to = str(path)
        with Gradebook(course.database, course.course_id) as gradebook:
            CsvExportPlugin(config=config).export(gradebook)
    return path
