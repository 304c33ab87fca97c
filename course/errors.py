"""Two kinds of things go wrong: what the user can put right, and bugs."""


class CourseError(Exception):
    """A mistake of the user's: `course` tells it in one line. Whatever else is raised is a bug."""
