"""What can be said of a question: one word each, in the journal, the gradebook and the feedback."""

GRADED = "graded"
FAILED = "failed"
TIMEOUT = "timeout"
MEMORY = "out of memory"
CRASHED = "crashed"
UNREADABLE = "unreadable"
MISSING = "missing"
WAITING = "to be marked"
HERE = "not gradable here"

STATUSES = {
    GRADED: "all tests of the question pass",
    FAILED: "a test fails, or the function raises an error",
    TIMEOUT: "a call did not come back in time",
    MEMORY: "it asked for more memory, or more processes, than there is for one submission",
    CRASHED: "its process ended, or broke the line to the grader",
    UNREADABLE: "the file is no notebook that can be read",
    MISSING: "nothing was handed in, or the function was not written",
    WAITING: "a person marks it, in formgrader; until then it has no points, which is not 0",
    HERE: "the grader's own trouble; tried again in the next run, and never counted as 0",
}
"""Every status, and what it means."""
