"""Where students' code runs. Nothing here knows of grading.

workers      the fork server in its sandbox, and one worker after the other from it
bubblewrap   the file system around them, and the command line that makes it
cgroups      memory and threads as the kernel counts them, where it lets us ask
statuses     what can be said of a question, in one word
inside       what stands within, in one process with a student's code
"""
