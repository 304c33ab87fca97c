"""Cells as people write them, run without IPython."""

import sys

import pytest

from course.sandbox.inside.clock import TimeIsUp, computing_limit
from course.sandbox.inside.notebook import Notebook


@pytest.fixture(autouse=True)
def _main(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def test_a_statement_that_fails_does_not_stop_the_others():
    own = Notebook()
    with pytest.raises(ZeroDivisionError):
        own.run("a = 1\nb = 1 / 0\nexit()\nc = a + 1\nd = unheard", "cell")
    assert (own.names["a"], own.names["c"]) == (1, 2)
    assert "b" not in own.names
    with pytest.raises(SyntaxError):
        own.run("e = 5\nf = (", "cell")
    assert "e" not in own.names


def test_of_what_takes_too_long_it_is_known_where_to_go_on():
    own = Notebook()
    cell = "a = 1\n%time while True: pass\nb = 2"
    with pytest.raises(TimeIsUp), computing_limit(0.05):
        own.run(cell, "cell")
    assert own.statement == 1
    own.run(cell, "cell", first=2)
    again = Notebook()
    again.run(cell, "cell", without=[1])
    assert own.names["b"] == again.names["b"] == 2


def test_an_error_knows_its_cell_and_line():
    own = Notebook()
    own.run("def f():\n    return 1 / 0", "mine")
    with pytest.raises(ZeroDivisionError) as caught:
        own.names["f"]()
    assert own.place(caught.value) == ("mine", 2)
    assert own.place(ValueError()) == ("", 0)


def test_what_is_not_written_yet_replaces_nothing():
    own = Notebook()
    own.run("def f(x):\n    return x", "one")
    own.run(
        'def f(x):\n    """Return x."""\n    # YOUR CODE HERE\n    raise NotImplementedError()',
        "two",
    )
    assert own.names["f"](3) == 3
    own.run("def g():\n    raise NotImplementedError()\ndef f(x):\n    return 2 * x", "three")
    assert own.names["f"](3) == 6
    with pytest.raises(NotImplementedError):
        own.names["g"]()


@pytest.mark.parametrize(
    ("below", "differs"),
    [
        ("def other(x=1, *, y=2):\n    return f(x)", False),
        ("import math\n'words'", False),
        ("import numpy as helper", True),
        ("def helper():\n    return 2", True),
        ("def f():\n    return 2", True),
        ("def inner():\n    return 2", True),
        ("def other(x=print(1)):\n    return 2", True),
        ("@print\ndef other():\n    return 2", True),
        ("TABLE[0] = 1", True),
        ("class Helper:\n    helper = 1", True),
        ("%%capture out\ndef other():\n    return 2", True),
    ],
)
def test_whether_what_stands_below_can_matter(below, differs):
    own = Notebook()
    own.run(
        "import math\nTABLE = [0]\ndef helper():\n    return [inner() for _ in range(2)]", "one"
    )
    own.run("def f():\n    return helper()", "two")
    own.remember()
    own.run(below, "below")
    assert own.differs("f") == differs


def test_of_code_that_looks_into_all_names_nothing_is_known():
    own = Notebook()
    own.run("def f():\n    return globals()['other']()", "one")
    own.remember()
    assert own.differs("f")


def test_what_ipython_understands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own = Notebook()
    for cell in (
        "from __future__ import annotations",
        "def f(x: Unheard) -> Unheard:\n    return x",
        "import asyncio\nawait asyncio.sleep(0)\nvalue = await asyncio.sleep(0, 7)",
        "%time g = lambda: 8\n!ls\n%matplotlib inline\nf?\nfiles = !ls\ntimed = %time g()",
        "%%time\nh = 9",
        "%%capture out --no-stderr\n%%memit\ni = 10",
        "    j = 11\n    k = 12",
        "out.show()\nprint(out.stdout)",
        "get_ipython().user_ns['l'] = 13\nget_ipython().run_cell('m = 14')",
        "%%writefile 'a module.py'\nn = 15",
        "%%writefile -a 'a module.py'\no = 16",
        "%%file other.py\np = 17",
        "%run 'a module.py'\n%run -i other",
        "%%some_timer_of_ones_own --often\nq = 18",
        "display(f)\nr = len(In) + len(Out)",
    ):
        own.run(cell, "cell")
    for cell in ("%%bash\nexit 1", "%%html\n<b>bold</b>", "%%script python\nf = None"):
        own.run(cell, "another language")
    bound = {name: own.names[name] for name in "hijklmnopqr"}
    assert bound == dict(h=9, i=10, j=11, k=12, l=13, m=14, n=15, o=16, p=17, q=18, r=1)
    assert (own.names["value"], own.names["g"](), own.names["timed"], own.names["files"]) == (
        7, 8, 8, [],
    )  # fmt: skip
    assert own.names["f"](3) == 3
    assert "Nothing" in capsys.readouterr().out


def test_what_looks_for_its_own_module_or_source_finds_it():
    own = Notebook()
    own.run("class Kept:\n    pass\ndef f():\n    return 5\nSEEN = 1", "one")
    own.run("import inspect, pickle, __main__\nsource = inspect.getsource(f)", "two")
    own.run("again = pickle.loads(pickle.dumps([Kept(), f]))\nseen = __main__.SEEN", "three")
    assert own.names["source"] == "def f():\n    return 5\n"
    assert isinstance(own.names["again"][0], own.names["Kept"])
    assert own.names["again"][1]() == 5
    assert own.names["seen"] == 1
