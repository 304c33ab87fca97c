import json

import pytest

from course.grading.assignment import Assignment

SETUP = "import numpy as np\nfrom course import checks"
ANSWER = '''def shift(v, by):
    """The values, shifted."""
    ### BEGIN SOLUTION
    total = v + by
    return total
    ### END SOLUTION'''
TEST = """@checks.step(globals())
def test(shift):
    v = np.array({numbers})
    checks.close("v", checks.values("v", shift(v, {by}), v.shape), v + {by})"""


def cell(source, grade_id, **info):
    about = {"grade_id": grade_id, "grade": False, "solution": False, "locked": True} | info
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": about}}


@pytest.fixture
def assignment():
    """An assignment of one function, with what its hidden test does besides."""

    def made(hidden="", answer=ANSWER):
        visible = TEST.format(numbers="[1.0, 2.5]", by=0.0)
        cells = [
            cell(SETUP, "setup"),
            cell(answer, "shift", solution=True, locked=False),
            cell(visible, "shift_visible", grade=True, points=1),
            cell(f"{visible}\n{hidden}", "shift_hidden", grade=True, points=1),
        ]
        return Assignment("small", json.dumps({"cells": cells}))

    return made
