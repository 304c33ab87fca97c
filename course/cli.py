"""The `course` command: one subcommand for each thing an instructor does."""

import argparse
import contextlib
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from course.errors import CourseError
from course.layout import Course

# Each subcommand imports what it needs: the book's libraries alone take a second.


def _build(args: argparse.Namespace) -> int:
    from course.live.lite import build_live
    from course.site.book import build, executed

    course = Course.find(Path.cwd())
    status = build(course.book, course.book_settings, course.build)
    if status == 0:
        build_live(course, executed(course.build, course.book_settings))
    return status


def _release(args: argparse.Namespace) -> int:
    from course.release import check, release

    course = Course.find(Path.cwd())
    if args.check:
        problems = check(course.solutions, course.exercises)
        for problem in problems:
            print(problem, file=sys.stderr)
        return 1 if problems else 0
    done = release(course.solutions, course.exercises, course.put_aside)
    for name in done.written:
        print(f"wrote {name}")
    for name in done.removed:
        print(f"removed {name}, which no assignment has any more")
    for name, version in done.kept:
        why = "not ours"
        if version:
            what = "somebody has worked in it" if name.endswith(".ipynb") else "it has been changed"
            why = f"{what}; the new version is {version}"
        print(f"kept {name}: {why}")
    if not (done.written or done.removed):
        print("The exercises are up to date.")
    return 0


def _tidy(args: argparse.Namespace) -> int:
    from course.release import tidy_solutions

    changed = tidy_solutions(Course.find(Path.cwd()).solutions)
    print("\n".join([f"tidied {name}" for name in changed]) or "The solutions are tidy.")
    return 0


def _grade(args: argparse.Namespace) -> int:
    from course.grading.command import grade

    return grade(args, Course.find(Path.cwd()))


