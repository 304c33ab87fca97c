"""What counts as an answer: all of this is right in Jupyter, or nearly, and keeps its points."""

import json

import pytest
from graded import graded as grade_it

from course.check import check
from course.grading.assignment import Assignment
from course.layout import Course
from course.samples import hard_cases
from course.samples.hard_cases import ANSWER, RIGHT, STEPS, cell_of, place_of
from course.sandbox.workers import Limits, Sandbox

pytestmark = pytest.mark.usefixtures("bubblewrap")

NAME = hard_cases.NAME
ASSIGNMENT = Assignment.read(hard_cases.ROOT / "solutions" / NAME / f"{NAME}.ipynb")
COURSE = Course.read(hard_cases.ROOT)
Q, V, G = (RIGHT[step].strip() for step in STEPS)
LAMBDA = f"lambda mdp, v: {ANSWER}"
INDENTED = "\n".join(f"    {line}" for line in Q.splitlines())


@pytest.fixture(scope="module")
def house():
    with Sandbox(Limits(computing=5.0, waiting=60.0), hidden=(hard_cases.ROOT,)) as house:
        yield house


def code(source):
    return {"cell_type": "code", "id": "own", "metadata": {}, "source": source,
            "outputs": [], "execution_count": None}  # fmt: skip


def notebook(answers=(), **places):
    """The released notebook with right answers, and own cells above or below a cell, or at the end.

    `action_values_hidden="x = 1"` puts a cell below that one; `first` is at the top, `end` below
    everything, `tests` in front of the lines of the first test.
    """
    made = json.loads((hard_cases.ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text("utf8"))
    for step, source in (RIGHT | dict(answers)).items():
        cell_of(made, step)["source"] = source.strip("\n")
    for place, source in places.items():
        cells = made["cells"]
        if place == "tests":
            cell = cell_of(made, "action_values_visible")
            cell["source"] = source + "\n" + "".join(cell["source"])
        elif place == "first":
            cells.insert(0, code(source))
        elif place == "end":
            cells.append(code(source))
        else:
            cells.insert(place_of(made, place) + 1, code(source))
    return json.dumps(made).encode()


def q(source):
    return {"action_values": source}


RIGHT_ONES = {
    "nothing special": notebook(),
    # cells as IPython reads them
    "an indented cell": notebook(q(INDENTED)),
    "a scratch cell that begins with a blank": notebook(action_values=" x = 1"),
    "an indented scratch cell below a function": notebook(action_values="    x = 1\n    y = 2"),
    "a carriage return at each end": notebook(q(Q.replace("\n", "\r\n"))),
    "a line continued, a question mark": notebook(q(Q + "\naction_values?\n!ls\n%who")),
    # experiments
    **{
        f"further down: {line}": notebook(end=line, greedy_policy_hidden=line)
        for line in (
            "sum = 0", "list = [1, 2]", "def max(a, b):\n    return a", "from numpy import *",
            "from rl_lib import *", "np = None", "del np, action_values", "%reset -f",
            "action_values = value_iteration = greedy_policy = None", "globals().clear()",
            "import os\nos._exit(1)", "exit()", "raise SystemExit", "1 / 0", "while True: pass",
        )
    },
    # answers bound otherwise
    "an annotated assignment": notebook(q(f"import numpy as np\naction_values: object = {LAMBDA}")),
    "a chain": notebook(q(f"import numpy as np\nmine = action_values = {LAMBDA}")),
    "a tuple": notebook(q(f"import numpy as np\naction_values, other = {LAMBDA}, 3")),
    "a walrus": notebook(q(f"import numpy as np\n(action_values := {LAMBDA})")),
    "a walrus in a condition": notebook(q(f"import numpy as np\nif action_values := {LAMBDA}: pass")),  # noqa: E501
    "in if": notebook(q(f"if True:\n{INDENTED}")),
    "in try": notebook(q(f"try:\n    import unheard\nexcept ImportError:\n{INDENTED}")),
    "in with": notebook(q(f"import numpy as np\nwith np.errstate(all='ignore'):\n{INDENTED}")),
    "in for": notebook(q(f"for _ in range(1):\n{INDENTED}")),
    "in match": notebook(q("match 1:\n  case _:\n" + INDENTED)),
    "after a semicolon": notebook(q(f"import numpy as np; action_values = {LAMBDA}")),
    "a lambda at the very end": notebook(q(f"import numpy as np\naction_values = {LAMBDA}")),
    "made by exec": notebook(q(f"exec({Q!r})")),
    "an attribute of a class": notebook(
        q(f"import numpy as np\nclass Mine:\n    q = staticmethod({LAMBDA})\naction_values = Mine.q")  # noqa: E501
    ),
    "an object that is called": notebook(
        q(f"class Mine:\n    def __call__(self, mdp, v):\n        return {ANSWER}\n"
          "action_values = Mine()")
    ),
    "a decorated one": notebook(q(f"import functools, numpy as np\n@functools.lru_cache\ndef two():\n"  # noqa: E501
                                  f"    return 2\n@functools.wraps(two)\n{Q.splitlines()[1]}\n"
                                  f"{Q.splitlines()[2]}")),
    "through user_ns": notebook(q(f"import numpy as np\nget_ipython().user_ns['action_values'] = {LAMBDA}")),  # noqa: E501
    "global in a function": notebook(
        q(f"def bind():\n    global action_values\n    action_values = {LAMBDA}\nbind()")
    ),
    # answers elsewhere
    "pass left, the answer in a cell of its own": notebook(
        q("def action_values(mdp, v):\n    pass"), action_values=Q
    ),
    "pass left, the answer at the end": notebook(q("def action_values(mdp, v):\n    pass"), end=Q),
    "pass left, the answer at the top, too": notebook(q(Q + "\n"), first="pass"),
    "the stub left, the answer at the end": notebook(
        q("def action_values(mdp, v):\n    # YOUR CODE HERE\n    raise NotImplementedError()"), end=Q  # noqa: E501
    ),
    "the answer at the top, the stub in its place": notebook(
        q("def action_values(mdp, v):\n    raise NotImplementedError()"), first=Q
    ),
    "a helper in front of a test": notebook(
        q("def action_values(mdp, v):\n    return look(mdp, v)"), tests=f"look = {LAMBDA}"
    ),
    "a helper of all steps further down": notebook(
        q("def action_values(mdp, v):\n    return look(mdp, v)"), end=f"look = {LAMBDA}"
    ),
    "a partial": notebook(
        q("from functools import partial\naction_values = partial(look, 1)"),
        first=f"look = lambda one, mdp, v: {ANSWER}",
    ),
    "a partial of what stands below": notebook(
        q("from functools import partial\naction_values = partial(look, 1)"),
        end=f"look = lambda one, mdp, v: {ANSWER}",
    ),
    "an object made in the first cell": notebook(
        q(f"def action_values(mdp, v):\n    return one * ({ANSWER})"),
        first="import numpy\none = numpy.ones(1)",
    ),
    "an object made below": notebook(
        q(f"def action_values(mdp, v):\n    return one[0] * ({ANSWER})"), end="one = [2 - 1]"
    ),
    "a world of the first cell": notebook(
        q(f"size = grid.mdp.n_actions\ndef action_values(mdp, v):\n    return size / 4 * ({ANSWER})")  # noqa: E501
    ),
    "an import that is only in a cell below": notebook(
        {"action_values": Q.replace("import numpy as np", "")}, end="import numpy as np"
    ),
    # what looks at the notebook itself
    "pickle of an own class": notebook(
        q(f"import pickle\nclass Kept:\n    pass\npickle.loads(pickle.dumps(Kept()))\n{Q}\n"
          "action_values = pickle.loads(pickle.dumps(action_values))")
    ),
    "import __main__": notebook(
        q(f"{Q.replace('action_values', 'look')}\nimport __main__\n"
          "def action_values(mdp, v):\n    return __main__.look(mdp, v)")
    ),
    "inspect.getsource": notebook(
        q(f"{Q}\nimport inspect\nassert 'discount' in inspect.getsource(action_values)\n"
          "text = inspect.getsource(action_values)\ndel action_values\nexec(text)")
    ),
    "compiled and stored": notebook(
        q("import numpy as np\nfrom numba import njit\n@njit(cache=True)\ndef look(r, g, p, v):\n"
          "    q = r.copy()\n    for s in range(len(p)):\n        for a in range(p.shape[1]):\n"
          "            for t in range(len(v)):\n                q[s, a] += g * p[s, a, t] * v[t]\n"
          "    return q\ndef action_values(mdp, v):\n"
          "    return look(mdp.rewards, mdp.discount, mdp.transitions, v)")
    ),
    "several processes": notebook(
        {"greedy_policy": f"{G.replace('greedy_policy', 'look')}\nfrom multiprocessing import Pool\n"  # noqa: E501
         "def greedy_policy(mdp, v):\n    with Pool(2) as pool:\n"
         "        return pool.starmap(look, [(mdp, v)])[0]"}
    ),
    "threads": notebook(
        q(f"{Q.replace('action_values', 'look')}\nfrom concurrent.futures import ThreadPoolExecutor\n"  # noqa: E501
          "def action_values(mdp, v):\n    with ThreadPoolExecutor(2) as pool:\n"
          "        return pool.submit(look, mdp, v).result()")
    ),
    # magics
    "%%file": notebook(q("from own import q as action_values"), first=f"%%file own.py\nq = {LAMBDA}"),  # noqa: E501
    "%run": notebook(q("%run own.py"), first=f"%%writefile own.py\naction_values = {LAMBDA}"),
    "%%writefile -a": notebook(
        q("%%writefile -a own.py\nq = eval(text)"),
        first=f"%%writefile own.py\ntext = {LAMBDA!r}",
        action_values="from own import q as action_values",
    ),
    "%%memit": notebook(q(f"%%memit\n{Q}")),
    "%%capture out": notebook(q(f"%%capture out\n{Q}"), action_values="out.show()"),
    "%%time": notebook(q(f"%%time\n{Q}")),
    # what takes too long, or fails, on the way
    "an endless cell above": notebook(first="while True: pass\nx = 1"),
    "an endless statement above the answer": notebook(q(f"while True: pass\n{Q}")),
    "a missing module": notebook(q(f"import unheard\nfrom google.colab import files\n{Q}")),
    "a file that is not there": notebook(q(f"data = open('data.csv').read()\n{Q}")),
}  # fmt: skip
RETURNED = {
    "array.array": "[array.array('d', row) for row in q]",
    "deque": "deque(deque(row) for row in q)",
    "memoryview": "memoryview(q)",
    "big-endian": "q.astype('>f8')",
    "big-endian single entries": "[[x.astype('>f8') for x in row] for row in q]",
    "a list of tuples": "[tuple(row) for row in q]",
    "a list of arrays": "list(q)",
    "a matrix": "np.matrix(q)",
    "a masked array": "np.ma.array(q)",
    "a long double": "q.astype(np.longdouble)",
    "a view": "np.asfortranarray(q)[::1]",
    "a list of its own": "type('Mine', (list,), {})(q.tolist())",
    "an array of its own": "q.view(type('Mine', (np.ndarray,), {}))",
    "a sequence of its own": "Rows(q)",
    "a pandas table": "__import__('pandas').DataFrame(q)",
    "a dictionary's values": "list(dict(enumerate(q)).values())",
}
ROWS = """
import array, numpy as np
from collections import deque
class Rows:
    def __init__(self, q):
        self.q = q
    def __len__(self):
        return len(self.q)
    def __getitem__(self, i):
        return self.q[i]
"""
RIGHT_ONES |= {
    f"returned: {kind}": notebook(
        q(f"{ROWS}def action_values(mdp, v):\n    q = {ANSWER}\n    return {how}"),
        action_values="right = action_values\ndef action_values(mdp, v):\n    return right(mdp, v)",
    )
    for kind, how in RETURNED.items()
} | {
    f"actions returned: {kind}": notebook({"greedy_policy": f"import array\nfrom collections import "  # noqa: E501
        f"deque\ndef greedy_policy(mdp, v):\n    a = action_values(mdp, v).argmax(axis=1)\n"
        f"    return {how}"})
    for kind, how in {
        "array.array": "array.array('l', a)",
        "deque": "deque(a)",
        "memoryview": "memoryview(a)",
        "bytes": "memoryview(bytes(a.tolist()))",
        "big-endian": "a.astype('>i4')",
        "range or list": "range(1) if len(a) == 1 and a[0] == 0 else a.tolist()",
    }.items()
}  # fmt: skip
HELPED = {"returned: deque", "returned: array.array"}


@pytest.mark.parametrize("name", RIGHT_ONES)
def test_a_right_answer_gets_its_points(name, house):
    result = grade_it(ASSIGNMENT, RIGHT_ONES[name], house)
    assert result.points == result.most == 10, [
        (mark.test, mark.message) for mark in result.marks if mark.points < mark.most
    ]


@pytest.mark.parametrize(
    "name", [name for name in RIGHT_ONES if "endless" not in name and "os._exit" not in name]
)
def test_and_is_right_at_home(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(RIGHT_ONES[name])
    said, _ = check(path, COURSE)
    assert all(one.passed for one in said), said
