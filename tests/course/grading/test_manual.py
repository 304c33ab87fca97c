"""Written answers and tasks: they reach the person who marks them, and no run loses a mark."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from course.cli import main
from course.samples import hard_cases
from course.samples.hard_cases import cell_of, place_of

pytestmark = [
    pytest.mark.usefixtures("bubblewrap"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]

NAME = hard_cases.NAME
EVIL = "<script>alert(1)</script> ![x](http://a.b/c.png) [y](javascript:alert(2))"


def cell(name, kind, source, **info):
    about = {"grade_id": name, "points": 2, "schema_version": 3, "locked": False}
    about |= {"grade": True, "solution": True, "task": False} | info
    made = {"cell_type": kind, "id": name, "source": source, "metadata": {"nbgrader": about}}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def own(kind, source, name):
    made = {"cell_type": kind, "id": name, "source": source, "metadata": {}}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


TASK = {"grade": False, "solution": False, "task": True, "locked": True, "points": 3}


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A course with an assignment that asks for functions, words, a line of code, and a task."""
    for name in ("solutions", "exercises"):
        shutil.copytree(hard_cases.ROOT / name / NAME, tmp_path / name / NAME)
    shutil.copy(hard_cases.ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "solutions" / NAME / f"{NAME}.ipynb"
    master = json.loads(path.read_text("utf8"))
    master["cells"][-1:-1] = [
        cell("why", "markdown", "THE MODEL ANSWER"),
        cell("line", "code", "model = 'THE MODEL ANSWER'"),
        cell("invent", "markdown", "Invent a world, and describe it.", **TASK),
    ]
    path.write_text(json.dumps(master), "utf8")
    return tmp_path


def hand_in(house, why="YOUR ANSWER HERE", line="# YOUR CODE HERE\nraise NotImplementedError()",
            invented=(), change=lambda notebook: None):  # fmt: skip
    notebook = json.loads(hard_cases.CASES[0].notebook())
    notebook["cells"][-1:-1] = [
        cell("why", "markdown", why),
        cell("line", "code", line),
        cell("invent", "markdown", "Invent a world, and describe it.", **TASK),
        *invented,
    ]
    change(notebook)
    path = house / "_build/grade/submitted/ada" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), "utf8")


def marks(capsys):
    assert main(["grade", NAME, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    return {mark["test"]: (mark["status"], mark["points"]) for mark in result["marks"]}


def book(house):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{house}/_build/grade/gradebook.db", "inverse-q-learning") as opened:
        submission = opened.find_submission(NAME, "ada")
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for grade in submission.notebooks[0].grades
        }, submission.needs_manual_grade


def give(house, name, score, words):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{house}/_build/grade/gradebook.db", "inverse-q-learning") as opened:
        grade = opened.find_grade(name, NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = score, False
        opened.find_comment(name, NAME, NAME, "ada").manual_comment = words
        opened.db.commit()


def shown(house):
    path = house / "_build/grade/autograded/ada" / NAME / f"{NAME}.ipynb"
    return nbformat.read(path, as_version=4)


WRITTEN = [own("markdown", f"A maze. {EVIL}", "maze"), own("code", "maze = 'S.+'", "maze2")]


def test_answers_wait_for_a_person_and_their_marks_stay(house, capsys):
    hand_in(house, "Since γ < 1.", "line = 1", WRITTEN)
    said = marks(capsys)
    assert {name: said[name] for name in ("why", "line", "invent")} == dict.fromkeys(
        ("why", "line", "invent"), ("to be marked", None)
    )
    assert said["action_values_hidden"] == ("graded", 2.0)
    grades, waits = book(house)
    assert waits
    assert grades["why"] == grades["line"] == grades["invent"] == (None, None, True)
    page = (house / f"_build/grade/feedback/ada/{NAME}/{NAME}.html").read_text("utf8")
    assert "10 of 17 points</strong> so far; 7 more are for a person to give" in page
    assert "Since γ &lt; 1." in page
    text = nbformat.writes(shown(house))
    assert "THE MODEL ANSWER" not in text
    for line in ("Since γ < 1.", "line = 1", "A maze.", "maze = 'S.+'"):
        assert line in text

    give(house, "why", 1.5, "Nearly.")
    give(house, "invent", 3, "Nice!")
    shutil.rmtree(house / "_build/grade/autograded")
    for options in ([], ["--regrade"]):
        assert main(["grade", NAME, *options]) == 0
        capsys.readouterr()
        assert book(house)[0]["why"] == (None, 1.5, False)
        assert book(house)[0]["invent"] == (None, 3, False)
        assert book(house)[0]["line"] == (None, None, True)
    assert "A maze." in nbformat.writes(shown(house))

    hand_in(house, "Since γ < 1, it contracts.", "line = 1", WRITTEN)
    marks(capsys)
    assert book(house)[0]["why"] == (None, 1.5, True)  # to be looked at again
    assert book(house)[0]["invent"] == (None, 3, False)


def test_who_has_written_nothing_has_nothing_to_be_marked(house, capsys):
    hand_in(house)
    said = marks(capsys)
    assert said["why"] == said["line"] == said["invent"] == ("missing", 0.0)
    assert book(house)[0]["why"] == (0, None, False)


def test_an_answer_whose_cell_has_lost_its_mark_is_found(house, capsys):
    hand_in(house, "Since γ < 1.", "line = 1", WRITTEN,
            lambda nb: [one.update(metadata={}) for one in nb["cells"]])  # fmt: skip
    said = marks(capsys)
    assert said["why"] == said["invent"] == ("to be marked", None)
    assert "Since γ < 1." in nbformat.writes(shown(house))


def test_an_assignment_may_ask_for_words_only(house, capsys):
    path = house / "solutions" / NAME / f"{NAME}.ipynb"
    master = json.loads(path.read_text("utf8"))
    master["cells"] = [cell("why", "markdown", "THE MODEL ANSWER")]
    path.write_text(json.dumps(master), "utf8")
    hand_in(house, "Since γ < 1.")
    assert marks(capsys) == {"why": ("to be marked", None)}


def test_no_markup_of_a_student_reaches_a_page_of_nbgraders(house, capsys):
    evil = f"    raise ValueError({EVIL!r} + '$$<b>$$' + '```')"

    def change(notebook):
        cell_of(notebook, "greedy_policy")["source"] = f"def greedy_policy(mdp, v):\n{evil}"
        notebook["cells"].insert(place_of(notebook, "why"), own("markdown", EVIL, "evil"))

    hand_in(house, EVIL, f"# {EVIL}", WRITTEN, change)
    assert main(["grade", NAME]) == 0
    shutil.rmtree(house / "_build/grade/feedback")
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", NAME, "--force"]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (house / f"_build/grade/feedback/ada/{NAME}/{NAME}.html").read_text("utf8")
    assert page.count("alert(1)") >= 4
    for live in ("<script>alert", 'src="http://a.b', 'href="javascript', "<b>$$"):
        assert live not in page
