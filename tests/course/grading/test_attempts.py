"""Which file of a student's folder counts."""

import gzip
import io
import json
import os
import unicodedata
import zipfile

import pytest

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.attempts import choose
from course.grading.files import handed_in, roll
from course.grading.notebooks import is_stub, read
from course.layout import Course
from course.samples import hard_cases

COURSE = Course.read(hard_cases.ROOT)
NAME = hard_cases.NAME
ASSIGNMENTS = {name: Assignment.read(COURSE.solution(name)) for name in COURSE.assignments()}
ASSIGNMENT = ASSIGNMENTS[NAME]
OTHERS = {name: one for name, one in ASSIGNMENTS.items() if name != NAME}
CASES = {case.name: case.notebook() for case in hard_cases.CASES}
RIGHT, OLDER = CASES["right"], CASES["not_written"]
EMPTY = COURSE.exercise(NAME).read_bytes()
OTHER = COURSE.exercise("q_learning").read_bytes()
STRIPPED = CASES["stripped"]


def put(folder, files):
    """Write files, the first the oldest."""
    for time, (name, data) in enumerate(files.items(), 1_700_000_000):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (time, time))


def collected(tmp_path, files):
    put(tmp_path / "ada", files)
    (handed,) = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    return handed


def cells_of(data):
    return tuple(read(data)[0])


def zipped(data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{NAME}.ipynb", data)
    return file.getvalue()


PLACE = f"{NAME}/{NAME}.ipynb"
COUNTS = {
    "the usual one": {PLACE: RIGHT},
    "a newer one with a number": {PLACE: OLDER, f"{NAME}/{NAME} (1).ipynb": RIGHT},
    "a newer one with a hyphen": {PLACE: OLDER, f"{NAME}/{NAME}-1.ipynb": RIGHT},
    "a newer one in front": {f"{NAME}/{NAME} (1).ipynb": OLDER, PLACE: RIGHT},
    "beside its folder": {f"{NAME}.ipynb": RIGHT},
    "a folder that is written otherwise": {f"Value_Iteration/{NAME}.ipynb": RIGHT},
    "a folder in the folder": {f"{NAME}/{NAME}/{NAME}.ipynb": RIGHT},
    "deep down": {f"hand in/week 3/{NAME}/final.ipynb": RIGHT},
    "any name, by its cells": {"homework.ipynb": RIGHT},
    "any name, stripped": {"homework.ipynb": STRIPPED},
    "no cell ids, by its folder": {f"{NAME}/homework.ipynb": STRIPPED},
    "json": {f"{NAME}/{NAME}.json": RIGHT},
    "two endings": {f"{NAME}/{NAME}.ipynb.json": RIGHT},
    "text": {f"{NAME}/{NAME}.ipynb.txt": RIGHT},
    "no ending": {f"{NAME}/{NAME}": RIGHT},
    "no ending and no folder": {NAME: RIGHT},
    "big letters": {f"{NAME}/{NAME}.IPYNB": RIGHT},
    "the exercise, downloaded again": {PLACE: RIGHT, f"{NAME}/{NAME} (1).ipynb": EMPTY},
    "another assignment's": {PLACE: RIGHT, f"{NAME}/q_learning.ipynb": OTHER},
    "another assignment's folder": {PLACE: RIGHT, f"q_learning/{NAME}.ipynb": OLDER},
    "a checkpoint": {PLACE: RIGHT, f"{NAME}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb": OLDER},
    "a Mac's": {PLACE: RIGHT, f"__MACOSX/{NAME}/._{NAME}.ipynb": b"\0"},
    "notes": {PLACE: RIGHT, f"{NAME}/notes.txt": b"what I did", f"{NAME}/data.json": b"{}"},
    "an archive beside it": {PLACE: RIGHT, f"{NAME}/all.zip": b"PK\x03\x04"},
    "half a file beside it": {PLACE: RIGHT, f"{NAME}/{NAME} (2).ipynb": RIGHT[:500]},
}


@pytest.mark.parametrize("files", COUNTS.values(), ids=COUNTS)
def test_the_newest_that_holds_an_answer_counts(tmp_path, files):
    handed = collected(tmp_path, files)
    assert handed.cells in (cells_of(RIGHT), cells_of(STRIPPED))
    assert handed.missing == handed.unreadable == handed.trouble == ""
    hidden = ("q_learning/", f"{NAME}/.", "__MACOSX")
    seen = [name for name in files if not name.startswith(hidden)]
    assert bool(handed.notes) == (seen != [PLACE])


def test_of_equally_new_ones_the_highest_number(tmp_path):
    files = {f"{NAME}/{NAME} ({n}).ipynb": OLDER for n in (2, 9, 1)}
    files[f"{NAME}/{NAME} (10).ipynb"] = RIGHT
    put(tmp_path / "ada", files)
    for path in (tmp_path / "ada" / NAME).iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    best, notes = choose(tmp_path / "ada", ASSIGNMENT, OTHERS)
    assert tuple(best.cells) == cells_of(RIGHT)
    assert notes == [
        f"of 4 files, {NAME}/{NAME} (10).ipynb counts: the newest that holds an answer"
    ]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"q_learning/q_learning.ipynb": OTHER}, "there is no value_iteration.ipynb"),
        ({f"{NAME}/q_learning.ipynb": OTHER}, "(there are q_learning.ipynb)"),
        ({f"{NAME}/{NAME}.ipynb.zip": zipped(RIGHT)}, "is a zip archive, not a notebook"),
        ({f"{NAME}/{NAME}.gz": gzip.compress(RIGHT)}, "is a gzip archive, not a notebook"),
        ({f"{NAME}/notes.txt": b"x"}, "(there are notes.txt)"),
        ({f"{NAME}/{NAME}": b"x"}, f"(there are {NAME})"),
        ({f"{NAME}/.hidden.ipynb": RIGHT}, "there is no value_iteration.ipynb"),
    ],
)
def test_what_is_no_answer_is_named(tmp_path, files, words):
    handed = collected(tmp_path, files)
    assert handed.cells == ()
    assert words in handed.missing
    assert handed.absent == (not any(name.startswith(NAME) for name in files))


