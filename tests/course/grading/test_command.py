"""The command: a class in, marks and feedback out, whatever happens in between."""

import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from patience import PATIENCE, wait_until

from course.cli import main
from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.files import handed_in, only_one
from course.grading.gradebook import Gradebook
from course.grading.journal import Journal, key
from course.grading.results import Mark, Result
from course.layout import Course
from course.samples import hard_cases
from course.sandbox.statuses import HERE
from course.sandbox.workers import Sandbox
from course.writing import write

pytestmark = [
    pytest.mark.usefixtures("bubblewrap"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]

ROOT = Path(__file__).parents[3]
NAME = hard_cases.NAME
CASES = {case.name: case for case in hard_cases.CASES}
COURSE = Path(sys.executable).parent / "course"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A course folder in which one assignment can be graded."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, tmp_path / name / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hand_in(house, student, data=None, name=f"{NAME}.ipynb"):
    data = CASES["right"].notebook() if data is None else data
    path = house / "_build/grade/submitted" / student / NAME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def scores(house):
    """Everything in the gradebook that a person would see."""
    query = """
        select s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade
        from grade g join base_cell c on g.cell_id = c.id
        join submitted_notebook n on g.notebook_id = n.id
        join submitted_assignment s on n.assignment_id = s.id
        order by s.student_id, c.name
    """
    comments = """
        select s.student_id, c.name, m.auto_comment from comment m
        join base_cell c on m.cell_id = c.id join submitted_notebook n on m.notebook_id = n.id
        join submitted_assignment s on n.assignment_id = s.id order by s.student_id, c.name
    """
    with contextlib.closing(sqlite3.connect(house / "_build/grade/gradebook.db")) as database:
        return database.execute(query).fetchall(), database.execute(comments).fetchall()


def totals(house):
    found = {}
    for student, _, score, _, _ in scores(house)[0]:
        found[student] = found.get(student, 0) + (score or 0)
    return found


def page(house, student):
    return (house / "_build/grade/feedback" / student / NAME / f"{NAME}.html").read_text("utf8")


def journal(house):
    lines = (house / f"_build/grade/journal/{NAME}.jsonl").read_text("utf8").splitlines()
    return [json.loads(line) for line in lines]


def graded_now(capsys):
    out = capsys.readouterr().out
    return int(out.split(": ")[1].split()[0])


def test_a_class_is_graded_once(house, capsys):
    for student, case in (("ada", "right"), ("alan", "not_written"), ("kurt", "syntax_error")):
        hand_in(house, student, CASES[case].notebook())
    hand_in(house, "emmy", b"")
    assert main(["grade", NAME]) == 0
    assert graded_now(capsys) == 4
    assert totals(house) == {"ada": 10, "alan": 7, "kurt": 7, "emmy": 0}
    before = scores(house), [p.stat().st_mtime_ns for p in house.rglob("*.html")]
    assert r"missing:\n\n    greedy_policy is not written yet" in str(before[0])

    assert main(["grade", NAME]) == 0
    assert graded_now(capsys) == 0
    assert (scores(house), [p.stat().st_mtime_ns for p in house.rglob("*.html")]) == before
    assert len(journal(house)) == 4

    # One is handed in again: that one is graded, and nobody else.
    hand_in(house, "emmy")
    assert main(["grade", NAME]) == 0
    assert graded_now(capsys) == 1
    assert totals(house)["emmy"] == 10
    assert len(journal(house)) == 5
    # What was lost is written again without grading anything.
    (house / "_build/grade/gradebook.db").unlink()
    shutil.rmtree(house / "_build/grade/feedback")
    assert main(["grade", NAME]) == 0
    assert graded_now(capsys) == 0
    assert totals(house) == {"ada": 10, "alan": 7, "kurt": 7, "emmy": 10}
    assert "10 of 10 points" in page(house, "emmy")


def test_options(house, capsys):
    for student in ("ada", "alan", "kurt"):
        hand_in(house, student)
    assert main(["grade", NAME, "--dry-run"]) == 0
    assert "3 to be graded; nothing was done" in capsys.readouterr().out
    assert not (house / "_build/grade/gradebook.db").exists()
    assert main(["grade", NAME, "--only", "ada", "--only", "kurt", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["student"] for line in lines} == {"ada", "kurt"}
    assert all(line["new"] for line in lines)
    assert all(mark["status"] == "graded" for line in lines for mark in line["marks"])
    assert set(totals(house)) == {"ada", "kurt"}
    assert main(["grade", NAME, "--dry-run", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["to_do"] for line in lines] == [False, True, False]
    assert main(["grade", NAME, "--regrade", "--only", "ada"]) == 0
    assert graded_now(capsys) == 1
    assert main(["grade", NAME, "--seed", "1", "--only", "ada"]) == 0
    assert graded_now(capsys) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["grade", "value_iterations"], "value_iterations is no assignment; there are"),
        (["grade", NAME], "is no folder; it must hold a folder for each student"),
        (["grade", NAME, "--workers", "many"], '--workers is many; it must be "serial", a whole'),
        (["grade", NAME, "--workers", "0"], "--workers is 0; it must be"),
        (["grade", NAME, "--workers", "²"], "--workers is ²; it must be"),
        (["grade", NAME, "--workers", "http://x:1"], "of a scheduler such as tcp://host:8786"),
        (["grade", NAME, "--submissions", "nowhere"], "nowhere is no folder"),
    ],
)
def test_mistakes_on_the_command_line_get_one_line(house, capsys, options, message):
    assert main(options) == 1
    error = capsys.readouterr().err
    assert error.startswith("course: ")
    assert message in error
    assert error.count("\n") == 1


