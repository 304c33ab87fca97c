"""Grading that can be trusted: tests on this side, a student's code on the other.

results      what is said of a question, and of a submission
assignment   what is asked, read from the instructors' notebook
notebooks    what was handed in, found in whatever state it is
walls        what stands around a student's code
sandbox      the nursery behind the walls, and workers from it
student      a student's functions, as proxies that ask a worker
judge        one submission: every test, every question on its own
journal      what has been graded, so that nothing is graded twice
gradebook    the one writer of nbgrader's gradebook
feedback     what goes back to the student
files        what lies on the disk
run          a whole class
cluster      the same on many processes
command      what an instructor types
"""
