"""The one writer of nbgrader's gradebook.

Results go in as nbgrader's own automatic scores, so that formgrader, its manual marks and its
export work on them. What a person has entered there stays. Writing a result twice changes nothing.
"""

import contextlib
import json
import logging
import os
import sysconfig
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.grading.assignment import Assignment
from course.grading.results import Result
from course.sandbox import statuses


class Gradebook:
    """The scores of one course.

    Parameters
    ----------
    address : str
        As SQLAlchemy has it: `sqlite:////folder/gradebook.db`.
    course : str
        nbgrader's course id.
    """

    def __init__(self, address: str, course: str) -> None:
        # nbgrader runs alembic by its bare name.
        path = [sysconfig.get_path("scripts"), os.environ.get("PATH", "")]
        os.environ["PATH"] = os.pathsep.join(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            from nbgrader.api import Gradebook as Database
        if address.startswith("sqlite:///"):
            Path(address.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        try:
            self._book = Database(address, course)
        except Exception as problem:
            words = str(problem).splitlines()[0]
            raise OSError(f"the gradebook {address} cannot be opened: {words}") from None

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    @contextlib.contextmanager
    def _database(self) -> Iterator[None]:
        """Let what goes wrong in the database, a full disk for instance, be an `OSError`."""
        from nbgrader.api import InvalidEntry
        from sqlalchemy.exc import SQLAlchemyError

        log = logging.getLogger("tornado.application")  # nbgrader's; what it logs it also raises
        level = log.level
        log.setLevel(logging.CRITICAL)
        try:
            yield
        except (SQLAlchemyError, InvalidEntry) as problem:
            self._book.db.rollback()
            raise OSError(f"the gradebook: {str(problem).splitlines()[0]}") from None
        finally:
            log.setLevel(level)

    def prepare(self, assignment: Assignment) -> None:
        """Enter an assignment, or what has changed in it since.

        Raises
        ------
        CourseError
            If a test that is no longer there has marks that a person gave.
        OSError
            If the database cannot be written.
        """
        with self._database():
            self._prepare(assignment)

    def enter(self, result: Result) -> None:
        """Enter a result, and leave alone what a person has entered.

        Raises
        ------
        OSError
            If the database cannot be written.
        """
        with self._database():
            self._enter(result)

    def _prepare(self, assignment: Assignment) -> None:
        book, name = self._book, assignment.name
        book.update_or_create_assignment(name)
        kernel = json.dumps(json.loads(assignment.text)["metadata"].get("kernelspec", {}))
        notebook = book.update_or_create_notebook(name, name, kernelspec=kernel)
        wanted = set()
        for cell in assignment.cells:
            if not cell.grade_id:
                continue
            kind = cell.kind if cell.kind == "code" else "markdown"
            if cell.task:
                wanted.add(cell.grade_id)
                book.update_or_create_task_cell(
                    cell.grade_id, name, name, max_score=cell.points, cell_type=kind
                )
            elif cell.grade:
                wanted.add(cell.grade_id)
                book.update_or_create_grade_cell(
                    cell.grade_id, name, name, max_score=cell.points, cell_type=kind
                )
            if cell.solution:
                book.update_or_create_solution_cell(cell.grade_id, name, name)
            book.update_or_create_source_cell(
                cell.grade_id,
                name,
                name,
                cell_type=kind,
                locked=cell.locked,
                source=cell.source,
            )
        for cell in [*notebook.grade_cells, *notebook.task_cells]:
            if cell.name not in wanted:
                if any(grade.manual_score is not None for grade in cell.grades):
                    raise CourseError(
                        f"the test {cell.name} is gone from {name}, but somebody has given marks "
                        "for it by hand; put it back, or clear those marks in formgrader"
                    )
                for grade in list(cell.grades):
                    book.db.delete(grade)
                book.db.delete(cell)
        book.db.commit()

    def _enter(self, result: Result) -> None:
        from nbgrader.api import Comment, Grade, MissingEntry, SubmittedNotebook
        from nbgrader.utils import parse_utc

        book, name = self._book, result.assignment
        try:
            submission = book.find_submission(name, result.student)
        except MissingEntry:
            book.update_or_create_student(result.student)
            with book.db.no_autoflush:
                submission = book.add_submission(name, result.student)
        time = parse_utc(result.timestamp) if result.timestamp else None
        if submission.timestamp != time:
            submission.timestamp = time
        notebook = next((one for one in submission.notebooks if one.name == name), None)
        if notebook is None:  # somebody has tidied up; the marks below are made anew
            (of,) = (one for one in submission.assignment.notebooks if one.name == name)
            notebook = SubmittedNotebook(notebook=of, assignment=submission)
            book.db.add(notebook)
            book.db.flush()
        grades = {grade.cell.name: grade for grade in notebook.grades}
        comments = {comment.cell.name: comment for comment in notebook.comments}
        of = notebook.notebook
        cells = {cell.name: cell for cell in (*of.grade_cells, *of.task_cells)}
        answers = {cell.name: cell for cell in (*of.solution_cells, *of.task_cells)}
        said = _comments(result, answers)
        for mark in result.marks:
            grade = grades.get(mark.test)
            if grade is None:  # a test that is newer than this submission
                grade = Grade(cell_id=cells[mark.test].id, notebook=notebook)
                book.db.add(grade)
            score = None if mark.status in (statuses.HERE, statuses.WAITING) else mark.points
            changed = grade.auto_score != score
            if mark.status == statuses.WAITING:  # the comment tells one answer from another
                comment = comments.get(mark.step)
                changed = comment is None or comment.auto_comment != said.get(mark.step)
            if changed:
                grade.auto_score = score
                by_hand = grade.manual_score is not None
                grade.needs_manual_grade = by_hand or score is None
        for step, words in said.items():
            comment = comments.get(step)
            if comment is None:
                comment = Comment(cell_id=answers[step].id, notebook=notebook)
                book.db.add(comment)
            if comment.auto_comment != words:
                comment.auto_comment = words
        book.db.commit()
        book.db.expire_all()
        book.db.expunge_all()  # memory must not grow with the class


def _comments(result: Result, answers: Any) -> dict[str, str]:
    said: dict[str, str] = {}
    for mark in result.marks:
        if mark.step in answers:
            # As a block of code no markup in it works, on whatever page nbgrader shows it.
            told = textwrap.indent(mark.message, "    ", lambda line: True)
            words = "" if mark.status == statuses.GRADED else f"{mark.status}:\n\n{told}"
            said[mark.step] = said.get(mark.step) or words
    return said
