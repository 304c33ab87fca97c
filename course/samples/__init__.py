"""An invented class and hard cases, as data: for `make grade`, for tests and for benchmarks.

sample_class  who hands in what, and how it is graded
reading       what a student reads of each wrong one
hard_cases    what students hand in on bad days, and on days when they mean harm
answers       right and wrong answers, one a file, by assignment
"""
