import io
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import warnings
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from graded import graded as grade_it
from patience import PATIENCE

from course.errors import CourseError
from course.exercise import checks
from course.exercise.answers import CORRECT, source_of
from course.exercise.functions import TIME_LIMIT, NotebookFunctions
from course.folding import folded
from course.grading.assignment import Assignment
from course.layout import Course
from course.samples import sample_class as sample
from course.sandbox.workers import Limits, Sandbox
from course.stamp import stamped
from rl_lib import russell_norvig, value_iteration

ROOT = Path(__file__).parents[3]
SAMPLE = sample.ANSWERS
STEPS = {
    "value_iteration": ["action_values", "value_iteration", "greedy_policy"],
    "q_learning": ["epsilon_greedy", "q_update", "q_learning"],
    "maxent_irl": ["soft_backup", "soft_policies", "visits", "gradient"],
    "inverse_q_learning": ["eta", "closed_form_reward", "iavi", "iql_update"],
}
ANSWERS = [(path.parent.name, path.stem) for path in sorted(SAMPLE.glob("*/*_*.py"))]
SLOW = bool(os.environ.get("SLOW"))
JOBS = [
    (*answer, seed)
    for answer in ANSWERS
    # A right answer must never lose by bad luck.
    for seed in range(3 if SLOW and answer[1].startswith("right_") else 1)
]
IN_SANDBOX = ANSWERS if SLOW else ANSWERS[::4]


def master(name):
    return nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)


def released(name):
    return nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)


def submission(name, answer):
    """The instructors' notebook, hidden tests included, with a student's answers."""
    notebook = master(name)
    given = sample.read_answer(SAMPLE / name / f"{answer}.py")
    return sample.fill_in(notebook, given.instead_of(sample.solutions_of(notebook)))


def failures(job):
    """The test cells that fail, and what they say, without a kernel."""
    name, answer, seed = job
    warnings.simplefilter("default")  # a student's warning is no error
    checks.SEED.set(seed)
    TIME_LIMIT.set(1.0)
    changed = sample.read_answer(SAMPLE / name / f"{answer}.py").steps
    first = min(STEPS[name].index(step) for step in changed & {*STEPS[name]})
    namespace, failed = {"__name__": "__main__"}, {}
    for cell in submission(name, answer).cells:
        info = cell.metadata.get("nbgrader")
        if not info or "ungraded" in cell.metadata.get("tags", []):
            continue
        # Steps before the first that this answer changes are the solution's own.
        if info.grade and STEPS[name].index(step_of(info.grade_id)) < first:
            continue
        # Of a hidden test no reason is looked for when it is graded.
        unexplained = mock.patch.object(NotebookFunctions, "explains", return_value=False)
        hidden = info.grade_id.endswith("_hidden")
        try:
            with redirect_stdout(io.StringIO()), unexplained if hidden else nullcontext():
                exec(compile(cell.source, info.grade_id, "exec"), namespace)
        except Exception as problem:
            failed[info.grade_id] = f"{type(problem).__name__}: {problem}"
    return failed


def setup_of(name):
    return next(cell.source for cell in master(name).cells if cell.cell_type == "code")


def step_of(grade_id):
    return re.sub("_(visible|hidden)$", "", grade_id)


@pytest.fixture(scope="module")
def graded():
    """What fails in a notebook, by answer and seed."""
    # What every notebook loads, once for all of them.
    for name in STEPS:
        exec(setup_of(name), {})
    value_iteration(russell_norvig().mdp)
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        return dict(zip(JOBS, pool.map(failures, JOBS, chunksize=1), strict=True))


@pytest.fixture(scope="module")
def graded_in_sandbox():
    """What fails when it is graded, by answer and seed."""
    with multiprocessing.get_context("fork").Pool(2, start_fork_server) as pool:
        jobs = [job for job in JOBS if job[:2] in IN_SANDBOX]
        return dict(zip(jobs, pool.map(failures_in_sandbox, jobs, chunksize=1), strict=True))


def start_fork_server():
    global fork_server
    limits = Limits(computing=1.0, waiting=60.0)
    fork_server = Sandbox(limits, unsafe=shutil.which("bwrap") is None, hidden=(ROOT,))


def failures_in_sandbox(job):
    name, answer, seed = job
    given = sample.read_answer(SAMPLE / name / f"{answer}.py")
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    cells = given.instead_of(sample.solutions_of(master(name)))
    data = nbformat.writes(sample.fill_in(released(name), cells)).encode()
    result = grade_it(assignment, data, fork_server, seed)
    assert result.final, result
    return {mark.test: mark.message for mark in result.marks if mark.points < mark.most}


@pytest.mark.parametrize(("name", "answer"), ANSWERS)
def test_each_answer_loses_its_own_step_only(graded, name, answer):
    loses = sample.read_answer(SAMPLE / name / f"{answer}.py").loses
    assert (loses is None) == answer.startswith("right_")
    for (of, what, seed), failed in graded.items():
        if (of, what) == (name, answer):
            lost = {step_of(cell) for cell in failed}
            assert lost == ({loses} if loses else set()), f"seed {seed}: {failed}"


