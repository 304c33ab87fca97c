"""A small invented class that hands in right and wrong answers, graded by nbgrader.

An answer is a short Python file with the functions it changes, or, where that is a line or two, the
constant `CHANGES` with what stands in the place of what, by step; the rest of the notebook comes
from the solution. The first line of its docstring says what the student did, and the constant
`LOSES`, in a wrong one, which step must lose points.
"""

import ast
import csv
import hashlib
import os
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        """The steps whose cells are not the solution's."""
        return {*self.cells, *self.changes}

    def instead_of(self, solutions: Mapping[str, str]) -> dict[str, str]:
        """Sources of all answer cells by step, given those of the solution.

        Raises
        ------
        ValueError
            If the solution no longer holds what is changed.
        """
        cells = {**solutions, **self.cells}
        for step, replacements in self.changes.items():
            for old, new in replacements.items():
                if cells[step].count(old) != 1:
                    raise ValueError(f"{self.name}: the solution of {step} has no single {old!r}")
                cells[step] = cells[step].replace(old, new)
        return cells


def read_answer(path: Path) -> Answer:
    """Read an answer file without running it.

    Lines before a function, imports and helpers, go into its cell.
    """
    text = path.read_text("utf8")
    lines, tree = text.splitlines(), ast.parse(text)
    cells: dict[str, str] = {}
    constants: dict[str, Any] = {}
    waiting, seen = "", 0
    for node in tree.body:
        source = "\n".join(lines[seen : node.end_lineno]).strip("\n")
        seen = node.end_lineno or seen
        if isinstance(node, ast.Expr):  # the docstring
            continue
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("LOSES", "CHANGES"):
            constants[ast.unparse(node.targets[0])] = ast.literal_eval(node.value)
            continue
        waiting = f"{waiting}\n\n\n{source}".strip("\n")
        if isinstance(node, ast.FunctionDef):
            cells[node.name], waiting = waiting, ""
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


def grade_sample(root: Path, say: Callable[[str], None] = print) -> list[dict[str, str]]:
    """Hand in, grade and export the class; quick where nothing has changed.

    Parameters
    ----------
    root : Path
        Folder with `nbgrader_config.py`, `solutions`, `exercises` and `tests/sample_class`.
    say : function of one str
        Told about the progress.

    Returns
    -------
    list of dict
        Rows of nbgrader's export: assignment, student_id, score, max_score and more.

    Raises
    ------
    ValueError
        If a file is missing, a submission cannot be graded, or the folder holds another class.
    """
    out = root / "_build" / "grade"
    stamp, fingerprint = out / "sample-class", _fingerprint(root)
    before = stamp.read_text("utf8").split() if stamp.is_file() else []
    if before[:1] != [fingerprint]:
        _clear(out, before)
        # What this run leaves behind, finished or not, the next one may remove.
        stamp.write_text("\n".join(["unfinished", *CLASS]), "utf8")
        _hand_in(root, out)
        _grade(root, say)
        stamp.write_text("\n".join([fingerprint, *CLASS]), "utf8")
    with (out / "grades.csv").open(newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    # nbgrader exports a 0 for what was not handed in.
    return [row for row in rows if row["assignment"] in CLASS.get(row["student_id"], ())]


def _fingerprint(root: Path) -> str:
    files = [root / "nbgrader_config.py", root / "requirements.lock"]
    files += [
        root / "course" / f"{name}.py"
        for name in ("checks", "correct", "guard", "pictures", "sample")
    ]
    for folder, pattern in {
        "solutions": "*/*.ipynb",
        "exercises": "*/*.ipynb",
        "rl_lib": "**/*.py",
        "tests/sample_class": "*/*.py",
    }.items():
        files += (root / folder).glob(pattern)
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _clear(out: Path, before: Sequence[str]) -> None:
    """Remove the last sample class, and nothing that could be a real one."""
    found = {path.name for path in (out / "submitted").glob("*")}
    if (found - set(before)) or ((out / "gradebook.db").exists() and not before):
        raise ValueError(
            f"{out} holds the grades of another class; move that folder away first, "
            "because the sample class would overwrite it"
        )
    for name in ("submitted", "autograded", "feedback", "release"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("gradebook.db", "grades.csv"):
        (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)


def _hand_in(root: Path, out: Path) -> None:
    import nbformat

    for student, answers in CLASS.items():
        for name, answer in answers.items():
            both = ("solutions", "exercises")
            files = [root / folder / name / f"{name}.ipynb" for folder in both]
            files.append(root / "tests" / "sample_class" / name / f"{answer}.py")
            for file in files:
                if not file.is_file():
                    raise ValueError(f"{file} is missing (exercises come from `course release`)")
            solution, released = (nbformat.read(file, as_version=4) for file in files[:2])
            cells = read_answer(files[2]).instead_of(solutions_of(solution))
            target = out / "submitted" / student / name / f"{name}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(fill_in(released, cells), target)


def _grade(root: Path, say: Callable[[str], None]) -> None:
    from nbgrader.api import Gradebook
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.plugins import CsvExportPlugin

    config = _settings(root)
    where = config.CourseDirectory
    work = [(root, name, student) for student, answers in CLASS.items() for name in answers]
    for name in ASSIGNMENTS:
        course = CourseDirectory(config=config, assignment_id=name)
        _convert(GenerateAssignment(coursedir=course, config=config), name)
    with Gradebook(where.db_url, where.course_id) as gradebook:
        for student in CLASS:
            gradebook.add_student(student)
    # nbgrader grades one submission at a time; two processes share its database well, once the
    # students are in it.
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        for done, problem in enumerate(pool.map(_grade_one, work), 1):
            if problem:
                pool.shutdown(cancel_futures=True)
                raise ValueError(problem)
            _, name, student = work[done - 1]
            say(f"[{done:2d}/{len(work)}] {student}, {name}")
    with Gradebook(where.db_url, where.course_id) as gradebook:
        CsvExportPlugin(config=config).export(gradebook)


def _grade_one(job: tuple[Path, str, str]) -> str:
    from nbgrader.converters import Autograde, GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    root, name, student = job
    config = _settings(root)
    course = CourseDirectory(config=config, assignment_id=name, student_id=student)
    try:
        for step in (Autograde, GenerateFeedback):
            _convert(step(coursedir=course, config=config), f"{student}, {name}")
    except ValueError as problem:
        return str(problem)
    return ""


def _settings(root: Path) -> Any:
    from traitlets.config.loader import PyFileConfigLoader

    warnings.filterwarnings("ignore", module="nbgrader")
    config = PyFileConfigLoader("nbgrader_config.py", str(root)).load_config()
    # The committed exercises are only ever written by `course release`.
    config.CourseDirectory.release_directory = "_build/grade/release"
    return config


def _convert(converter: Any, what: str) -> None:
    from course.release import quiet

    said = quiet(converter)
    try:
        converter.start()
    except Exception as problem:
        raise ValueError(f"{what}: {(said or [str(problem)])[0]}") from None
