"""A hundred ways to write down the solutions; every one of them gets all points."""

import json
import random
import re
import textwrap

import nbformat
import pytest
from graded import graded as grade_it

from course.grading.assignment import Assignment
from course.samples import hard_cases, sample_class as sample
from course.sandbox.workers import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("bubblewrap")]

ROOT = hard_cases.ROOT
NAMES = ("value_iteration", "q_learning", "maxent_irl", "inverse_q_learning")


def indented(source):
    return textwrap.indent(source, "    ")


def renamed(name, source):
    return re.sub(rf"^def {name}\(", f"def own_{name}(", source, flags=re.MULTILINE)


# Each takes the name of a step and its source; returns its cell, and one at the end if need be.
WAYS = {
    "as it is": lambda n, s: (s, None),
    "indented": lambda n, s: (indented(s), None),
    "in if": lambda n, s: (f"if True:\n{indented(s)}", None),
    "in try": lambda n, s: (f"try:\n    import unheard\nexcept ImportError:\n{indented(s)}", None),
    "in with": lambda n, s: (
        f"import contextlib\nwith contextlib.nullcontext():\n{indented(s)}",
        None,
    ),
    "another name": lambda n, s: (f"{renamed(n, s)}\n\n{n} = own_{n}", None),
    "annotated": lambda n, s: (f"{renamed(n, s)}\n{n}: object = own_{n}", None),
    "a chain": lambda n, s: (f"{renamed(n, s)}\nother = {n} = own_{n}", None),
    "a tuple": lambda n, s: (f"{renamed(n, s)}\n({n}, other) = own_{n}, 1", None),
    "a walrus": lambda n, s: (f"{renamed(n, s)}\n({n} := own_{n})", None),
    "a partial": lambda n, s: (
        f"import functools\n{renamed(n, s)}\n{n} = functools.partial(own_{n})",
        None,
    ),
    "a lambda": lambda n, s: (f"{renamed(n, s)}\n{n} = lambda *a: own_{n}(*a)", None),
    "a method": lambda n, s: (
        f"class Own:\n{indented('@staticmethod' + chr(10) + s.strip())}\n{n} = Own.{n}",
        None,
    ),
    "timed": lambda n, s: (f"%%time\n{s}", None),
    "captured": lambda n, s: (f"%%capture out\n{s}", None),
    "after a failure": lambda n, s: (f"import unheard\n1 / 0\n{s}", None),
    "after an exit": lambda n, s: (f"exit()\n{s}", None),
    "at the end": lambda n, s: (f"def {n}(*a):\n    pass", s),
    "a helper at the end": lambda n, s: (
        f"def {n}(*a):\n    return own_{n}(*a)",
        renamed(n, s),
    ),
    "a list": lambda n, s: (
        f"import numpy as np\n{renamed(n, s)}\ndef {n}(*a):\n"
        f"    r = own_{n}(*a)\n    return r.tolist() if isinstance(r, np.ndarray) else r",
        None,
    ),
    "big-endian": lambda n, s: (
        f"import numpy as np\n{renamed(n, s)}\ndef {n}(*a):\n    r = own_{n}(*a)\n"
        "    return r.astype(r.dtype.newbyteorder('>')) if isinstance(r, np.ndarray) else r",
        None,
    ),
}
BELOW = ("sum = 0", "list = [1]", "def max(a):\n    return a", "from numpy import *", "1 / 0",
         "from rl_lib import *", "np = None", "exit()", "  x = 1", "%reset -f", None)  # fmt: skip


def strip(cells):
    for cell in cells:
        cell["metadata"] = {}


def windows(cells):
    for cell in cells:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


NOTEBOOKS = (lambda cells: None, lambda cells: cells.reverse(), strip, windows)


def variant(number):
    """One of them: its assignment, what was done, and the file."""
    rng = random.Random(number)
    name = NAMES[number % len(NAMES)]
    solution, notebook = (
        nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)
        for folder in ("solutions", "exercises")
    )
    cells, end, done = {}, [], []
    for step, source in sample.solutions_of(solution).items():
        way = rng.choice(list(WAYS))
        cells[step], below = WAYS[way](step, source)
        end += [below] if below else []
        done.append(f"{step}: {way}")
    raw = json.loads(nbformat.writes(sample.fill_in(notebook, cells)))
    change = rng.choice(NOTEBOOKS)
    change(raw["cells"])
    experiment = rng.choice(BELOW)
    if (
        not end
        and experiment
        and raw["cells"][0]["cell_type"] == "markdown"
        and change is not strip
    ):
        end.append(experiment)
        done.append(experiment)
    for place, source in enumerate(end):
        raw["cells"].append(
            {"cell_type": "code", "id": f"end{place}", "metadata": {}, "source": source,
             "outputs": [], "execution_count": None}
        )  # fmt: skip
    return name, [*done, getattr(change, "__name__", "")], json.dumps(raw).encode()


@pytest.fixture(scope="module")
def house():
    with Sandbox(hidden=(ROOT,)) as house:
        yield house


@pytest.mark.parametrize("number", range(100))
def test_a_variant_of_the_solution_gets_all_points(number, house):
    name, done, data = variant(number)
    assignment = Assignment.read(ROOT / "solutions" / name / f"{name}.ipynb")
    result = grade_it(assignment, data, house)
    lost = [(mark.test, mark.message) for mark in result.marks if mark.points < mark.most]
    assert not lost, (done, lost)
