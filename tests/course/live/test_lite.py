"""When the live site is made anew."""

from types import SimpleNamespace

import pytest

from course.layout import Course
from course.live.lite import _state

FILES = {
    "book/page.md": "a page",
    "book/references.bib": "a book",
    "bench/results.json": "{}",
    "solutions/one/one.ipynb": "{}",
    "requirements.lock": "numpy",
    "_config.yml": "title: one",
}


@pytest.fixture
def course(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf8")
    folders = (tmp_path / name for name in ("solutions", "exercises", "submitted", "out"))
    return Course(tmp_path, *folders, "", "")


RUN = SimpleNamespace(path="kept")


def test_nothing_changed(course):
    assert _state(course, RUN) == _state(course, RUN)


@pytest.mark.parametrize("name", [name for name in FILES if name != "_config.yml"])
def test_a_file_changed(course, name):
    before = _state(course, RUN)
    (course.root / name).write_text("changed", "utf8")
    assert _state(course, RUN) != before


def test_an_address_or_a_run_changed(course):
    before = _state(course, RUN)
    assert _state(course, SimpleNamespace(path="another")) != before
    (course.root / "_config.yml").write_text("repository: {url: 'https://a.example'}", "utf8")
    assert _state(course, RUN) != before
