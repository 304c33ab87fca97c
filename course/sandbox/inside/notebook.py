"""A notebook's cells, read as IPython reads them and run without it: its commands do little.

A cell is run one statement at a time, and one that fails does not stop the others: whoever asks
`rl_lib` at the top of a cell, or shows a picture that cannot be shown here, has still written the
function below.
"""

import __future__

import ast
import asyncio
import inspect
import linecache
import shlex
import sys
import traceback
from collections.abc import Collection
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from course.sandbox.inside.clock import TimeIsUp
from course.sandbox.inside.refusal import Nothing

NOT_PYTHON = frozenset(
    {"!", "HTML", "SVG", "bash", "cmd", "html", "javascript", "js", "latex", "markdown", "perl"}
    | {"pypy", "python2", "ruby", "script", "sh", "svg", "sx", "system"}
)
"""Magics whose cells are in another language."""

LOOKS = frozenset(("eval", "exec", "get_ipython", "globals", "locals", "vars", "__main__"))
"""Names by way of which code may use any other."""


class Shell:
    """In the place of IPython: magics run the Python that they are given, or do nothing."""

    def __init__(self, notebook: "Notebook") -> None:
        self._notebook = notebook
        self.user_ns = self.user_global_ns = notebook.names

    def run_cell(self, source: str, *args: Any, **kwargs: Any) -> None:
        """Run the source of a cell."""
        self._notebook.run(source, "a cell")

    def run_line_magic(self, name: str, line: str, *args: Any) -> Any:
        """Run a line that is only timed, or a file."""
        words = shlex.split(line)
        if name in ("time", "prun", "memit"):
            while words and words[0].startswith("-"):
                line = line.partition(words.pop(0))[2]
            return self._notebook.value_of(line)
        if name == "run":
            file = next(Path(word) for word in words if not word.startswith("-"))
            file = file if file.exists() else file.with_suffix(".py")
            self._notebook.run(file.read_text("utf8"), file.name)
        return None

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run the body of a cell that is only timed, say, or write it to a file."""
        words = shlex.split(line)
        if name in ("writefile", "file"):
            mode = "a" if {"-a", "--append"} & {*words} else "w"
            with open(words[-1], mode, encoding="utf8") as file:
                file.write(cell)
        elif name not in NOT_PYTHON:
            if name == "capture":
                names = (word for word in words if not word.startswith("-"))
                self.user_ns.update(dict.fromkeys(names, Nothing()))
            self.run_cell(cell)

    def getoutput(self, *args: Any, **kwargs: Any) -> list[str]:
        """What a command of the system prints: nothing."""
        return []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


class Notebook:
    """What a notebook's cells share: names, and what they import from the future.

    For what is made of them, as by pickle, they are the module `__main__`, as in Jupyter.
    """

    def __init__(self) -> None:
        self.statement = -1
        """The last statement that was run, counted within its cell."""
        self._depth = 0
        module = sys.modules["__main__"] = ModuleType("__main__")
        self.names: dict[str, Any] = vars(module)
        self.names |= {"display": lambda *args, **kwargs: None, "In": [""], "Out": {}}
        shell = Shell(self)
        self.names["get_ipython"] = lambda: shell
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._labels: dict[str, str] = {}
        self._used: set[str] = set()
        self._defines_only = True
        self._before: dict[str, Any] = {}

    def run(self, source: str, label: str, first: int = 0, without: Collection[int] = ()) -> None:
        """Run every statement that can be run, then raise what the first failed one raised.

        Parameters
        ----------
        source : str
            A cell as it stands in the notebook.
        label : str
            What to call it.
        first : int
            The statement to begin with.
        without : collection of int
            Statements to leave out.

        Raises
        ------
        BaseException
            Whatever the cell raises, a SyntaxError included; a `TimeIsUp` at once.
        """
        # Numba stores what it compiles only of files with such names, or of such as exist.
        file = f"<ipython-{label}>"
        self._labels[file] = label
        text = TransformerManager().transform_cell(source)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        statements, problem = ast.parse(text).body, None
        for number, statement in enumerate(statements[first:], first):
            if number in without:
                continue
            if self._depth == 0:
                self.statement = number
            self._depth += 1
            try:
                self._execute(statement, file)
            except TimeIsUp:
                raise
            except BaseException as raised:
                problem = problem or raised
            finally:
                self._depth -= 1
        if problem is not None:
            raise problem

    def value_of(self, line: str) -> Any:
        """Run a line, and return its value if it has one."""
        try:
            code = compile(line.strip(), "<ipython-line>", "eval", self._flags, dont_inherit=True)
        except SyntaxError:
            self.run(line, "a line")
            return None
        return eval(code, self.names)

    def place(self, problem: BaseException) -> tuple[str, int]:
        """Label and line of the last line of a cell that an error came through."""
        for frame in reversed(traceback.extract_tb(problem.__traceback__)):
            if frame.filename in self._labels:
                return self._labels[frame.filename], frame.lineno or 0
        return "", 0

    def remember(self) -> None:
        """Take note of what is bound, for `differs`."""
        self._before, self._defines_only = dict(self.names), True
        self._used_before = set(self._used)

    def differs(self, name: str) -> bool:
        """Whether what has run since `remember` can have changed what the function `name` does."""
        absent = object()
        before, now = self._before, self.names
        bound = {one for one in now if now[one] is not before.get(one, absent)}
        used = {name, *self._used_before}
        return not self._defines_only or bool(used & (bound | LOOKS))

    def _execute(self, statement: ast.stmt, file: str) -> None:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                self._flags |= getattr(__future__, alias.name).compiler_flag
        if _is_stub(statement) and statement.name in self.names:  # type: ignore[attr-defined]
            return
        self._defines_only &= _only_defines(statement)
        module = ast.Module([statement], [])
        code = compile(module, file, "exec", self._flags, dont_inherit=True)
        self._used |= _identifiers(code)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, self.names))
        else:
            exec(code, self.names)


def _is_stub(statement: ast.stmt) -> bool:
    """Whether it is a function that only says it is not written yet."""
    if not isinstance(statement, ast.FunctionDef):
        return False
    body = statement.body[ast.get_docstring(statement, clean=False) is not None :]
    return [ast.unparse(line) for line in body] == ["raise NotImplementedError()"]


def _only_defines(statement: ast.stmt) -> bool:
    """Whether it can do no more than bind names."""
    if isinstance(statement, ast.FunctionDef):
        runs = [statement.args, *filter(None, [statement.returns])]
        calls = (isinstance(n, ast.Call | ast.NamedExpr) for part in runs for n in ast.walk(part))
        return not (statement.decorator_list or any(calls))
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or isinstance(statement, ast.Import | ast.ImportFrom)


def _identifiers(code: CodeType) -> set[str]:
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return {*code.co_names, *code.co_freevars}.union(*map(_identifiers, inner))