def test_more_mistakes(house, capsys, monkeypatch):
    (house / "_build/grade/submitted").mkdir(parents=True)
    assert main(["grade", NAME]) == 1
    assert f"nobody has handed in {NAME}" in capsys.readouterr().err
    hand_in(house, "ada")
    assert main(["grade", NAME, "--only", "alan"]) == 1
    assert "alan: nothing was handed in under this name" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["grade", NAME, "--uns"])
    assert "unrecognized arguments: --uns" in capsys.readouterr().err
    (house / "_build/grade/gradebook.db").write_text("no database " * 100)
    assert main(["grade", NAME]) == 1
    assert "gradebook.db cannot be opened" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["grade", NAME]) == 1
    assert "bubblewrap is missing" in capsys.readouterr().err


def test_a_mark_given_by_hand_stays(house, capsys):
    hand_in(house, "ada", CASES["not_written"].notebook())
    assert main(["grade", NAME]) == 0
    from nbgrader.api import Gradebook as Database

    where = f"sqlite:///{house}/_build/grade/gradebook.db", "inverse-q-learning"
    with Database(*where) as book:
        grade = book.find_grade("greedy_policy_hidden", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        comment = book.find_comment("greedy_policy", NAME, NAME, "ada")
        comment.manual_comment = "a good idea on paper"
        book.db.commit()

    def mark():
        rows = {row[1]: row[2:] for row in scores(house)[0]}
        return rows["greedy_policy_hidden"]

    assert main(["grade", NAME, "--regrade"]) == 0
    assert mark() == (0, 1.5, 0)
    # Where the automatic mark changes below it, somebody should look again.
    hand_in(house, "ada")
    assert main(["grade", NAME]) == 0
    assert mark() == (2, 1.5, 1)
    with Database(*where) as book:
        comment = book.find_comment("greedy_policy", NAME, NAME, "ada")
        assert comment.manual_comment == "a good idea on paper"
        assert book.find_submission(NAME, "ada").score == 9.5


def test_tests_that_change_after_the_release(house, capsys):
    for student in ("ada", "alan"):
        hand_in(house, student)
    assert main(["grade", NAME]) == 0
    path = house / "solutions" / NAME / f"{NAME}.ipynb"
    master = nbformat.read(path, as_version=4)
    (visible,) = (
        cell
        for cell in master.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "greedy_policy_visible"
    )
    # A test that is new, and worth 4 points; an old one worth 3 instead of 1.
    new = nbformat.v4.new_code_cell("assert greedy_policy(grid.mdp, np.zeros(11)) is not None")
    new.metadata["nbgrader"] = visible.metadata.nbgrader | {
        "grade_id": "greedy_policy_more",
        "points": 4,
    }
    visible.metadata.nbgrader.points = 3
    master.cells.insert(master.cells.index(visible), new)
    nbformat.write(master, path)
    capsys.readouterr()
    assert main(["grade", NAME]) == 0
    assert graded_now(capsys) == 2
    assert totals(house) == {"ada": 16, "alan": 16}
    # And gone again; but not over marks that a person gave.
    assignment = Assignment.read(path)
    old = Assignment.read(ROOT / "solutions" / NAME / f"{NAME}.ipynb")
    with Gradebook(f"sqlite:///{house}/_build/grade/gradebook.db", "x") as book:
        grade = book._book.find_grade("greedy_policy_more", NAME, NAME, "ada")
        grade.manual_score = 1
        book._book.db.commit()
        with pytest.raises(CourseError, match="greedy_policy_more is gone"):
            book.prepare(old)
        grade = book._book.find_grade("greedy_policy_more", NAME, NAME, "ada")
        grade.manual_score = None
        book._book.db.commit()
        book.prepare(old)
        assert book._book.find_assignment(NAME).max_score == 10
        book.prepare(assignment)
        assert book._book.find_assignment(NAME).max_score == 16


NAMES = ['Ada "the first" Lovelace', "Turing, Alan", "Jörg Müller", "王小明", "o'neil; drop table"]


def test_whatever_students_and_files_are_called(house, capsys):
    for student in NAMES:
        hand_in(house, student)
    hand_in(house, "renamed", name=f"{NAME} (1).ipynb")
    hand_in(house, "renamed_too", name="Value Iteration - Copy.ipynb")
    hand_in(house, "extra", name="notes.txt", data=b"x")
    hand_in(house, "extra")
    hand_in(house, "nothing", name="notes.txt", data=b"x")
    hand_in(house, "late", name="timestamp.txt", data=b"2026-11-24 05:28:38.5 UTC\n")
    hand_in(house, "late")
    hand_in(house, "when", name="timestamp.txt", data=b"yesterday\xff")
    hand_in(house, "when")
    link = hand_in(house, "link")
    link.unlink()
    link.symlink_to(ROOT / "solutions" / NAME / f"{NAME}.ipynb")
    (house / "_build/grade/submitted/linked").symlink_to(house / "_build/grade/submitted/extra")
    hand_in(house, "folder").unlink()
    (house / f"_build/grade/submitted/folder/{NAME}/{NAME}.ipynb").mkdir()
    pipe = hand_in(house, "pipe")
    pipe.unlink()
    os.mkfifo(pipe)
    (house / "_build/grade/submitted/file").mkdir()
    (house / f"_build/grade/submitted/file/{NAME}").write_text("x")
    (house / "_build/grade/submitted/absent").mkdir()
    assert main(["grade", NAME]) == 0
    out = capsys.readouterr().out
    assert "Nothing handed in:\n  absent\n" in out
    assert f"  renamed: {NAME}/{NAME} (1).ipynb was taken for" in out
    found = totals(house)
    assert "absent" not in found
    for student in (*NAMES, "renamed", "renamed_too", "extra", "late", "when"):
        assert found[student] == 10, student
    said = {line["student"]: line for line in journal(house)}
    for student in ("link", "linked", "pipe", "folder"):
        assert found[student] == 0
        assert {mark["status"] for mark in said[student]["marks"]} == {"unreadable"}, student
    for student in ("nothing", "file"):
        assert {mark["status"] for mark in said[student]["marks"]} == {"missing"}, student
    assert "(there are notes.txt)" in said["nothing"]["marks"][0]["message"]
    assert said["renamed"]["notes"] == [
        f"{NAME}/{NAME} (1).ipynb was taken for {NAME}/{NAME}.ipynb"
    ]
    assert said["extra"]["notes"] == ["other files were left alone: notes.txt"]
    assert said["late"]["timestamp"] == "2026-11-24 05:28:38.500000 UTC"
    assert "timestamp.txt holds no time" in said["when"]["notes"][0]
    assert "王小明" in page(house, "王小明")
    assert "Ada &#34;the first&#34; Lovelace" in page(house, NAMES[0])


def test_nobody_grades_twice_at_the_same_time(house, capsys):
    hand_in(house, "ada")
    with only_one(house / "_build" / "grade"):
        assert main(["grade", NAME]) == 1
    error = capsys.readouterr().err
    assert f"is being graded by process {os.getpid()} since" in error
    assert main(["grade", NAME]) == 0


def test_feedback_shows_no_test(house):
    hand_in(house, "ada", CASES["patch_numpy"].notebook())
    hand_in(house, "alan", CASES["own_cells"].notebook())
    assert main(["grade", NAME]) == 0
    html = page(house, "ada")
    assert "0 of 3" in html
    assert "q[0, 0] is 0; it should be 4" in html
    assert "γ = 0" in html
    assert "return np.zeros(mdp.rewards.shape)" in html
    assert "def lookahead" in page(house, "alan")
    for word in ("checks.", "HIDDEN", "random_mdp", "einsum", "def check"):
        assert word not in html
    graded = house / "_build/grade/autograded/ada" / NAME / f"{NAME}.ipynb"
    cells = nbformat.read(graded, as_version=4).cells
    outputs = {
        cell.metadata.nbgrader.grade_id: cell.outputs
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert outputs["action_values_visible"][0].ename == "failed"
    assert outputs["greedy_policy_visible"][0].output_type == "stream"


def test_the_graders_own_trouble_is_nobodys_mark(house, capsys, monkeypatch):
    hand_in(house, "ada")
    worker, asked = Sandbox.worker, []

    def full_after_the_first(self):
        asked.append(1)
        if len(asked) > 1:
            raise OSError(28, "No space left on device")
        return worker(self)

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "worker", full_after_the_first)
        assert main(["grade", NAME]) == 1
    assert "1 with a question not gradable here" in capsys.readouterr().out
    assert {row[2:] for row in scores(house)[0]} == {(None, None, 1)}
    assert "could not be graded here" in page(house, "ada")
    assert main(["grade", NAME]) == 0
    assert totals(house) == {"ada": 10}
    assert "10 of 10 points" in page(house, "ada")


def test_feedback_shows_what_counts(house):
    for case in ("copied_stub", "in_another_cell", "experiments_below", "as_text"):
        hand_in(house, case, CASES[case].notebook())
    assert main(["grade", NAME]) == 0
    for case in ("copied_stub", "in_another_cell", "experiments_below", "as_text"):
        html = page(house, case)
        assert "10 of 10 points" in html
        assert html.count("def ") == 3, case
        assert "action_values(mdp, v).argmax(axis=1)" in html
        assert "NotImplementedError" not in html


def test_a_course_without_settings_and_tests_without_a_step(house, capsys):
    hand_in(house, "ada")
    path = house / "solutions" / NAME / f"{NAME}.ipynb"
    text = path.read_text("utf8")
    path.write_text(text.replace('"grade_id": "greedy_policy_hidden"', '"grade_id": "odd"'))
    assert main(["grade", NAME]) == 1
    assert "the test odd is named after no function" in capsys.readouterr().err
    path.write_text(text.replace('helpers=[\\"action_values\\"]', 'helpers=[\\"unheard\\"]'))
    assert main(["grade", NAME]) == 1
    assert "has unheard-of helpers" in capsys.readouterr().err
    (house / "nbgrader_config.py").unlink()
    assert main(["grade", NAME]) == 1
    assert "holds nbgrader_config.py" in capsys.readouterr().err


RESULT = Result(
    "ada", NAME, "k", (Mark("t", "s", 1.0, 1.0, "graded", "ü", ("h",)),), ("note",), 0.1, 5
)


def test_the_journal_survives_a_torn_line(tmp_path):
    path = tmp_path / "journal" / "x.jsonl"
    first = Journal(path)
    assert first.find("ada", "k") is None
    first.append(RESULT)
    first.append(RESULT._replace(student="alan"))
    assert Journal(path).find("ada", "k") == RESULT
    assert Journal(path).find("ada", "other") is None
    whole = path.read_bytes()
    for cut in (1, 20, len(whole) // 2 - 1):
        path.write_bytes(whole[:-cut])
        torn = Journal(path)
        assert torn.find("ada", "k") == RESULT
        assert torn.find("alan", "k") is None
        torn.append(RESULT._replace(student="alan"))
        assert torn.find("alan", "k").student == "alan"
        again = Journal(path)
        assert again.find("alan", "k").student == "alan"
        assert again.find("ada", "k") == RESULT
    # What could not be graded here is tried again.
    again.append(RESULT._replace(marks=(Mark("t", "s", 0.0, 1.0, HERE, "x"),)))
    assert again.find("ada", "k") is None
    path.write_bytes(b"\xff\xfe\n{}\n[1]\n" + whole)
    assert Journal(path).find("ada", "k") == RESULT


def test_a_key_changes_with_everything_a_mark_depends_on(house):
    hand_in(house, "ada")
    assignment = Assignment.read(house / "solutions" / NAME / f"{NAME}.ipynb")
    (handed,) = handed_in(house / "_build/grade/submitted", assignment, {})
    changed = Assignment(NAME, assignment.text.replace("1e-10", "1e-9"))
    keys = {
        key(assignment, handed, 0),
        key(assignment, handed, 1),
        key(changed, handed, 0),
        key(assignment, dataclasses.replace(handed, cells=handed.cells[1:]), 0),
        key(assignment, dataclasses.replace(handed, timestamp="x"), 0),
    }
    assert len(keys) == 5
    assert key(assignment, dataclasses.replace(handed), 0) in keys


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b.html"
    write(path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(path.parent) == ["b.html"]


def command(house, *args, **options):
    return subprocess.Popen(
        [COURSE, "grade", NAME, *args],
        cwd=house,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.slow
def test_a_full_disk_loses_nothing(house):
    """In a folder that has room for half of the work."""
    for number in range(24):
        hand_in(house, f"s{number:02d}")
    inside = house.parent / "full"
    inside.mkdir()
    script = f"cp -r {house}/. {inside}; cd {inside}; {COURSE} grade {NAME}; echo status $?; "
    script += f"rm -r {inside}/exercises {inside}/ballast; {COURSE} grade {NAME}; echo status $?"
    # Room for what is there, the database and a few results; then the ballast is thrown off.
    (house / "ballast").write_bytes(os.urandom(3 * 2**20))
    files = [p for p in house.rglob("*") if p.is_file()]
    size = sum(-(-p.stat().st_size // 4096) * 4096 for p in files) + 900_000
    done = subprocess.run(
        [*f"bwrap --dev-bind / / --size {size} --tmpfs {inside} sh -c".split(), script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "status 1" in done.stdout, done.stdout + done.stderr
    assert "status 0" in done.stdout, done.stdout + done.stderr
    assert "what is graded is kept" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "failed" not in done.stdout
    assert "not gradable" not in done.stdout
    last = done.stdout.rpartition("graded now, ")[2]
    assert int(last.split()[0]) > 0, "the second run found nothing of the first"


@pytest.mark.slow
def test_a_lost_process_costs_nothing(house):
    """Two processes of Dask's, one of which is killed in the middle."""
    slow = dataclasses.replace(CASES["right"], first="import time\ntime.sleep(2)")
    for number in range(8):
        hand_in(house, f"s{number}", slow.notebook())
    running = command(house, "--workers", "2")

    def at_work():
        family = descendants(running.pid)
        return [pid for pid in family if "spawn_main" in said(pid) and sandbox_of(pid)]

    victims = wait_until(at_work)
    assert victims
    family = descendants(running.pid)
    os.kill(victims[0], signal.SIGKILL)
    out, error = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, out + error
    assert totals(house) == {f"s{number}": 10 for number in range(8)}
    assert wait_until(lambda: not any("python" in said(pid) for pid in family))


def descendants(pid):
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def said(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf8", "replace")
    return ""


def sandbox_of(pid):
    return any("bwrap" in said(below) for below in descendants(pid))


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed(house, tmp_path_factory):
    """At least 50 times; the gradebook is then that of a run that nobody disturbed."""
    names = ["right", "os_exit", "syntax_error", "empty"]
    for number, case in enumerate(names):
        hand_in(house, f"s{number} {case}", CASES[case].notebook())
    undisturbed = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(house, undisturbed, dirs_exist_ok=True)
    began = time.monotonic()
    first = command(undisturbed)
    first.communicate()
    assert first.returncode == 0
    whole = time.monotonic() - began
    dice, kills, ends = random.Random(0), 0, 0
    while kills < 50 or ends == 0:
        running = command(house, *dice.choice([[], [], [], ["--workers", "2"]]))
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(dice.uniform(0.3, 1.1) * whole)
        if running.poll() is None:
            running.kill()
            kills += 1
        out, error = running.communicate()
        if running.returncode == 0:
            assert scores(house) == scores(undisturbed)
            for path in undisturbed.rglob("*.html"):
                assert (house / path.relative_to(undisturbed)).read_text() == path.read_text()
            assert len(list(house.rglob("*.html"))) == len(names)
            ends += 1
            for path in house.glob("_build/grade/*"):
                if path.name != "submitted":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        else:
            assert running.returncode == -signal.SIGKILL, out + error
    print(f"{kills} kills, {ends} runs that ended")


@pytest.mark.slow
def test_all_hard_cases_in_one_class(house):
    """With the limits that instructors have; nobody's trouble is anybody else's."""
    for case in hard_cases.CASES:
        hand_in(house, case.name, case.notebook().replace(b"PORT", b"9"))
    running = command(house, "--workers", "2")
    out, error = running.communicate(timeout=3 * PATIENCE)
    assert running.returncode == 0, out + error
    worth = {"action_values": 3, "value_iteration": 4, "greedy_policy": 3}
    deserved = {
        case.name: sum(points for step, points in worth.items() if step not in case.expect)
        for case in hard_cases.CASES
    }
    assert totals(house) == deserved
    assert len(list(house.rglob("*.html"))) == len(hard_cases.CASES)
    for path in house.rglob("*.html"):
        assert "<script" not in path.read_text("utf8")


def test_names_and_times_of_any_kind(house):
    folder = house / "_build/grade/submitted/ada" / NAME
    hand_in(house, "ada")
    (folder / os.fsdecode(b"L\xf6sung.txt")).write_text("x")
    hand_in(house, "alan", name="timestamp.txt", data=b"0001-01-01 00:00:00+14:00")
    path = hand_in(house, "alan", name=os.fsdecode(f"{NAME} L".encode() + b"\xf6sung.ipynb"))
    assert path.exists()
    half = CASES["half_characters"]
    hand_in(house, "kurt", half.notebook())
    assert main(["grade", NAME, "--json"]) == 0
    assert totals(house) == {"ada": 10, "alan": 10, "kurt": 7}
    notes = {line["student"]: line["notes"] for line in journal(house)}
    assert notes["ada"] == ["other files were left alone: L?sung.txt"]
    assert len(notes["alan"]) == 2
    assert "&lt;script&gt;" in page(house, "kurt")


def test_where_things_are(house):
    course = Course.read(house)
    assert course.out == house / "_build" / "grade"
    assert course.submitted == course.out / "submitted"
    assert course.database == f"sqlite:///{course.out}/gradebook.db"


def test_what_is_in_the_way_of_one_student_stops_nobody(house, capsys):
    for student in ("ada", "alan", "emmy", "kurt"):
        hand_in(house, student)
    pages = {
        name: house / f"_build/grade/feedback/{name}/{NAME}/{NAME}.html" for name in ("ada", "alan")
    }
    pages["ada"].mkdir(parents=True)  # a folder in the place of the page
    pages["alan"].parent.mkdir(parents=True)
    pages["alan"].write_bytes(b"\xff\xfe not UTF-8")
    assert main(["grade", NAME]) == 1
    assert "ada: the feedback cannot be written" in capsys.readouterr().err
    assert totals(house) == dict.fromkeys(("ada", "alan", "emmy", "kurt"), 10)
    assert "10 of 10 points" in page(house, "alan")
    assert pages["ada"].is_dir()
    # A row of the gradebook without its notebooks is made anew.
    with contextlib.closing(sqlite3.connect(house / "_build/grade/gradebook.db")) as database:
        database.execute("delete from grade")
        database.execute("delete from comment")
        database.execute("delete from submitted_notebook")
        database.commit()
    pages["ada"].rmdir()
    assert main(["grade", NAME]) == 0
    assert totals(house) == dict.fromkeys(("ada", "alan", "emmy", "kurt"), 10)
    assert "10 of 10 points" in page(house, "ada")


def test_graded_notebooks_are_restored(house, capsys):
    hand_in(house, "ada")
    assert main(["grade", NAME]) == 0
    graded = house / f"_build/grade/autograded/ada/{NAME}/{NAME}.ipynb"
    ours = graded.read_bytes()
    nbformat.validate(nbformat.reads(ours.decode(), as_version=4))
    for other in (None, CASES["right"].notebook(), b""):  # removed, nbgrader's own, cut short
        graded.unlink() if other is None else graded.write_bytes(other)
        assert main(["grade", NAME]) == 0
        assert graded.read_bytes() == ours
    assert len(journal(house)) == 1


def test_names_are_compared_as_people_read_them(house, capsys):
    hand_in(house, "Zoe\u0308")
    hand_in(house, "ada")
    assert main(["grade", NAME, "--only", "Zo\u00eb"]) == 0
    assert totals(house) == {"Zoe\u0308": 10}


def test_no_output_is_lost_to_an_encoding(house):
    hand_in(house, "王小明")
    hand_in(house, "ada", CASES["wrong_kernel"].notebook())
    for encoding in ("cp1252", "ascii"):
        for options in (["--dry-run"], ["--json"], []):
            done = subprocess.run(
                [COURSE, "grade", NAME, *options], capture_output=True, check=True,
                env=os.environ | {"PYTHONIOENCODING": encoding},
            )  # fmt: skip
            text = done.stdout.decode(encoding)
            if options == ["--json"]:
                assert {json.loads(line)["student"] for line in text.splitlines()} == {
                    "王小明",
                    "ada",
                }
            elif options == ["--dry-run"]:
                assert "\\u738b" in text


def test_trouble_with_reading_is_no_mark(house, capsys, monkeypatch):
    for student in ("ada", "alan"):
        hand_in(house, student)
    refused = house / f"_build/grade/submitted/ada/{NAME}/{NAME}.ipynb"
    opened = os.open

    def open_or_not(path, *rest, **options):
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *rest, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", open_or_not)
        assert main(["grade", NAME]) == 1
    assert "not gradable here" in capsys.readouterr().out
    assert totals(house) == {"ada": 0, "alan": 10}
    assert main(["grade", NAME]) == 0
    assert totals(house) == {"ada": 10, "alan": 10}
