"""Released notebooks import `course.pictures`; it lives in `course.exercise`."""

from course.exercise.pictures import picture

__all__ = ["picture"]