@pytest.mark.parametrize(("name", "answer"), IN_SANDBOX)
def test_the_sandbox_says_what_the_notebook_says(graded, graded_in_sandbox, name, answer):
    for job, failed in graded_in_sandbox.items():
        if job[:2] == (name, answer):
            assert failed.keys() == graded[job].keys(), (job, failed)
            for cell, message in failed.items():
                kind, _, words = graded[job][cell].partition(": ")
                if message.startswith("not tried"):
                    assert "did not stop within" in words
                elif kind in ("Wrong", "Endless"):
                    assert message == words
                else:  # an error of the student's; in the sandbox it also has a place
                    assert f"raised {kind}" in message, (message, words)


@pytest.mark.parametrize("name", STEPS)
def test_the_sample_class_is_large_enough(name):
    answers = [sample.read_answer(path) for path in (SAMPLE / name).glob("*_*.py")]
    assert sum(a.loses is None for a in answers) >= 6
    assert sum(a.loses is not None for a in answers) >= 15
    assert {a.loses for a in answers} == {None, *STEPS[name]}
    assert all(a.mistake.endswith(".") and a.steps & set(STEPS[name]) for a in answers)


@pytest.mark.parametrize("name", STEPS)
def test_somebody_is_right_and_somebody_wrong(name):
    answers = [of[name] for of in sample.CLASS.values() if name in of]
    assert {answer.partition("_")[0] for answer in answers} == {"right", "wrong"}
    assert all((SAMPLE / name / f"{answer}.py").is_file() for answer in answers)
    assert set(sample.ASSIGNMENTS) == set(STEPS)


@pytest.mark.parametrize("name", STEPS)
def test_cells_keep_the_contract(name):
    cells = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader
        for cell in master(name).cells
        if "nbgrader" in cell.metadata
    }
    for step in STEPS[name]:
        assert cells[step].solution
        assert not cells[step].grade
        for kind in ("visible", "hidden"):
            test = cells[f"{step}_{kind}"]
            assert test.grade
            assert test.locked
            assert test.points > 0
    assert sum(cell.get("points", 0) for cell in cells.values()) == 10


@pytest.mark.parametrize("name", STEPS)
def test_a_correct_helper_gives_away_no_answer_that_is_still_asked(name):
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    assert assignment.steps == tuple(STEPS[name])
    for test in assignment.tests:
        assert set(test.helpers) <= CORRECT.keys()
        source = source_of(test.helpers)
        asked = assignment.steps[assignment.steps.index(test.step) :]
        assert not [step for step in asked if f"def _{step}(" in source]
        assert all(f"def _{helper}(" in source for helper in test.helpers)
        namespace = {}
        exec(source, namespace)
        assert "CORRECT" not in namespace


def test_a_correct_helper_cannot_be_robbed():
    """One that stands there for the next question, and knows only what it needs."""
    name = "maxent_irl"
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    cells = sample.solutions_of(master(name)) | {
        "soft_backup": "import numpy as np\ndef soft_backup(mdp, v):\n    return v",
        "soft_policies": "def soft_policies(mdp, horizon):\n    names = soft_backup.__globals__\n"
        "    return names.get('CORRECT', {}).get('soft_policies', names.get('_soft_policies'))"
        "(mdp, horizon)",
    }
    data = nbformat.writes(sample.fill_in(released(name), cells)).encode()
    with Sandbox(unsafe=shutil.which("bwrap") is None) as sandbox:
        result = grade_it(assignment, data, sandbox)
    lost = {step_of(mark.test) for mark in result.marks if mark.points < mark.most}
    assert lost == {"soft_backup", "soft_policies"}
    assert not any("TypeError: " in m.message for m in result.marks if "hidden" in m.test)


def test_a_release_gives_nothing_away():
    for name in STEPS:
        text = (ROOT / "exercises" / name / f"{name}.ipynb").read_text("utf8")
        assert "SOLUTION" not in text
        assert "HIDDEN TESTS" not in text
        assert text.count("raise NotImplementedError()") == len(STEPS[name])


@pytest.mark.parametrize("name", STEPS)
def test_the_page_and_the_notebook_say_the_same_minutes(name):
    page = (ROOT / "book" / "exercises.md").read_text("utf8")
    minutes = re.search(rf"^\| `{name}`.*\| (\d+) \|$", page, re.MULTILINE)[1]
    assert f"**Time:** about {minutes} minutes." in master(name).cells[0].source


@pytest.mark.parametrize("name", STEPS)
def test_tests_are_folded_and_stop_no_run(name):
    cells = {cell.id: cell.metadata for cell in released(name).cells}
    for step in STEPS[name]:
        test = cells[f"{step}_visible".replace("_", "-")]
        assert test["jupyter"] == {"source_hidden": True}
        assert "raises-exception" in test["tags"]
        picture = cells.get(f"{step}_yours".replace("_", "-"), test)
        assert "raises-exception" in picture["tags"]
        assert "tags" not in cells[f"{step}_hidden".replace("_", "-")]
        assert "jupyter" not in cells[step.replace("_", "-")]


