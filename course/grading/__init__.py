"""Grading that can be trusted: tests on this side, a student's code on the other.

results      what is said of a question, and of a submission
assignment   what is asked, read from the instructors' notebook
notebooks    what was handed in, read in whatever state it is
scan         what is wanted of a JSON text, without the rest
judge        what counts as an answer: one rule
manual       what a person is to mark
session      a student's functions, as proxies that ask a worker
words        what a student's process may say once it knows a hidden test
submission   one submission, from its bytes to its result and its documents
journal      what has been graded, so that nothing is graded twice
environment  what a mark depends on besides the submission and the tests
gradebook    the one writer of nbgrader's gradebook
feedback     what goes back to the student
files        submissions as they lie on the disk
attempts     which of a student's files counts
run          a whole class
cluster      the same on many processes
command      what an instructor types
"""
