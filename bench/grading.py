"""`make bench-grading`: `course grade` beside plain `nbgrader autograde`, in one run.

First the speed, on a class that hands in the sample answers over and over; then the hard cases of
the tests, each graded by both. nbgrader runs what it is given with the rights of whoever started
it, and some of this means harm, so here all of nbgrader runs inside bubblewrap, in a copy of the
course, with a limit on its memory and its processes.
"""

import argparse
import contextlib
import csv
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import nbformat
from tqdm import tqdm

from course import sample

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import hard_cases  # noqa: E402

NAME = hard_cases.NAME
RESULTS = Path(__file__).parent / "grading.json"
SCRIPTS = Path(sys.executable).parent
MEMORY = 4 * 2**30
LIMIT = 150  # seconds for nbgrader with one hard case


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--nbgrader", type=int, default=50, help="submissions for nbgrader")
    options = parser.parse_args()
    packages = ("nbgrader", "distributed", "numpy")
    results: dict = {"versions": {name: version(name) for name in packages}}
    results["speed"] = speed(options.submissions, options.nbgrader)
    results["cases"] = cases()
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf8")
    print(f"stored in {RESULTS.parent.name}/{RESULTS.name}")


@contextlib.contextmanager
def house() -> Iterator[Path]:
    """A copy of the course in which one assignment can be graded."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("solutions", "exercises"):
            shutil.copytree(ROOT / name / NAME, root / name / NAME)
        (root / "book").mkdir()
        shutil.copy(ROOT / "book" / "_toc.yml", root / "book")
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
    answers = sorted((ROOT / "tests" / "sample_class" / NAME).glob("*_*.py"))
    for number in range(size):
        answer = sample.read_answer(answers[number % len(answers)])
        notebook = nbformat.reads(released, as_version=4)
        yield nbformat.writes(sample.fill_in(notebook, answer.instead_of(solutions))).encode()


def run(root: Path, *command: str, limit: float = 3600) -> tuple[float, int, int]:
    """Seconds, peak bytes of the largest process, and exit status."""
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    process = subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return time.perf_counter() - began, max(before, peak) * 1024, process.returncode


def walls(root: Path) -> list[str]:
    """So that what nbgrader lets through stays in the copy."""
    command = f"bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --bind {root} {root}"
    command += " --unshare-pid --unshare-ipc --die-with-parent"
    shell = f'ulimit -v {MEMORY // 1024} -u 300; exec "$@"'
    return [*command.split(), "sh", "-c", shell, "sh"]


def speed(size: int, size_for_nbgrader: int) -> dict:
    """Submissions a second: nbgrader, and ours with one process and with two."""
    found: dict = {"submissions": size, "submissions_for_nbgrader": size_for_nbgrader}
    print(f"{size} submissions of {NAME} (nbgrader: {size_for_nbgrader})")
    for who, count, command in (
        ("nbgrader", size_for_nbgrader, [str(SCRIPTS / "nbgrader"), "autograde", NAME]),
        ("serial", size, [str(SCRIPTS / "course"), "grade", NAME]),
        ("one", size, [str(SCRIPTS / "course"), "grade", NAME, "--workers", "1"]),
        ("two", size, [str(SCRIPTS / "course"), "grade", NAME, "--workers", "2"]),
    ):
        with house() as root:
            for number, data in enumerate(sample_class(count)):
                hand_in(root, f"s{number:03d}", data)
            if who == "nbgrader":
                run(root, str(SCRIPTS / "nbgrader"), "generate_assignment", NAME, "--force")
            seconds, peak, status = run(root, *command)
            assert status == 0, (who, status)
        found[who] = {"seconds": seconds, "per_second": count / seconds, "peak": peak}
        print(f"  {who:9} {seconds:7.1f} s  {count / seconds:6.2f} a second", flush=True)
    plain = found["nbgrader"]["per_second"]
    found["ratio"] = found["two"]["per_second"] / plain
    found["ratio_serial"] = found["serial"]["per_second"] / plain
    found["scaling"] = found["two"]["per_second"] / found["one"]["per_second"]
    print(f"  two processes: {found['ratio']:.1f} times nbgrader")
    print(f"  two processes: {found['scaling']:.2f} times one")
    return found


def cases() -> list[dict]:
    """What each hard case got, from both; and what it must get."""
    rows = []
    for case in tqdm(hard_cases.CASES, unit="case"):
        data = case.notebook().replace(b"PORT", b"9")
        deserved = points(lambda step, case=case: step not in case.expect)
        row = {"name": case.name, "kind": case.kind, "what": case.what, "deserved": deserved}
        for who, grader in (("ours", ours), ("nbgrader", theirs)):
            row[who] = grader(data)
        rows.append(row)
        if row["ours"]["points"] != deserved:
            tqdm.write(f"{case.name}: {row['ours']}")
    return rows


def points(passes: Callable[[str], bool]) -> float:
    worth = {"action_values": 3, "value_iteration": 4, "greedy_policy": 3}
    return sum(worth[step] for step in hard_cases.STEPS if passes(step))


def ours(data: bytes) -> dict:
    with house() as root:
        hand_in(root, "student", data)
        hand_in(root, "witness", hard_cases.CASES[0].notebook())
        run(root, str(SCRIPTS / "course"), "grade", NAME)
        return marks(root, "journal")


def theirs(data: bytes) -> dict:
    with house() as root:
        run(root, str(SCRIPTS / "nbgrader"), "generate_assignment", NAME, "--force")
        hand_in(root, "student", data)
        hand_in(root, "witness", hard_cases.CASES[0].notebook())
        command = [*walls(root), str(SCRIPTS / "nbgrader"), "autograde", NAME]
        seconds, _, _ = run(root, *command, limit=LIMIT)
        return marks(root, "") | {"ended": seconds < LIMIT}


def marks(root: Path, journal: str) -> dict:
    """Points of the case and of the right answer beside it; None for no mark at all."""
    found: dict = {"points": None, "witness": None}
    if journal:
        text = (root / "_build/grade/journal" / f"{NAME}.jsonl").read_text("utf8")
        for line in map(json.loads, text.splitlines()):
            total = sum(mark["points"] for mark in line["marks"])
            found["witness" if line["student"] == "witness" else "points"] = total
            if line["student"] == "student":
                statuses = dict.fromkeys(mark["status"] for mark in line["marks"])
                found["statuses"] = [status for status in statuses if status != "graded"]
        return found
    graded = root / "_build/grade/autograded"
    run(root, str(SCRIPTS / "nbgrader"), "export")
    table = root / "_build/grade/grades.csv"
    for row in csv.DictReader(table.read_text("utf8").splitlines() if table.exists() else []):
        if (graded / row["student_id"] / NAME).is_dir():
            key = "witness" if row["student_id"] == "witness" else "points"
            found[key] = float(row["score"])
    return found


if __name__ == "__main__":
    main()
