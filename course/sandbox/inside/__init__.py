"""What stands inside the sandbox, in one process with a student's code.

Copies of these modules and of the harmless part of `rl_lib` are all that a student's process finds
of the course: no tests, no solutions, nothing that answers what students are asked. They import
libraries, `rl_lib` and each other, and nothing else of `course`.

forkserver  imports the libraries once, and forks a child for each worker
supervisor  watches over one worker from outside: memory, processes, its end
namespaces  the namespaces and limits that close in on a child
seccomp     the system calls that no answer needs
worker      runs a student's cells and answers calls of their functions
notebook    a notebook's cells, run without IPython
wire        what may cross between the worker and the grader
clock       a limit on computing time
refusal     what of `rl_lib` answers an exercise, and refuses in the place of it
"""
