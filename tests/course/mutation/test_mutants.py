import ast
from pathlib import Path

import pytest

from course.grading.assignment import Assignment
from course.layout import Course
from course.mutation.mutants import Excuse, Mutant, excuses_of, mutants_of

COURSE = Course.read(Path(__file__).parents[3])


@pytest.mark.parametrize("name", COURSE.assignments())
def test_every_mutant_is_python_of_its_own(name):
    assignment = Assignment.read(COURSE.solution(name))
    mutants = list(mutants_of(assignment))
    answers = {cell.grade_id: cell.source for cell in assignment.cells}
    assert len(mutants) > 50
    assert {mutant.step for mutant in mutants} == set(assignment.steps)
    assert len({mutant.source for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert mutant.before or mutant.after
        assert ast.get_docstring(ast.parse(mutant.source).body[0])
        assert mutant.source != ast.unparse(ast.parse(answers[mutant.step]))


def test_a_mutant_says_where_it_differs(assignment):
    found = {mutant.change: mutant for mutant in mutants_of(assignment())}
    assert {"total = v - by", "without total = v + by", "return np.trunc(total)"} <= found.keys()
    assert found["total = v - by"].line == 4
    assert found["total = v - by"].before == "total = v + by"
    assert "return total" in found["total = v - by"].source


def test_nothing_but_the_answers_changes(assignment):
    mutants = list(mutants_of(assignment()))
    assert all("The values, shifted." in mutant.source for mutant in mutants)
    assert all(mutant.source.startswith("def shift(v, by):") for mutant in mutants)


def test_excuses_stand_in_the_tests(assignment):
    text = "# Equivalent: `v + 0`, `v * 1`, since both are v.\n# equivalent to nothing"
    excuses = excuses_of(assignment(text))
    assert excuses == [
        Excuse("shift", "v + 0", "since both are v."),
        Excuse("shift", "v * 1", "since both are v."),
    ]
    mutant = Mutant("shift", 1, "return v", "return v + 0", "")
    assert excuses[0].fits(mutant)
    assert not excuses[1].fits(mutant)
    assert not excuses[0].fits(mutant._replace(step="other"))
    assert not Excuse("shift", "return", "since all do.").fits(mutant)
