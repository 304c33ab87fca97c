from course.mutation.mutants import Excuse, Mutant
from course.mutation.report import findings, lines
from course.mutation.trials import Trial


def trial(change, visible="", hidden=""):
    return Trial(Mutant("f", 2, "return x", change, ""), visible, hidden)


TRIALS = [
    trial("return a", "a is wrong", "a is wrong"),
    trial("return b", "", "b is wrong"),
    trial("return c", "c is wrong"),
    trial("return d"),
    trial("return e"),
]


def test_trials_by_who_notices():
    found = findings(TRIALS, [Excuse("f", "d", "since d is x.")])
    assert [found.noticed, found.late, found.by_copying, found.unnoticed] == [
        [TRIALS[0]],
        [TRIALS[1]],
        [TRIALS[2]],
        [TRIALS[4]],
    ]
    assert found.explained == [(TRIALS[3], Excuse("f", "d", "since d is x."))]
    assert not found.stale
    assert not found.is_sharp


def test_an_excuse_that_nobody_needs_is_told():
    needed, idle = Excuse("f", "d", "since d is x."), Excuse("f", "return a", "since a is x.")
    assert findings(TRIALS[:4], [needed]).is_sharp
    found = findings(TRIALS[:4], [needed, idle])
    assert found.stale == [idle]
    assert not found.is_sharp
    assert "f: `return a` is explained, but nobody needs it" in lines(found)


def test_what_matters_most_stands_last():
    said = list(lines(findings(TRIALS, [Excuse("f", "d", "since d is x.")])))
    assert said[-3:] == [
        "1 noticed by NOBODY:",
        "  f, line 2: return e",
        "5 mutants: 3 noticed, 1 explained, 1 unnoticed",
    ]
    assert said[1:3] == ["  f, line 2: return a", "      a is wrong"]
