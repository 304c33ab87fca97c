"""A submission graded by itself."""

from course.grading.files import Handed
from course.grading.submission import Job, Settings, grade


def graded(assignment, data, sandbox, seed=0):
    """The result of a file's bytes."""
    return grade(assignment, Job(Handed("ada", data), "key"), sandbox, Settings(seed=seed)).result
