"""The walls: what a student's process can see, use up and leave behind."""

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from graded import graded as grade_it
from patience import PATIENCE, wait_until

import rl_lib
from course.grading.assignment import Assignment
from course.samples import hard_cases
from course.sandbox import bubblewrap, cgroups, statuses, workers
from course.sandbox.inside import namespaces, wire
from course.sandbox.workers import Ended, Limits, Sandbox, SandboxError

pytestmark = pytest.mark.usefixtures("bubblewrap")

ROOT = Path(__file__).parents[3]
LIMITS = Limits(memory=400 * 2**20, disk=2**22, processes=8)
CELL = """
import os
def look(path):
    raise ValueError(sorted(os.listdir(path)))
def write(path):
    with open(path, "a") as file:
        file.write("x")
def names(module):
    import importlib
    raise ValueError([name for name in dir(importlib.import_module(module)) if name[0] != "_"])
def who():
    return [os.getuid(), os.getpid(), len(os.listdir())]
def fill():
    with open("much", "wb") as file:
        while True:
            file.write(bytes(2**20))
def use(size):
    return len(bytearray(size))
def raises(name):
    raise ValueError(name)
"""


@pytest.fixture(scope="module", params=[namespaces.ROOT, namespaces.USER, "one by one"])
def house(request):
    """A sandbox as root, as somebody else, and where workers cannot have their own namespaces."""
    if request.param == namespaces.ROOT and os.geteuid() != 0:
        pytest.skip("only root becomes somebody else")
    with (
        alone(Sandbox(LIMITS).isolation)
        if request.param == "one by one"
        else Sandbox(LIMITS) as house
    ):
        if request.param != "one by one":
            house.isolation = request.param
        yield house


@pytest.fixture
def worker(house):
    worker = house.worker()
    assert run(worker, CELL) == {"id": 1}
    yield worker
    worker.close()


def run(worker, source, deadline=PATIENCE, seconds=10.0):
    return worker.ask(
        "run", until(deadline), source=source, label="cell", first=0, without=[], seconds=seconds
    )


def until(seconds):
    return time.monotonic() + seconds


def call(worker, name, *arguments):
    packed = [wire.pack(argument) for argument in arguments]
    answer = worker.ask("call", until(PATIENCE), name=name, arguments=packed, seconds=10)
    if "error" in answer:
        return f"{answer['name']}: {answer['text']} (line {answer['line']})"
    return wire.unpack(answer["result"])


def test_nothing_can_be_written_but_scratch(worker):
    assert call(worker, "write", f"{namespaces.SCRATCH}/x") is None
    for path in ("/", "/usr", "/dev", "/etc", "/grader", sys.prefix, str(ROOT)):
        assert "Error" in call(worker, "write", f"{path}/x"), path
    for module in (os, rl_lib):
        assert "Error" in call(worker, "write", module.__file__)


def test_nobody_is_root_and_everybody_finds_an_empty_folder(worker):
    user, number, files = wire.unpack(
        worker.ask("call", until(PATIENCE), name="who", arguments=[], seconds=9)["result"]
    )
    assert user != 0
    assert number < 100
    assert files == 0


def test_the_course_is_not_there(worker, house):
    for name in ("solutions", "exercises", "tests", "course", "rl_lib", "_build"):
        said = call(worker, "look", str(ROOT / name))
        assert "No such file" in said or "Permission" in said, said
    assert "ValueError: []" in call(worker, "look", ".")
    if house._nested:
        assert "ValueError: []" in call(worker, "look", "/proc")
    assert "ValueError: []" in call(worker, "names", "course.exercise.checks")
    assert "planning" not in call(worker, "names", "rl_lib.planning.solvers")


def test_disk_and_memory_have_an_end(worker):
    assert "No space left" in call(worker, "fill") or "too large" in call(worker, "fill")
    answer = worker.ask("call", until(PATIENCE), name="use", arguments=[2**40], seconds=9)
    assert answer["error"] == "memory"


def test_an_error_names_the_students_line(worker):
    said = call(worker, "raises", 3)
    assert said == "ValueError: 3 (line 19)"


def test_a_deadline_ends_a_worker_and_the_next_one_is_well(house):
    worker = house.worker()
    with pytest.raises(Ended) as end:  # long before its computing time is used up
        run(worker, "while True: pass", 0.3, PATIENCE)
    assert end.value.status == statuses.TIMEOUT
    again = house.worker()
    assert run(again, "x = 1") == {"id": 1}
    again.close()


def test_nothing_outlives_a_worker(house):
    mark = f"{time.time_ns()}"
    source = (
        "import subprocess, sys\n"
        f"program = 'import time; time.sleep(1e6)  # {mark}'\n"
        "subprocess.Popen([sys.executable, '-c', program], start_new_session=True)"
    )
    worker = house.worker()
    assert "error" not in run(worker, source)
    assert wait_until(lambda: processes(mark))
    worker.close()
    if not house._nested:
        house.close()
    assert wait_until(lambda: not processes(mark))


