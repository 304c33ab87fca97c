"""`course grade`: what an instructor types, and what they are told."""

import argparse
import json
import re
import sys
from collections import Counter
from dataclasses import replace

from tqdm.auto import tqdm

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.files import roll
from course.grading.results import Result
from course.grading.run import Listener, grade_class, journal_of, plan
from course.grading.submission import Settings
from course.layout import Course
from course.sandbox import statuses
from course.sandbox.workers import Sandbox, SandboxError

LISTED = 20  # lines of each list


def grade(args: argparse.Namespace, course: Course) -> int:
    """Run the command, and return its exit status.

    Raises
    ------
    CourseError
        For what a person can put right.
    """
    if args.submissions:
        course = replace(course, submitted=args.submissions)
    path = course.solution(args.assignment)
    if not path.is_file():
        names = ", ".join(course.assignments())
        raise CourseError(f"{args.assignment} is no assignment; there are {names}")
    elsewhere = re.fullmatch(r"(tcp|tls)://\S+:\d+", args.workers) is not None
    several = args.workers.isdecimal() and int(args.workers) > 0
    if not (args.workers == "serial" or several or elsewhere):
        raise CourseError(
            f'--workers is {args.workers}; it must be "serial", a whole number, or the address of '
            "a scheduler such as tcp://host:8786"
        )
    assignment = Assignment.read(path)
    settings = Settings(
        unsafe=args.unsafe, seed=args.seed, hidden=(course.root,), book=course.book_address
    )
    if args.dry_run:
        return _say_what_would_be_done(args, course, assignment, settings)
    try:
        if not elsewhere:  # before anything is written
            with Sandbox(settings.limits, unsafe=args.unsafe, hidden=settings.hidden) as sandbox:
                sandbox.worker().close()
    except (SandboxError, OSError) as problem:
        raise CourseError(str(problem)) from None
    tally: Counter[str] = Counter()
    said: list[str] = []
    absent: list[str] = []
    everybody = roll(course.submitted)
    total = len(args.only) or len(everybody.students)
    if total == 0:
        raise CourseError(f"nobody has handed in {assignment.name} in {course.submitted}")
    bar = tqdm(total=total, unit="submission", disable=None, file=sys.stderr, dynamic_ncols=True)

    def told(result: Result, new: bool) -> None:
        tally["graded now" if new else "graded before"] += 1
        for status in {mark.status for mark in result.marks}:
            tally[status] += 1
        if new:
            said.extend(f"{result.student}: {note}" for note in result.notes)
        if args.json:
            with bar.external_write_mode():
                print(json.dumps(result.to_json() | {"new": new}), flush=True)
        bar.update()

    def missed(student: str) -> None:
        absent.append(student)
        bar.update()

    def blocked(student: str, words: str) -> None:
        tally["blocked"] += 1
        print(f"{student}: the feedback cannot be written: {words}", file=sys.stderr)

    try:
        with bar:
            grade_class(
                course,
                assignment,
                settings,
                workers=args.workers,
                only=args.only,
                regrade=args.regrade,
                listener=Listener(told, missed, blocked),
            )
    except OSError as problem:
        raise CourseError(f"{problem}; what is graded is kept, run it again to go on") from None
    except KeyboardInterrupt:
        print("\nStopped. What is graded is kept; run it again to go on.", file=sys.stderr)
        return 130
    if len(absent) == total:
        raise CourseError(f"nobody has handed in {assignment.name} in {course.submitted}")
    if not args.json:
        _sum_up(course, assignment, tally)
        _list("Notes, also in the feedback", said)
        _list("Nothing handed in", absent)
        _list("Left alone", everybody.left_alone)
    return 1 if tally[statuses.HERE] or tally["blocked"] else 0


def _list(title: str, lines: list[str]) -> None:
    if lines:
        print(f"{title}:")
        print("\n".join(f"  {line}" for line in lines[:LISTED]))
    if len(lines) > LISTED:
        print(f"  and {len(lines) - LISTED} more")


def _say_what_would_be_done(
    args: argparse.Namespace, course: Course, assignment: Assignment, settings: Settings
) -> int:
    to_do, journal = 0, journal_of(course, assignment)
    for job, known in plan(course, assignment, settings, journal, args.only, args.regrade):
        to_do += known is None
        what = "would be graded" if known is None else f"graded before: {known.points:g} points"
        if args.json:
            print(json.dumps({"student": job.handed.student, "to_do": known is None}))
        else:
            print(f"{job.handed.student}: {what}")
    if not args.json:
        print(f"{to_do} to be graded; nothing was done")
    return 0


def _sum_up(course: Course, assignment: Assignment, tally: Counter[str]) -> None:
    now, before = tally["graded now"], tally["graded before"]
    print(f"{assignment.name}: {now} graded now, {before} before")
    for status, meaning in statuses.STATUSES.items():
        if tally[status] and status != statuses.GRADED:
            print(f"  {tally[status]} with a question {status} ({meaning})")
    print(f"Marks: {course.database.removeprefix('sqlite:///')}\nFeedback: {course.out}/feedback")
