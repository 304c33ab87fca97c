"""Whatever a file holds, it is read as a notebook or is said not to be one."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from course.grading.assignment import Assignment
from course.grading.notebooks import UnreadableError, find, read
from course.samples import hard_cases

NAME = hard_cases.NAME
ASSIGNMENT = Assignment.read(hard_cases.ROOT / "solutions" / NAME / f"{NAME}.ipynb")

KEYS = st.sampled_from(
    ["cells", "worksheets", "source", "input", "cell_type", "metadata", "nbgrader", "grade_id",
     "tags", "kernelspec", "language", "language_info", "name", "outputs"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["code", "markdown", "value_iteration", "def value_iteration(mdp, theta):\n    return 1",
     "  x = 1", "```python\ndef greedy_policy(mdp, v): pass\n```", "\ud800", ""]
)  # fmt: skip
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5)
)
NOTEBOOKS = st.fixed_dictionaries({"cells": st.lists(st.dictionaries(KEYS, JSON), max_size=6)})


@given(JSON | NOTEBOOKS | st.fixed_dictionaries({"worksheets": JSON}))
@settings(max_examples=300)
def test_any_json_is_read_or_refused_with_words(value):
    try:
        cells, notes = read(json.dumps(value).encode())
    except UnreadableError:
        return
    answers = find(ASSIGNMENT, cells)
    for cell in answers.cells:
        cell.source.encode("utf8")
    assert all(isinstance(note, str) for note in (*notes, *answers.notes))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_words(data):
    with pytest.raises(UnreadableError):
        read(data + b"\0")


@pytest.mark.parametrize(
    "text",
    ['{"worksheets": [{"cells": 5}]}', '{"worksheets": [5]}', '{"worksheets": []}', '{"cells": 5}',
     "[]", "5", "null", '"cells"', '{"worksheets": [{}]}', '{"worksheets": {"cells": []}}'],
)  # fmt: skip
def test_what_has_no_cells_is_no_notebook(text):
    with pytest.raises(UnreadableError, match="it has no cells"):
        read(text.encode())
