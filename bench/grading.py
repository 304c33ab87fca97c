"""`make bench-grading`: `course grade` beside plain `nbgrader autograde`, in one run.

First the speed, on a class that hands in the sample answers over and over; then the hard cases of
the tests, each graded by both. nbgrader runs what it is given with the rights of whoever started
it, and some of this means harm, so here all of nbgrader runs inside bubblewrap, in a copy of the
course, with a limit on its memory and its processes.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import nbformat
from tqdm import tqdm

from course.samples import hard_cases, sample_class as sample
from course.sandbox import cgroups
from course.sandbox.statuses import STATUSES
from course.sandbox.workers import Ended, Limits, Sandbox

ROOT = Path(__file__).parent.parent

NAME = hard_cases.NAME
RESULTS = Path(__file__).parent / "grading.json"
SCRIPTS = Path(sys.executable).parent
MEMORY = 4 * 2**30
WORTH = {"action_values": 3, "value_iteration": 4, "greedy_policy": 3}
SCORES = """
    select s.student_id, sum(coalesce(g.auto_score, 0)) from grade g
    join submitted_notebook n on g.notebook_id = n.id
    join submitted_assignment s on n.assignment_id = s.id group by s.student_id
"""
LIMIT = 45  # seconds for nbgrader with one hard case


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--nbgrader", type=int, default=48, help="submissions for nbgrader")
    parser.add_argument("--only", choices=("memory", "speed", "cases"))
    options = parser.parse_args()
    packages = ("nbgrader", "distributed", "numpy")
    results = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else {}
    # What the book says about grading, it reads here.
    results |= {"statuses": STATUSES, "limits": asdict(Limits()), "patience": LIMIT}
    results |= {"versions": {name: version(name) for name in packages}}
    for part, measure in (
        ("memory", memory),
        ("speed", lambda: speed(options.submissions, options.nbgrader)),
        ("cases", cases),
    ):
        if options.only in (None, part):
            results[part] = measure()
            text = json.dumps(results, indent=1, ensure_ascii=False)
            RESULTS.write_text(text + "\n", "utf8")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}")


GREEDY = """
import os, time
for _ in range(30):
    if os.fork() == 0:
        kept = bytearray(900 * 2**20)
        time.sleep(1e6)
time.sleep(1e6)
"""


def memory() -> dict[str, float | None]:
    """Bytes beyond its limit that a submission of many greedy processes has held, at worst.

    The kernel counts them in a control group; in the second case, in one without a limit.
    """
    if not cgroups.are_possible():
        return {"group": None, "watched": None}
    limits, found = Limits(), {}
    for name, group in (
        ("group", Sandbox._group),
        ("watched", lambda sandbox: cgroups.Group(2**40, 10_000)),
    ):
        worst = 0
        with mock.patch.object(Sandbox, "_group", group), Sandbox(limits) as sandbox:
            for _ in range(5):
                worker = sandbox.worker()
                ask = {"source": GREEDY, "label": "greedy", "first": 0, "without": []}
                with contextlib.suppress(Ended):
                    worker.ask("run", time.monotonic() + 60, seconds=10, **ask)
                worst = max(worst, worker.memory)
        found[name] = worst - limits.memory
    return found


@contextlib.contextmanager
def house() -> Iterator[Path]:
    """A copy of the course in which one assignment can be graded."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("solutions", "exercises"):
            shutil.copytree(ROOT / name / NAME, root / name / NAME)
        (root / "home").mkdir()
        shutil.copy(ROOT / "nbgrader_config.py", root)
        yield root


