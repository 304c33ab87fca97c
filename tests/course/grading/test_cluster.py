"""A cluster that runs already: a scheduler and workers as processes of their own, elsewhere."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE, wait_until

from course.cli import main
from course.samples import hard_cases

pytestmark = [
    pytest.mark.usefixtures("bubblewrap"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]

ROOT, NAME = hard_cases.ROOT, hard_cases.NAME
COURSE = str(Path(sys.executable).with_name("course"))
REPOSITORY = str(Path(__file__).parents[3])
DASK = str(Path(sys.executable).with_name("dask"))


@pytest.fixture
def course(tmp_path, monkeypatch):
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, tmp_path / "course" / name / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path / "course")
    cases = {case.name: case for case in hard_cases.CASES}
    for number, name in enumerate(["right", "not_written", "os_exit", "right"]):
        place = tmp_path / "course/_build/grade/submitted" / f"s{number}" / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_bytes(cases[name].notebook())
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def elsewhere(tmp_path):
    """The address of a scheduler, and a way to start workers with another working folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with contextlib.ExitStack() as running:

        def start(*command, **environment):
            process = subprocess.Popen(
                [DASK, *command], cwd=folder, env=os.environ | environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            running.callback(process.wait, PATIENCE)
            running.callback(process.terminate)
            return process

        start("scheduler", "--host", address, "--no-dashboard", "--no-jupyter")

        def worker(**environment):
            return start(
                "worker", address, "--nthreads", "2", "--no-dashboard", "--no-nanny",
                "--local-directory", str(folder), **environment,
            )  # fmt: skip

        yield address, worker


def there(address, count):
    """Whether so many workers have come."""
    from dask.distributed import Client

    with contextlib.suppress(OSError), Client(address, timeout=5) as client:
        return len(client.scheduler_info(n_workers=-1)["workers"]) == count
    return False


def totals(course):
    lines = (course / f"_build/grade/journal/{NAME}.jsonl").read_text("utf8").splitlines()
    return {
        result["student"]: sum(mark["points"] for mark in result["marks"])
        for result in map(json.loads, lines)
    }


def test_a_scheduler_with_workers_elsewhere(course, elsewhere, capsys):
    address, worker = elsewhere
    for _ in range(2):
        worker()
    assert wait_until(lambda: there(address, 2))
    assert main(["grade", NAME, "--workers", address]) == 0
    assert totals(course) == {"s0": 10, "s1": 7, "s2": 7, "s3": 10}
    assert "4 graded now" in capsys.readouterr().out
    # A worker without what is needed is refused before anything is graded.
    worker(PATH=str(course / "nowhere"))
    assert wait_until(lambda: there(address, 3))
    assert main(["grade", NAME, "--workers", address, "--regrade"]) == 1
    assert "cannot grade: bubblewrap is missing there" in capsys.readouterr().err


@pytest.mark.slow
def test_a_worker_that_is_lost_costs_nothing(course, elsewhere):
    address, worker = elsewhere
    lost = worker()
    worker()
    assert wait_until(lambda: there(address, 2))
    submitted = course / "_build/grade/submitted"
    for number in range(4, 20):
        shutil.copytree(submitted / "s0", submitted / f"s{number}")
    journal = course / f"_build/grade/journal/{NAME}.jsonl"
    with subprocess.Popen(
        [COURSE, "grade", NAME, "--workers", address],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": REPOSITORY},
    ) as grading:  # fmt: skip
        assert wait_until(lambda: journal.exists() and journal.read_text("utf8").count("\n") > 1)
        lost.kill()
        error = grading.communicate(timeout=PATIENCE)[1]
    assert grading.returncode == 0, error
    of = {"s1": 7, "s2": 7}
    assert totals(course) == {f"s{number}": of.get(f"s{number}", 10) for number in range(20)}


def test_nobody_answers(course, capsys, monkeypatch):
    monkeypatch.setattr("course.grading.cluster.REACH", 1)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    assert main(["grade", NAME, "--workers", address]) == 1
    error = capsys.readouterr().err
    assert f"no scheduler answers at {address}" in error
    assert "Traceback" not in error
