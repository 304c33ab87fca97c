"""Grading that can be trusted: tests on this side, a student's code on the other.

results      what is said of a question, and of a submission
assignment   what is asked, read from the instructors' notebook
notebooks    what was handed in, found in whatever state it is
sandbox      the nursery in its sandbox, and workers from it
student      a student's functions, as proxies that ask a worker
judge        one submission: every test, every question on its own
journal      what has been graded, so that nothing is graded twice
gradebook    the one writer of nbgrader's gradebook
feedback     what goes back to the student
run          a whole class, on one process or many
"""
