"""Cells as people write them, run without IPython."""

import pytest

from course.sandbox.inside.notebook import Notebook


def test_a_statement_that_fails_does_not_stop_the_others():
    own = Notebook()
    with pytest.raises(ZeroDivisionError):
        own.run("a = 1\nb = 1 / 0\nc = a + 1\nd = unheard", "cell")
    assert (own.names["a"], own.names["c"]) == (1, 2)
    assert "b" not in own.names
    with pytest.raises(SyntaxError):
        own.run("e = 5\nf = (", "cell")
    assert "e" not in own.names


def test_an_error_knows_its_cell_and_line():
    own = Notebook()
    own.run("def f():\n    return 1 / 0", "mine")
    with pytest.raises(ZeroDivisionError) as caught:
        own.names["f"]()
    last = caught.traceback[-1]
    assert (last.path, last.lineno) == ("<mine>", 1)


def test_names_are_added_and_never_overwritten():
    own = Notebook()
    own.run("kept = 1\ndef f():\n    return 1", "cell")
    own.add_names(
        "import math, kept\nfrom os import path as place\nkept = 2\nnew = [1, {'a': (2, None)}]\n"
        "made = print('no call is made')\ndef f():\n    return 2\ndef g():\n    return 3\n"
        "class C:\n    pass\nx, y = 1, 2\nkept += 1\n1 / 0",
        "aside",
    )
    names = own.names
    assert (names["kept"], names["f"](), names["g"](), names["new"]) == (
        1,
        1,
        3,
        [1, {"a": (2, None)}],
    )
    assert {"place", "C"} <= names.keys()
    assert not {"made", "x", "y", "math"} & names.keys()


def test_what_ipython_understands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own = Notebook()
    own.run("from __future__ import annotations", "one")
    own.run("def f(x: Unheard) -> Unheard:\n    return x", "two")
    own.run("import asyncio\nawait asyncio.sleep(0)\nvalue = await asyncio.sleep(0, 7)", "three")
    own.run("%time g = lambda: 8\n!ls\n%matplotlib inline\nf?", "four")
    own.run("%%time\nh = 9", "five")
    own.run("%%bash\nexit 1", "six")
    own.run("%%writefile module.py\nz = 10", "seven")
    own.run("display(f)", "eight")
    assert (own.names["value"], own.names["g"](), own.names["h"]) == (7, 8, 9)
    assert (tmp_path / "module.py").read_text().strip() == "z = 10"
    assert capsys.readouterr().out == ""
