"""Released notebooks import `course.checks`; it lives in `course.exercise`."""

from course.exercise.checks import (
    actions,
    close,
    environment,
    generator,
    random_mdp,
    step,
    values,
)

__all__ = ["actions", "close", "environment", "generator", "random_mdp", "step", "values"]
