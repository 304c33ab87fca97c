"""Whatever a file holds, it is read as a notebook or is said not to be one."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings, strategies as st

from course.grading.assignment import Assignment
from course.grading.judge import plan
from course.grading.notebooks import UnreadableError, read
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
    planned = plan(ASSIGNMENT, cells)
    for cell in (*planned.cells, *planned.last):
        cell.source.encode("utf8")
    assert all(-1 <= planned.answer(step) < len(cells) for step in ASSIGNMENT.steps)
    assert all(isinstance(note, str) for note in notes)


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


HUGE = {
    "a cell of short lines": """b'{"source": [' + b'"x",' * (15 * 10**6) + b'""]}'""",
    "a long line": """b'{"source": "' + b'x' * (60 * 10**6) + b'"}'""",
    "printed numbers": """b'{"source": "", "outputs": [[' + b'1.5,' * (15 * 10**6) + b'1]]}'""",
    "lists in lists": """b'{"outputs": [' + b'[[[[[{}]]]]],' * (4 * 10**6) + b'1]}'""",
    "quotes": r"""b'{"outputs": ["' + b'\\"' * (30 * 10**6) + b'"]}'""",
    "characters beyond the first plane": """b'{"outputs": ["' + '𝔾'.encode() * (15 * 10**6) + b'"]}'""",  # noqa: E501
    "brackets": "b'[' * (60 * 10**6)",
    "many cells": "b'{},' * (20 * 10**6) + b'{}'",
}  # fmt: skip


@pytest.mark.parametrize("kind", HUGE)
def test_a_large_file_costs_little_memory_and_no_answer(kind):
    """The right answer stands in front of it; the file itself is 60 MB of what may be had."""
    source = json.dumps(hard_cases.RIGHT["action_values"])
    program = f"""
import json, resource, sys
from course.grading.notebooks import UnreadableError, read
data = b'{{"cells": [{{"source": ' + {source!r}.encode() + b'}}, ' + {HUGE[kind]} + b']}}'
assert 50 * 10**6 < len(data) < 64 * 2**20
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    cells, notes = read(data)
    assert "def action_values" in cells[0].source
    said = f"{{len(cells)}} cells; {{notes}}"
except UnreadableError as problem:
    said = str(problem)
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([used // 1024, said]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    megabytes, said = json.loads(done.stdout)
    assert megabytes < 150
    unreadable = {"brackets": "a bracket is not closed", "many cells": "more than 2000"}
    left_out = {"a cell of short lines", "a long line"}
    assert (
        unreadable.get(kind, "cells that are too long" if kind in left_out else " cells; []")
        in said
    )
