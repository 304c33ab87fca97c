"""Every hard case gets its marks and its status, and leaves the next submission alone."""

import contextlib
import os
import socket
import threading
from dataclasses import replace

import pytest
from graded import graded as grade_it

from course.grading.assignment import Assignment
from course.samples import hard_cases
from course.sandbox.workers import Limits, Sandbox

pytestmark = pytest.mark.usefixtures("bubblewrap")

ASSIGNMENT = Assignment.read(
    hard_cases.ROOT / "solutions" / hard_cases.NAME / f"{hard_cases.NAME}.ipynb"
)
SHORT = Limits(computing=0.6, waiting=1.8, memory=400 * 2**20, disk=2**24)
LONG = replace(SHORT, computing=5.0, waiting=120.0)
BY_NAME = {case.name: case for case in hard_cases.CASES}


@pytest.fixture(scope="module")
def house():
    """One with short limits, for cases that must reach them; one in which nobody is hurried."""
    hidden = (hard_cases.ROOT,)
    with Sandbox(SHORT, hidden=hidden) as short, Sandbox(LONG, hidden=hidden) as long:
        yield lambda case: short if "timeout" in {*case.expect.values(), *case.any_of} else long


@pytest.fixture(scope="module")
def server():
    """A server that would give the answer away: its port, and who has asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        visits = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    visits.append(server.accept()[0].close())

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], visits
        server.shutdown(socket.SHUT_RDWR)


def graded(name, house, port=0):
    case = BY_NAME[name]
    data = case.notebook().replace(b"PORT", str(port).encode())
    return grade_it(ASSIGNMENT, data, house(case))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_hard_case_gets_its_marks(name, house, server, monkeypatch):
    monkeypatch.setitem(os.environ, "COURSE_SECRET", "the answer")
    port, visits = server
    case, result = BY_NAME[name], graded(name, house, port)
    assert result.final
    assert not visits
    step_of = {test.name: test.step for test in ASSIGNMENT.tests}
    for mark in result.marks:
        step = step_of[mark.test]
        if step not in case.expect:
            assert (mark.status, mark.points) == ("graded", mark.most), mark
        elif mark.status != "graded":
            assert mark.points == 0
            assert mark.status in (case.any_of or (case.expect[step],)), mark
            assert mark.message
    lost = {step_of[mark.test] for mark in result.marks if mark.points < mark.most}
    assert lost == set(case.expect)


def test_after_all_of_them_a_right_answer_is_right(house):
    assert graded("right", house).points == 10


def test_there_are_enough_of_every_kind():
    assert len(BY_NAME) == len(hard_cases.CASES) > 90
    kinds = {case.kind for case in hard_cases.CASES}
    assert kinds == {hard_cases.BAD_DAYS, hard_cases.HARM, hard_cases.DAMAGE}


@pytest.mark.parametrize("name", ["reads_files", "reads_proc", "network", "call_memfd"])
def test_the_alarm_rings_where_there_are_no_walls(name, server):
    port, visits = server
    with Sandbox(LONG, unsafe=True) as open_house:
        assert graded(name, lambda case: open_house, port).points == 10
    assert (len(visits) > 0) == (name == "network")
    visits.clear()