def processes(mark):
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            count += mark.encode() in (folder / "cmdline").read_bytes()
        except OSError:
            continue
    return count


def test_the_worker_says_how_much_it_used(house):
    worker = house.worker()
    run(worker, "x = bytearray(200 * 2**20)")
    report = worker.close()
    if house._nested:
        assert 200 * 2**20 < report["memory"] < 500 * 2**20
        assert report["seconds"] > 0


def test_a_nursery_that_dies_is_started_again(house):
    house.worker().close()
    house._process.kill()
    house._process.wait()
    worker = house.worker()
    assert run(worker, "x = 1") == {"id": 1}
    worker.close()


def alone(isolation=namespaces.USER):
    """A sandbox in which nobody can have namespaces of his own."""
    house = Sandbox(LIMITS)
    house.isolation = isolation
    house.worker().close()
    start = house._start

    def start_without_namespaces():
        start()
        house._nested = False

    house._nested, house._start = False, start_without_namespaces
    return house


@pytest.mark.parametrize("then", ["pass", "while True: pass"])
def test_who_ends_what_watches_over_it_has_crashed(then):
    """Where sandboxes cannot nest, it can be reached."""
    kill = (
        "import os\nfor pid in range(2, 2000):\n    if pid != os.getpid():\n        try:\n"
        f"            os.kill(pid, 9)\n        except OSError:\n            pass\n{then}"
    )
    with alone() as house:
        worker = house.worker()
        with pytest.raises(Ended) as end:  # noqa: PT012
            run(worker, kill)
            for _ in range(2000):  # the end of a process is not seen at once
                run(worker, "x = 1")
                time.sleep(0.005)
        assert end.value.status == statuses.CRASHED
        again = house.worker()
        assert run(again, "x = 1") == {"id": 1}
        again.close()


def test_memory_that_nobody_is_charged_for_is_not_to_be_had(worker):
    source = (
        "import ctypes, mmap, os\ngot = []\n"
        "def take(*how):\n    try:\n        got.append(mmap.mmap(*how))\n"
        "    except OSError as problem:\n        return str(problem)\n"
        "said = [take(-1, 2**20), take(os.open('/dev/zero', os.O_RDWR), 2**20)]\n"
        "private = mmap.mmap(-1, 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
        "kept = open('file', 'wb+')\nkept.truncate(2**20)\nfile = mmap.mmap(kept.fileno(), 0)\n"
        "def how_many():\n    return [len(got), len(private), len(file)]"
    )
    assert run(worker, source) == {"id": 2}
    assert call(worker, "how_many") == [0, 2**20, 2**20]


CHILDREN = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(300 * 2**20)
        kept[::4096] = bytes(len(kept[::4096]))
        time.sleep(1e6)