def run_notebook(notebook):
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        timeout=PATIENCE,
        startup_timeout=PATIENCE,
        allow_errors=True,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
    )
    client.execute(env=os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    return [
        (cell.id, output)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


@pytest.mark.parametrize("name", STEPS)
def test_notebooks_run_from_top_to_bottom(name):
    outputs = run_notebook(master(name))
    for cell, output in outputs:
        assert output.output_type != "error", f"{cell}: {output}"
        assert output.get("name") != "stderr", f"{cell}: {output}"
    for cell, output in outputs:
        if cell.endswith("-expected"):
            assert re.search('<img [^>]*alt="[^"]{50,}"', output["data"]["text/html"]), cell

    outputs = run_notebook(released(name))
    for cell, output in outputs:
        if output.output_type == "error":
            assert output.ename in ("NotImplementedError", "NotWrittenError"), f"{cell}: {output}"
        assert output.get("name") != "stderr", f"{cell}: {output}"
    asked = {cell for cell, output in outputs if output.output_type == "error"}
    assert {step.replace("_", "-") + "-visible" for step in STEPS[name]} <= asked


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A course folder with nothing built in it."""
    folder = tmp_path_factory.mktemp("house")
    for name in ("solutions", "exercises", "nbgrader_config.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


def nbgrader(folder, *args):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


SOME = [
    ("value_iteration", "right_own_loop"),
    ("value_iteration", "wrong_gamma_forgotten"),
    ("q_learning", "wrong_truncated_is_terminated"),
]


def test_nbgrader_agrees(house):
    grade = house / "_build" / "grade"
    shutil.rmtree(grade, ignore_errors=True)
    for name in STEPS:
        nbgrader(house, "generate_assignment", name, "--force")
        committed, converted = (
            (folder / "exercises" / name / f"{name}.ipynb").read_text("utf8")
            for folder in (ROOT, house)
        )
        assert stamped(folded(converted)) == committed
    for name, answer in SOME:
        given = sample.read_answer(SAMPLE / name / f"{answer}.py")
        cells = given.instead_of(sample.solutions_of(master(name)))
        filled = sample.fill_in(released(name), cells)
        target = grade / "submitted" / answer / name / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(filled, target)
    for name in {name for name, _ in SOME}:
        nbgrader(house, "autograde", name)
    nbgrader(house, "export")
    name, answer = SOME[0]
    nbgrader(house, "generate_feedback", name)
    assert (grade / "feedback" / answer / name / f"{name}.html").is_file()
    assert "Success" in nbgrader(house, "validate", f"solutions/{name}/{name}.ipynb")
    lines = (grade / "grades.csv").read_text().splitlines()
    columns = lines[0].split(",")
    rows = [dict(zip(columns, line.split(","), strict=True)) for line in lines[1:]]
    scores = {(r["assignment"], r["student_id"]): float(r["score"]) for r in rows}
    worth = {
        (name, step): sum(
            cell.metadata.nbgrader.points
            for cell in master(name).cells
            if cell.metadata.get("nbgrader", {}).get("grade_id")
            in (f"{step}_visible", f"{step}_hidden")
        )
        for name in STEPS
        for step in STEPS[name]
    }
    for name, answer in SOME:
        loses = sample.read_answer(SAMPLE / name / f"{answer}.py").loses
        least = 10 - worth.get((name, loses), 0)
        score = scores[name, answer]
        assert score == 10 if loses is None else least <= score < 10, (name, answer, score)


def test_the_sample_class_says_what_is_missing(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    with pytest.raises(CourseError, match=r"is missing \(exercises come from `course release`\)"):
        sample.grade_sample(Course.read(tmp_path))


def test_an_answer_that_changes_nothing_is_named(tmp_path):
    path = tmp_path / "wrong_stale.py"
    path.write_text('"""Stale."""\nCHANGES = {"f": {"x + 1": "x"}}\n')
    answer = sample.read_answer(path)
    assert answer.instead_of({"f": "return x + 1", "g": ""}) == {"f": "return x", "g": ""}
    for stale in ("return x + 2", "return x + 1 + x + 1"):
        with pytest.raises(CourseError, match="wrong_stale: the solution of f has no single"):
            answer.instead_of({"f": stale})


def test_nothing_of_an_answer_is_dropped(tmp_path):
    """Helpers and constants, above and below, lambdas, classes."""
    path = tmp_path / "right_in_parts.py"
    path.write_text(
        '''"""Did it in parts."""\nimport math\nHALF = 0.5\ndef look(x):\n    return x\n'''
        "def f(x):\n    return look(x)\nclass Mine:\n    pass\ng = lambda x: Mine\n"
        "def below(x):\n    return x\nif HALF:\n    pass\n"
    )
    cells = sample.read_answer(path).instead_of({"f": "", "g": "", "h": "kept"})
    for line in ("import math", "HALF = 0.5", "def look", "def f"):
        assert line in cells["f"]
    for line in ("class Mine", "g = lambda", "def below", "if HALF"):
        assert line in cells["g"]
    assert cells["h"] == "kept"
