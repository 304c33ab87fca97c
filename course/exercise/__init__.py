"""What the notebooks of the exercises import: tests that teach, and what surrounds them.

checks     run a test of a student's functions, and say what went wrong in plain words
functions  a student's functions, wherever they run: here, or in the grader's sandbox
reasons    why a test fails: known mistakes, tried
mistakes   these, each as code
words      how it is said
guard      what surrounds every call of one in a notebook
answers    correct answers to the steps that others build on
page       an exercise inside a page, run and tested in the reader's browser
pictures   pictures with words for those who cannot see them
"""
