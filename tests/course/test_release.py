"""From solutions to exercises: nothing of the instructors' gets out, nobody's work is lost."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest

from course import release
from course.cli import main
from course.errors import CourseError
from course.layout import Course
from course.release import tidy
from course.samples import sample_class as sample
from course.samples.sample_class import CLASS, grade_sample
from course.stamp import is_ours, stamped

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:nbgrader"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:nbconvert"),
]

ROOT = Path(__file__).parents[2]
STEPS = sorted(path.name for path in (ROOT / "solutions").iterdir())
NAME = "q_learning"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one assignment, released."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions" / NAME, tmp_path / "solutions" / NAME)
    monkeypatch.chdir(tmp_path)
    assert main(["release"]) == 0
    return tmp_path


def exercise(course):
    return course / "exercises" / NAME / f"{NAME}.ipynb"


def change_the_solution(course):
    path = course / "solutions" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\nA new sentence."
    path.write_text(tidy(nbformat.writes(notebook)), "utf8")


def test_exercises_follow_from_solutions(tmp_path):
    assert release.check(ROOT / "solutions", ROOT / "exercises") == []
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    out, aside = tmp_path / "exercises", tmp_path / "aside"
    assert len(release.release(tmp_path / "solutions", out, aside).written) == len(STEPS)
    assert release.release(tmp_path / "solutions", out, aside) == ([], [], [])
    for name in STEPS:
        mine, committed = (folder / name / f"{name}.ipynb" for folder in (out, ROOT / "exercises"))
        assert mine.read_bytes() == committed.read_bytes()
        assert is_ours(mine.read_bytes())
        nbformat.validate(nbformat.read(mine, as_version=4))


def test_what_is_ours_follows_and_goes(course, capsys):
    exercise(course).write_text(exercise(course).read_text() + " ")  # an editor's last line, say
    old = course / "exercises" / "old" / "old.ipynb"
    old.parent.mkdir()
    shutil.copy(exercise(course), old)
    assert main(["release", "--check"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(" does")[0] for line in told] == [
        "exercises/old/old.ipynb",
        f"exercises/{NAME}/{NAME}.ipynb",
    ]
    change_the_solution(course)
    assert main(["release"]) == 0
    out = capsys.readouterr().out
    assert f"wrote exercises/{NAME}/{NAME}.ipynb\n" in out
    assert "removed exercises/old/old.ipynb, which no assignment has any more\n" in out
    assert "kept" not in out
    assert not old.parent.exists()
    assert "A new sentence." in exercise(course).read_text("utf8")
    assert main(["release", "--check"]) == 0


def answered(text):
    notebook = json.loads(text)
    notebook["cells"][4]["source"] = ["def mine():\n", "    return 1"]
    return json.dumps(notebook).encode()


def run(text):
    notebook = json.loads(text)
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hours of computing"}]
    return json.dumps(notebook).encode()


def with_metadata(text):
    notebook = json.loads(text)
    notebook["cells"][0]["metadata"]["tags"] = ["look at this again"]
    return json.dumps(notebook).encode()


def never_stamped(text):
    notebook = json.loads(text)
    del notebook["metadata"]["released"]
    notebook["cells"].pop()
    return json.dumps(notebook).encode()


def stamp_of_another(text):
    notebook = json.loads(answered(text))
    notebook["metadata"]["released"] = json.loads(stamped(text))["metadata"]["released"]
    return json.dumps(notebook).encode()


WORK = {
    "an answer": answered,
    "an output": run,
    "a tag": with_metadata,
    "no stamp": never_stamped,
    "a stamp that does not fit": stamp_of_another,
    "a stamp that is no text": lambda text: json.dumps(
        json.loads(text) | {"metadata": {"released": ["x"]}}
    ).encode(),
    "half a file": lambda text: text.encode()[:2000],
    "an empty file": lambda text: b"",
    "no notebook": lambda text: b"my notes \xff",
    "a list": lambda text: b"[]",
    "nested too deeply": lambda text: b"[" * 10**5,
    "a conflict": lambda text: b"<<<<<<< HEAD\n" + text.encode(),
}


@pytest.mark.parametrize("work", WORK)
def test_the_work_of_a_person_stays(course, work, capsys):
    mine = WORK[work](exercise(course).read_text("utf8"))
    exercise(course).write_bytes(mine)
    change_the_solution(course)
    for _ in range(2):  # the second time with the new version there
        assert main(["release"]) == 0
        assert exercise(course).read_bytes() == mine
        (line,) = (x for x in capsys.readouterr().out.splitlines() if x.startswith("kept"))
        name, _, place = line.partition(": somebody has worked in it; the new version is ")
        assert name == f"kept exercises/{NAME}/{NAME}.ipynb"
        assert "A new sentence." in (course / place).read_text("utf8")
    # Whoever goes on in the new version does not lose that either.
    (course / place).write_bytes(mine)
    assert main(["release"]) == 0
    assert (course / place).read_bytes() == mine
    change_the_solution(course)
    capsys.readouterr()
    assert main(["release"]) == 0
    newer = capsys.readouterr().out.partition("the new version is ")[2].splitlines()[0]
    assert newer != place
    assert (course / place).read_bytes() == mine
    # Once it is out of the way, the new version takes its place.
    exercise(course).rename(course / "mine.ipynb")
    assert main(["release"]) == 0
    assert f"wrote exercises/{NAME}/{NAME}.ipynb" in capsys.readouterr().out
    assert (course / "mine.ipynb").read_bytes() == mine


def test_files_of_ones_own_stay(course, capsys):
    text = exercise(course).read_text("utf8")
    own = {
        "mine.ipynb": answered(text),
        f"{NAME}/notes.txt": b"mine",
        f"{NAME}/{NAME} (1).ipynb": answered(text),
        f"{NAME}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb": text.encode(),
        ".vscode/settings.json": b"{}",
        "woche+1/woche+1.ipynb": answered(text),
    }
    for name, data in own.items():
        path = course / "exercises" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (course / "exercises" / "empty").mkdir()
    change_the_solution(course)
    assert main(["release"]) == 0
    out = capsys.readouterr().out
    assert "wrote exercises/q_learning" in out
    assert "removed" not in out
    for name, data in own.items():
        assert (course / "exercises" / name).read_bytes() == data
        assert (f"kept exercises/{name}: not ours" in out) == ("/." not in f"/{name}")
    assert (course / "exercises" / "empty").is_dir()
    assert main(["release", "--check"]) == 0


def test_a_link_is_a_persons(course, capsys):
    elsewhere = course / "home.ipynb"
    for there in (True, False):
        exercise(course).unlink()
        if there:
            elsewhere.write_text("mine")
        exercise(course).symlink_to(elsewhere)
        assert main(["release"]) == 0
        assert f"kept exercises/{NAME}/{NAME}.ipynb" in capsys.readouterr().out
        assert exercise(course).is_symlink()
        assert elsewhere.exists() == there
        elsewhere.unlink(missing_ok=True)


def test_a_folder_in_the_place_of_a_notebook_stays(course, capsys):
    exercise(course).unlink()
    exercise(course).mkdir()
    (exercise(course) / "mine.txt").write_text("mine")
    assert main(["release"]) == 0
    assert (exercise(course) / "mine.txt").read_text() == "mine"
    assert f"kept exercises/{NAME}/{NAME}.ipynb: somebody" in capsys.readouterr().out


def test_a_file_beside_a_notebook_is_released_once(course, capsys):
    """It carries no stamp, and so nobody knows whose it is once it differs."""
    (course / "solutions" / NAME / "data.csv").write_text("1\n")
    data = course / "exercises" / NAME / "data.csv"
    assert main(["release"]) == 0
    assert data.read_text() == "1\n"
    (course / "solutions" / NAME / "data.csv").write_text("2\n")
    capsys.readouterr()
    assert main(["release"]) == 0
    assert data.read_text() == "1\n"
    assert (
        "kept exercises/q_learning/data.csv: it has been changed; the new version is"
        in capsys.readouterr().out
    )


def test_what_nbgrader_has_written_is_no_work(course):
    notebook = json.loads(exercise(course).read_text("utf8"))
    del notebook["metadata"]["released"]
    exercise(course).write_text(json.dumps(notebook))
    assert main(["release"]) == 0
    assert is_ours(exercise(course).read_bytes())


def test_instructors_notebooks_are_tidied_on_request_alone(course, capsys):
    path = course / "solutions" / NAME / f"{NAME}.ipynb"
    tidied = path.read_bytes()
    untidy = run(tidied.decode())
    path.write_bytes(untidy)
    assert main(["release"]) == 0
    assert path.read_bytes() == untidy
    assert main(["release", "--check"]) == 1
    assert f"solutions/{NAME}/{NAME}.ipynb is not tidy" in capsys.readouterr().err
    assert main(["tidy"]) == 0
    assert path.read_bytes() == tidied
    assert main(["tidy"]) == 0
    assert "The solutions are tidy." in capsys.readouterr().out
    assert main(["release", "--check"]) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(course, capsys):
    change_the_solution(course)
    exercise(course).parent.chmod(0o555)
    before = exercise(course).read_bytes()
    assert main(["release"]) == 1
    assert exercise(course).read_bytes() == before
    assert capsys.readouterr().err.startswith("course: ")


def test_the_sample_class_keeps_what_a_person_wrote_in_it(tmp_path, monkeypatch):
    few = {student: {NAME: CLASS[student][NAME]} for student in ("emmy", "grace")}
    monkeypatch.setattr(sample, "CLASS", few)
    monkeypatch.setattr(sample, "ASSIGNMENTS", (NAME,))
    for name in ("solutions", "exercises", "nbgrader_config.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    submitted = tmp_path / "_build/sample-class/submitted"
    said = []
    grade_sample(Course.read(tmp_path), said.append)
    emmy, grace, me = (
        submitted / student / NAME / f"{NAME}.ipynb" for student in ("emmy", "grace", "me")
    )
    me.parent.mkdir(parents=True)
    shutil.copy(grace, me)
    emmy.write_bytes(grace.read_bytes().replace(b"q_learning", b"q_learning "))
    mine = emmy.read_bytes()
    said.clear()
    rows = grade_sample(Course.read(tmp_path), said.append)
    assert emmy.read_bytes() == mine
    assert me.read_bytes() == grace.read_bytes()
    assert f"{emmy} has been worked in; it is graded as it is" in said
    assert {row["student_id"] for row in rows} == set(few)
    assert is_ours(grace.read_bytes())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.replace("### END SOLUTION", ""), "no end solution statement found"),
        (lambda s: s.replace('"grade_id": "q_update"', '"grade_id": "setup"'), "two cells"),
        (lambda s: s[:500], "it is not a notebook"),
    ],
)
def test_a_broken_solution_is_named(tmp_path, change, message):
    path = tmp_path / "solutions" / "q_learning" / "q_learning.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(change((ROOT / "solutions/q_learning/q_learning.ipynb").read_text("utf8")))
    with pytest.raises(CourseError, match=f"(?is)q_learning.*{message}"):
        release.release(tmp_path / "solutions", tmp_path / "exercises", tmp_path)
    with pytest.raises(CourseError, match="holds no assignment"):
        release.check(tmp_path, tmp_path / "exercises")


def test_the_notebooks_are_tidy_text():
    for name in STEPS:
        path = ROOT / "solutions" / name / f"{name}.ipynb"
        text = path.read_text("utf8")
        assert tidy(text) == text
        ids = [cell["id"] for cell in json.loads(text)["cells"]]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ["woche+1", "a+b", "x:y", "+", "a\tb"])
def test_a_name_that_cannot_be_one_gets_one_line(course, capsys, name):
    path = course / "solutions" / name / f"{name}.ipynb"
    path.parent.mkdir()
    shutil.copy(course / "solutions" / NAME / f"{NAME}.ipynb", path)
    assert main(["release"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("course: ")
    assert error.count("\n") == 1
    assert "it may hold letters, digits" in error