def _start(args: argparse.Namespace) -> int:
    from course.start import start, student_environment

    begun = start(Course.find(Path.cwd()), args.assignment)
    path = (
        begun.path.relative_to(Path.cwd()) if begun.path.is_relative_to(Path.cwd()) else begun.path
    )
    print(f"{'It is yours now' if begun.new else 'You have begun already'}: {path}")
    if begun.newer:
        print(f"The exercise has changed since; the new version is beside it: {begun.newer.name}")
    scripts = sysconfig.get_path("scripts")
    jupyter = [str(Path(scripts, "jupyter")), "lab", str(begun.path)]
    if args.open:
        return subprocess.run(jupyter, env=student_environment(), check=False).returncode
    print(f"  to open it:    course start {args.assignment} --open")
    print(f"  to check it:   course check {args.assignment}")
    print(f"  to hand it in: that one file, {path.name}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from course.check import check

    course = Course.find(Path.cwd(), args.notebook.resolve().parent)
    said, notes = check(args.notebook, course)
    for note in notes:
        print(f"note: {note}")
    for step, passed, message in said:
        print(f"{step}: {'passed' if passed else message}")
    return 0 if all(one.passed for one in said) else 1


def _mutate(args: argparse.Namespace) -> int:
    from course.grading.assignment import Assignment
    from course.mutation.mutants import excuses_of, mutants_of
    from course.mutation.report import findings, lines
    from course.mutation.trials import Ground, trials

    course = Course.find(Path.cwd())
    assignment = Assignment.read(course.solution(args.assignment))
    ground = Ground(assignment, (course.root,), args.unsafe, args.seconds)
    tried = trials(ground, mutants_of(assignment), args.workers)
    found = findings(tried, excuses_of(assignment))
    print("\n".join(lines(found)))
    return 0 if found.is_sharp else 1


def _grade_sample(args: argparse.Namespace) -> int:
    from course.samples.sample_class import grade_sample

    course = Course.find(Path.cwd())
    rows = grade_sample(course)
    for row in sorted(rows, key=lambda row: (row["student_id"], row["assignment"])):
        points = f"{float(row['score']):4g} of {float(row['max_score']):g}"
        print(f"{row['student_id']:10}{row['assignment']:20}{points}")
    out = course.sample_class().out
    print(f"Grades: {out / 'grades.csv'}\nFeedback: {out / 'feedback'}")
    return 0


def _answers(args: argparse.Namespace) -> int:
    from course.samples.reading import report

    course = Course.find(Path.cwd())
    read = report(course, tuple(args.assignments or course.assignments()))
    return 0 if all(one.test for one in read) else 1


def parser() -> argparse.ArgumentParser:
    """Describe the command line; each subcommand names the function that runs it."""
    main_parser = argparse.ArgumentParser(prog="course", description=__doc__)
    main_parser.add_argument(
        "--version", action="version", version=metadata.version("inverse-q-learning")
    )
    commands = main_parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("build", help="build the book strictly, into _build/html")
    command.set_defaults(run=_build)

    command = commands.add_parser("release", help="write exercises/ from solutions/")
    command.add_argument("--check", action="store_true", help="only say what would change")
    command.set_defaults(run=_release)

    command = commands.add_parser(
        "tidy", help="take outputs and an editor's traces out of the notebooks in solutions/"
    )
    command.set_defaults(run=_tidy)

    command = commands.add_parser(
        "grade",
        help="grade what students handed in, in a sandbox, into nbgrader's gradebook",
        # Nobody shall come to run students' code unprotected by typing half a word.
        allow_abbrev=False,
    )
    command.add_argument("assignment", help="its name, such as value_iteration")
    command.add_argument(
        "--submissions",
        type=Path,
        metavar="FOLDER",
        help="holds STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb (default: as nbgrader_config.py says)",
    )
    command.add_argument(
        "--workers",
        default="serial",
        metavar="N",
        help="how many processes, or tcp://HOST:PORT of a Dask scheduler (default: serial)",
    )
    command.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="STUDENT",
        help="nobody else; may be repeated",
    )
    command.add_argument(
        "--regrade", action="store_true", help="grade also what has been graded already"
    )
    command.add_argument("--dry-run", action="store_true", help="only say what would be graded")
    command.add_argument("--json", action="store_true", help="print each result as a line of JSON")
    command.add_argument("--seed", type=int, default=0, help="of the tests' random numbers")
    command.add_argument(
        "--unsafe", action="store_true", help="run students' code without a sandbox"
    )
    command.set_defaults(run=_grade)

    command = commands.add_parser("start", help="copy an exercise into work/, to work in it there")
    command.add_argument("assignment", help="its name, such as value_iteration")
    command.add_argument("--open", action="store_true", help="and open it in JupyterLab")
    command.set_defaults(run=_start)

    command = commands.add_parser(
        "check", help="say what the visible tests say of a notebook; status 1 where one fails"
    )
    command.add_argument(
        "notebook", type=Path, help="a file, or the name of an exercise that you have begun"
    )
    command.set_defaults(run=_check)

    command = commands.add_parser(
        "mutate",
        help="change the solution as students get it wrong, and say what no test notices",
        allow_abbrev=False,
    )
    command.add_argument("assignment", help="its name, such as value_iteration")
    command.add_argument(
        "--workers", type=int, default=2, metavar="N", help="how many processes (default: 2)"
    )
    command.add_argument(
        "--seconds",
        type=float,
        default=0.5,
        metavar="S",
        help="of computing for one call of a function (default: 0.5)",
    )
    command.add_argument("--unsafe", action="store_true", help="run the mutants without a sandbox")
    command.set_defaults(run=_mutate)

    command = commands.add_parser(
        "answers", help="say what a student reads of each wrong sample answer"
    )
    command.add_argument("assignments", nargs="*", help="these only (default: all)")
    command.set_defaults(run=_answers)

    command = commands.add_parser("grade-sample", help="grade the sample class")
    command.set_defaults(run=_grade_sample)

    return main_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit status."""
    args = parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # nothing is lost to what a terminal cannot show
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return args.run(args)
    except CourseError as problem:
        print(f"course: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        if problem.filename is None:
            print(f"course: {problem}", file=sys.stderr)
            return 1
        # A file or folder that cannot be read or written: that, too, the user can put right.
        print(f"course: {problem.filename}: {problem.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("course: stopped", file=sys.stderr)
        return 130