def hand_in(root: Path, student: str, data: bytes) -> None:
    path = root / "_build" / "grade" / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def sample_class(size: int) -> Iterator[bytes]:
    """The sample answers, over and over."""
    master = nbformat.read(ROOT / "solutions" / NAME / f"{NAME}.ipynb", as_version=4)
    released = (ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text("utf8")
    solutions = sample.solutions_of(master)
    answers = sorted((sample.ANSWERS / NAME).glob("*_*.py"))
    for number in range(size):
        answer = sample.read_answer(answers[number % len(answers)])
        notebook = nbformat.reads(released, as_version=4)
        yield nbformat.writes(sample.fill_in(notebook, answer.instead_of(solutions))).encode()


class Ran(NamedTuple):
    seconds: float
    peak: int  # bytes of the largest process
    status: int
    lines: list[float]  # seconds at which each line was printed


def run(root: Path, *command: str, limit: float = 3600) -> Ran:
    """Run a command in `root`, for at most `limit` seconds."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(root / "home")},
    )
    alarm = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
    alarm.start()
    assert process.stdout is not None
    with process.stdout as out:
        lines = [time.perf_counter() - began for _ in out]
    _, status, used = os.wait4(process.pid, 0)
    alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    return Ran(seconds, used.ru_maxrss * 1024, process.returncode, lines)


def bubblewrapped(root: Path) -> list[str]:
    """So that what nbgrader lets through stays in the copy."""
    command = f"bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --ro-bind {ROOT} {ROOT}"
    command += f" --bind {root} {root}"
    command += " --unshare-pid --unshare-ipc --die-with-parent"
    shell = f'ulimit -v {MEMORY // 1024} -u 300; exec "$@"'
    return [*command.split(), "sh", "-c", shell, "sh"]


def speed(size: int, size_for_nbgrader: int) -> dict:
    """Submissions a second: nbgrader, and ours with one process and with two."""
    print(f"{size} submissions of {NAME} (nbgrader: {size_for_nbgrader})")
    ours = [str(SCRIPTS / "course"), "grade", NAME, "--json"]
    found: dict = {}
    for who, count, command in (
        ("nbgrader", size_for_nbgrader, [str(SCRIPTS / "nbgrader"), "autograde", NAME]),
        ("quarter", size // 4, ours),
        ("serial", size, ours),
        ("one", size, [*ours, "--workers", "1"]),
        ("two", size, [*ours, "--workers", "2"]),
    ):
        with house() as root:
            for number, data in enumerate(sample_class(count)):
                hand_in(root, f"s{number:03d}", data)
            if who == "nbgrader":
                run(root, str(SCRIPTS / "nbgrader"), "generate_assignment", NAME, "--force")
            ran = run(root, *command)
            assert ran.status == 0, (who, ran.status)
        found[who] = {
            "submissions": count,
            "seconds": ran.seconds,
            "per_second": count / ran.seconds,
            "peak": ran.peak,
        }
        if who != "nbgrader":  # once everything has started
            found[who]["steady"] = (count - 1) / (ran.lines[-1] - ran.lines[0])
        print(f"  {who:9} {ran.seconds:7.1f} s  {count / ran.seconds:6.2f} a second", flush=True)
    plain = found["nbgrader"]["per_second"]
    found["ratio"] = found["two"]["per_second"] / plain
    found["ratio_serial"] = found["serial"]["per_second"] / plain
    found["scaling"] = found["two"]["per_second"] / found["one"]["per_second"]
    found["scaling_steady"] = found["two"]["steady"] / found["one"]["steady"]
    growth = (found["serial"]["peak"] - found["quarter"]["peak"]) / (size - size // 4)
    print(f"  two processes: {found['ratio']:.1f} times nbgrader")
    print(
        f"  two processes: {found['scaling']:.2f} times one, "
        f"{found['scaling_steady']:.2f} times once they have started"
    )
    print(f"  memory for each submission more: {growth / 1024:.1f} kB", flush=True)
    return found


def cases() -> list[dict]:
    """What each hard case got, from both, and what it deserved."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        port = f"{server.getsockname()[1]}".encode()
        handed = {c.name: c.notebook().replace(b"PORT", port) for c in hard_cases.CASES}
        mine = ours(handed)
        template()
        with ThreadPoolExecutor(2) as pool:
            others = list(tqdm(pool.map(theirs, handed.values()), total=len(handed), unit="case"))
    rows = []
    for case, other in zip(hard_cases.CASES, others, strict=True):
        deserved = sum(WORTH[step] for step in hard_cases.STEPS if step not in case.expect)
        row = {"name": case.name, "kind": case.kind, "what": case.what, "deserved": deserved}
        rows.append(row | {"ours": mine[case.name], "nbgrader": other})
        if mine[case.name]["points"] != deserved:
            print(f"{case.name}: {mine[case.name]}")
    return rows


def answer(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()


def ours(handed: dict[str, bytes]) -> dict[str, dict]:
    """Points and statuses, all cases in one class."""
    with house() as root:
        for name, data in handed.items():
            hand_in(root, name, data)
        course = Path(sys.executable).parent / "course"
        ran = run(root, str(course), "grade", NAME, "--workers", "2")
        print(f"all hard cases as one class: {ran.seconds:.0f} s, status {ran.status}", flush=True)
        found = {}
        for line in (
            (root / "_build/grade/journal" / f"{NAME}.jsonl").read_text("utf8").splitlines()
        ):
            result = json.loads(line)
            statuses = dict.fromkeys(mark["status"] for mark in result["marks"])
            found[result["student"]] = {
                "points": sum(mark["points"] or 0 for mark in result["marks"]),
                "statuses": [status for status in statuses if status != "graded"],
            }
        return found


@cache
def template() -> tempfile.TemporaryDirectory:
    """A course in which nbgrader has entered the assignment."""
    kept = tempfile.TemporaryDirectory()
    with house() as root:
        run(root, str(SCRIPTS / "nbgrader"), "generate_assignment", NAME, "--force")
        shutil.copytree(root, kept.name, dirs_exist_ok=True)
    return kept


def theirs(data: bytes) -> dict:
    """Points of a case, and of a right answer that comes after it; None for no mark at all."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(template().name, root, dirs_exist_ok=True)
        hand_in(root, "student", data)
        hand_in(root, "witness", hard_cases.CASES[0].notebook())
        command = [*bubblewrapped(root), str(SCRIPTS / "nbgrader"), "autograde", NAME]
        ran = run(root, *command, limit=LIMIT)
        found: dict = {"points": None, "witness": None, "ended": ran.seconds < LIMIT}
        with contextlib.closing(sqlite3.connect(root / "_build/grade/gradebook.db")) as book:
            for student, score in book.execute(SCORES):
                if (root / "_build/grade/autograded" / student / NAME).is_dir():
                    found["witness" if student == "witness" else "points"] = score
        return found


if __name__ == "__main__":
    main()
