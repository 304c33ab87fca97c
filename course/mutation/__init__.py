"""Are the tests of an assignment sharp? The solution, changed as students get it wrong, is graded.

operators  the usual mistakes of programmers, as changes of the syntax tree
mistakes   the usual mistakes of this field
mutants    the solution with one such change each, and those explained as no mistake
trials     what the tests say of each mutant
report     who goes unnoticed, and what a student would read
"""
