"""The operations of the course: the `course` command."""