def test_an_empty_exercise_alone_counts(tmp_path):
    assert collected(tmp_path, {PLACE: EMPTY, f"{NAME}/{NAME} (1).ipynb": EMPTY}).cells == cells_of(
        EMPTY
    )


def test_the_longer_name_is_another_assignments(tmp_path):
    q_learning, inverse = ASSIGNMENTS["q_learning"], ASSIGNMENTS["inverse_q_learning"]
    stripped = json.loads(COURSE.exercise("q_learning").read_text("utf8"))
    stripped["cells"] = [{"cell_type": "code", "source": "x = 1", "metadata": {}}]
    put(tmp_path / "ada", {"inverse_q_learning.ipynb": json.dumps(stripped).encode()})
    (handed,) = handed_in(tmp_path, q_learning, {"inverse_q_learning": inverse})
    assert handed.missing
    (handed,) = handed_in(tmp_path, inverse, {"q_learning": q_learning})
    assert handed.cells


def test_a_file_that_may_not_be_read_is_the_graders_trouble(tmp_path, monkeypatch):
    refused = tmp_path / "ada" / PLACE
    put(tmp_path / "ada", {PLACE: RIGHT})
    put(tmp_path / "alan", {PLACE: RIGHT})
    opened = os.open

    def open_or_not(path, *rest):
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *rest)

    monkeypatch.setattr(os, "open", open_or_not)
    ada, alan = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    assert ada.trouble == f"{NAME}.ipynb: Permission denied"
    assert alan.cells == cells_of(RIGHT)
    # Beside a draft that can be read, too: it could be the answer.
    put(tmp_path / "ada", {f"{NAME}/draft.ipynb": OLDER})
    ada, _ = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    assert ada.trouble == f"{NAME}.ipynb: Permission denied"
    # What goes wrong with one student is nobody else's trouble.
    monkeypatch.setattr("course.grading.files.choose", choose_or_fail)
    ada, alan = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    assert ada.trouble.startswith("MemoryError")
    assert alan.cells == cells_of(RIGHT)


def choose_or_fail(folder, *rest):
    if folder.name == "ada":
        raise MemoryError
    return choose(folder, *rest)


