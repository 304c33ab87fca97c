"""The operations of the course: the `course` command, and what it does.

cli       what people type
layout    where the things of a course lie
errors    what the user can put right
stamp     tells a file of ours from one in which a person has worked
writing   a file whole or not at all
release   from the instructors' notebooks to the students'
labconfig what JupyterLab hides from students
folding   test cells are closed until they are opened
start     a copy of an exercise to work in
check     what the visible tests say to a student
mutation  are the tests of an assignment sharp?
exercise  what notebooks import: tests that teach
grading   tests on this side, a student's code on the other
sandbox   where a student's code runs
samples   an invented class, and hard cases
site      the website
live      notebooks and exercises that run in the reader's browser

`checks` and `pictures` are names that released notebooks use for what is in `exercise`.
"""
