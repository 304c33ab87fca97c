"""A submission graded by itself."""

from course.grading.files import Handed
from course.grading.notebooks import UnreadableError, read
from course.grading.submission import Job, Settings, grade


def graded(assignment, data, sandbox, seed=0):
    """The result of a file's bytes."""
    try:
        cells, notes = read(data)
        handed = Handed("ada", tuple(cells), notes=tuple(notes))
    except UnreadableError as problem:
        handed = Handed("ada", unreadable=str(problem))
    return grade(assignment, Job(handed, "key"), sandbox, Settings(seed=seed)).result