def test_other_files_hide_nothing(tmp_path):
    put(tmp_path / "ada", {f"{NAME}/plot_{n:03}.png": b"x" for n in range(600)} | {PLACE: RIGHT})
    put(tmp_path / "ada", {f"{NAME}/a{n:03}.txt": b"x" for n in range(600)})
    (handed,) = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    assert handed.cells == cells_of(RIGHT)
    assert "of 600 files, only 500 were looked at" in handed.notes


@pytest.mark.parametrize(("one", "other"), [("week1.1", "week11"), ("Übung_α", "Übung_β")])
def test_assignments_of_similar_names(tmp_path, one, other):
    mine, others = Assignment(one, ASSIGNMENT.text), {other: Assignment(other, ASSIGNMENT.text)}
    put(tmp_path / "ada", {f"{one}/{one}.ipynb": RIGHT, f"{other}/{other}.ipynb": OLDER})
    (handed,) = handed_in(tmp_path, mine, others)
    assert handed.cells == cells_of(RIGHT)


def test_links_and_loops_stop_nobody(tmp_path):
    put(tmp_path / "ada", {PLACE: RIGHT})
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "ada" / "bad").symlink_to(tmp_path / "nowhere")
    put(tmp_path / "emmy", {"q_learning/q_learning.ipynb": OTHER})
    (tmp_path / "emmy" / "bad").symlink_to(tmp_path / "emmy" / "bad")
    ada, emmy = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    assert ada.cells == cells_of(RIGHT)
    assert emmy.absent
    assert roll(tmp_path).students == ["ada", "emmy"]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_released_answer_is_known_for_a_stub(name):
    cells, _ = read(COURSE.exercise(name).read_bytes())
    steps = set(ASSIGNMENTS[name].steps)
    answers = [cell for cell in cells if cell.grade_id in steps]
    assert len(answers) == len(steps)
    assert all(is_stub(cell.source) for cell in answers)


def test_what_is_no_students_folder_is_named(tmp_path):
    for name in ("Zoe\u0308", "ada", ".karl", ".ipynb_checkpoints", os.fsdecode(b"J\xf6rg")):
        (tmp_path / name).mkdir()
    (tmp_path / "README.txt").write_text("x")
    (tmp_path / ".DS_Store").write_text("x")
    found = roll(tmp_path)
    assert found.students == ["Zoe\u0308", "ada"]
    assert found.left_alone == [
        ".karl: its name begins with a dot",
        "J?rg: its name is not in UTF-8",
        "README.txt: it is no folder",
    ]
    assert unicodedata.normalize("NFC", found.students[0]) == "Zo\u00eb"
    with pytest.raises(CourseError, match="is no folder"):
        roll(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24 05:28:38.123456 UTC", "2026-11-24 05:28:38.123456 UTC"),
        ("2026-11-24T05:28:38Z", "2026-11-24 05:28:38.000000 UTC"),
        ("2026-11-24T05:28:38+02:00", "2026-11-24 03:28:38.000000 UTC"),
        ("2026-11-24 05:28:38 Europe/Berlin", "2026-11-24 04:28:38.000000 UTC"),
        ("2026-11-24 05:28:38 GMT", "2026-11-24 05:28:38.000000 UTC"),
        ("Tue, 24 Nov 2026 05:28:38 +0100", "2026-11-24 04:28:38.000000 UTC"),
        ("2026-11-24", "2026-11-24 00:00:00.000000 UTC"),
        ("0032-11-24 05:28:38 UTC", ""),
        ("2026-11-24 05:28:38 Middle-earth/Shire", ""),
        ("9999-12-31 23:59:59 -23:00", ""),
        ("yesterday", ""),
        ("", ""),
        ("\0" * 99, ""),
    ],
)
def test_times_as_people_and_platforms_write_them(tmp_path, text, time):
    handed = collected(tmp_path, {PLACE: RIGHT, f"{NAME}/timestamp.txt": text.encode()})
    assert handed.timestamp == time
    assert any("timestamp.txt holds no time" in note for note in handed.notes) == (not time)


def test_many_files_and_deep_folders_are_bounded(tmp_path):
    put(tmp_path / "ada", {f"x/{n}.ipynb": b"{}" for n in range(700)})
    put(tmp_path / "ada", {"/".join("abcdefgh") + f"/{NAME}.ipynb": RIGHT})
    (handed,) = handed_in(tmp_path, ASSIGNMENT, OTHERS)
    assert handed.missing