time.sleep(1e6)
"""
RELEASED = """
import ctypes, mmap
kept = [mmap.mmap(-1, 100 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(3)]
for one in kept:
    for place in range(0, len(one), 4096):
        one[place] = 1
    one.madvise(mmap.MADV_DONTNEED)
"""


@pytest.mark.parametrize("grouped", [True, False])
def test_memory_of_all_processes_together_has_an_end(grouped, monkeypatch):
    if grouped and not cgroups.are_possible():
        pytest.skip("no control group can be written here")
    monkeypatch.setattr(cgroups, "are_possible", lambda: grouped)
    with Sandbox(dataclasses.replace(LIMITS, processes=16)) as house:
        worker = house.worker()
        assert run(worker, RELEASED) == {"id": 1}  # what was given back is not held
        worker.close()
        worker = house.worker()
        with pytest.raises(Ended) as end:
            run(worker, CHILDREN)
        assert end.value.status == statuses.MEMORY
        if grouped:
            assert worker.memory <= LIMITS.memory + 100 * 2**20
        again = house.worker()
        assert run(again, "x = 1") == {"id": 1}
        again.close()


@pytest.mark.parametrize("isolation", [namespaces.ROOT, namespaces.USER])
@pytest.mark.parametrize("grouped", [True, False])
def test_nobodys_threads_are_anybody_elses(isolation, grouped, monkeypatch):
    if isolation == namespaces.ROOT and os.geteuid() != 0:
        pytest.skip("only root becomes somebody else")
    if grouped and not cgroups.are_possible():
        pytest.skip("no control group can be written here")
    monkeypatch.setattr(cgroups, "are_possible", lambda: grouped)
    many = (
        "import threading, time\nfor _ in range(200):\n"
        "    threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()"
    )
    few = many.replace("200", "10")
    limits = dataclasses.replace(LIMITS, memory=2**31)
    with Sandbox(limits) as one, Sandbox(limits) as other:
        one.isolation = other.isolation = isolation
        greedy, third = one.worker(), one.worker()
        assert "can't start new thread" in run(greedy, many)["text"]
        for house in (third, other.worker()):
            assert "error" not in run(house, few)
            house.close()
        greedy.close()


def test_groups_are_found_where_the_system_has_put_them(tmp_path):
    """In both versions of control groups, and in a container that sees a part of them."""
    mounts, own = tmp_path / "mounts", tmp_path / "own"
    new = tmp_path / "new/user/me"
    new.mkdir(parents=True)
    (new / "cgroup.subtree_control").write_text("cpu memory pids\n")
    mounts.write_text(f"31 23 0:28 / {tmp_path}/new rw - cgroup2 cgroup rw\n")
    own.write_text("0::/user/me\n")
    found = cgroups.places.__wrapped__
    assert found(mounts, own) == {"memory": new, "pids": new}
    (new / "cgroup.subtree_control").write_text("cpu\n")
    with pytest.raises(OSError, match="no control groups"):
        found(mounts, own)
    mounts.write_text(
        f"31 23 0:28 /slice {tmp_path}/memory rw shared:1 - cgroup cgroup rw,memory\n"
        f"32 23 0:29 / {tmp_path}/pids rw - cgroup cgroup rw,pids\n"
    )
    own.write_text("4:memory:/slice/job\n3:pids:/\n0::/\n")
    assert found(mounts, own) == {"memory": tmp_path / "memory/job", "pids": tmp_path / "pids"}


def test_python_may_lie_anywhere(tmp_path, monkeypatch):
    """In /tmp, say, or with the course itself in a folder that has to be shown."""
    monkeypatch.setattr(sys, "exec_prefix", str(tmp_path))
    (tmp_path / "course" / "solutions").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    tmp_path.chmod(0o755)
    with Sandbox(LIMITS, hidden=(tmp_path / "course",)) as house:
        worker = house.worker()
        run(worker, CELL)
        assert "ValueError: ['course', 'lib']" in call(worker, "look", str(tmp_path))
        assert "ValueError: []" in call(worker, "look", str(tmp_path / "course"))
        assert call(worker, "write", "x") is None
        assert "Error" in call(worker, "write", str(tmp_path / "course" / "x"))
        worker.close()


def test_a_whole_submission_is_judged(house):
    """Helpers and all, for which two workers are needed, one after the other if need be."""
    wrong = "def value_iteration(mdp, theta):\n    return np.zeros(mdp.n_states)"
    case = dataclasses.replace(hard_cases.CASES[0], cells={"value_iteration": wrong})
    name = hard_cases.NAME
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    result = grade_it(assignment, case.notebook(), house)
    assert {mark.test: mark.status for mark in result.marks if mark.points == 0} == {
        "value_iteration_visible": "failed",
        "value_iteration_hidden": "failed",
    }


def test_a_cell_that_cannot_be_closed_is_no_fault_of_the_students(monkeypatch):
    stage = bubblewrap.stage

    def stage_for_an_unknown_machine(folder):
        stage(folder)
        with (folder / "course/sandbox/inside/seccomp.py").open("a") as file:
            file.write("\nMACHINES = {}\n")

    monkeypatch.setattr(bubblewrap, "stage", stage_for_an_unknown_machine)
    name = hard_cases.NAME
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    with Sandbox(LIMITS) as house:
        result = grade_it(assignment, hard_cases.CASES[0].notebook(), house)
    assert {mark.status for mark in result.marks} == {statuses.HERE}
    assert not result.final


def test_what_a_killed_grader_left_behind_is_swept_away(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone, mine = (f"{workers.PREFIX}{pid}-abc" for pid in (999999999, os.getpid()))
    for name in (gone, mine, "course-2024-exams", f"{workers.PREFIX}notes"):
        (tmp_path / name).mkdir()
    workers._sweep()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {mine, "course-2024-exams", f"{workers.PREFIX}notes"}


def test_without_bubblewrap_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match=r"bubblewrap is missing.*apt install bubblewrap"):
        Sandbox()
    with Sandbox(unsafe=True) as open_house:
        worker = open_house.worker()
        assert run(worker, CELL) == {"id": 1}
        assert "ValueError: []" in call(worker, "names", "course.exercise.answers")
        worker.close()


def test_a_sandbox_that_cannot_start_says_why(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no permissions to create namespaces' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxError, match="does not start: bwrap: no permissions"):
        Sandbox().worker()


def test_what_is_copied_into_the_sandbox_answers_nothing(tmp_path):
    bubblewrap.stage(tmp_path)
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py")}
    assert "course/sandbox/inside/worker.py" in names
    assert "rl_lib/mdp.py" in names
    for file in names:
        assert not any(word in file for word in ("correct", "checks", "planning", "learning"))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from course.sandbox.inside import forkserver; forkserver._import_everything()\n"
        "import rl_lib\nfrom course.exercise.answers import CORRECT\n"
        "from rl_lib.inverse.iavi import iavi\n"
        "for ready in (rl_lib.value_iteration, rl_lib.MDP.action_values, CORRECT, iavi):\n"
        "    try:\n        ready(None, None)\n"
        "    except RuntimeError as problem:\n        print(problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("here it is what you are asked to write") == 4
