"""Run a cell of a notebook without IPython: its syntax is understood, its commands do nothing.

A cell is run one statement at a time, and one that fails does not stop the others: whoever asks
`rl_lib` at the top of a cell, or shows a picture that cannot be shown here, has still written the
function below.
"""

import __future__

import ast
import asyncio
import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

RUNS_ITS_CELL = ("time", "timeit", "capture", "prun")


class Shell:
    """In the place of IPython: these magics run what they are given, every other does nothing."""

    def __init__(self, run: Callable[[str], None]) -> None:
        self._run = run

    def run_line_magic(self, name: str, line: str, *args: Any) -> None:
        """Run a line that is only timed."""
        if name == "time":
            self._run(line)

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run the body of a cell that is only timed, say, or write it to a file."""
        if name in RUNS_ITS_CELL:
            self._run(cell)
        elif name == "writefile":
            with open(line.split()[-1], "w", encoding="utf8") as file:
                file.write(cell)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


class Notebook:
    """What a notebook's cells share: names, and what they import from the future."""

    def __init__(self) -> None:
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        shell = Shell(lambda source: self.run(source, "cell"))
        self.names: dict[str, Any] = {
            "__name__": "__main__",
            "display": lambda *args, **kwargs: None,
            "get_ipython": lambda: shell,
        }

    def run(self, source: str, label: str) -> None:
        """Run every statement that can be run, then raise what the first failed one raised.

        Raises
        ------
        Exception
            Whatever the cell raises, a SyntaxError included.
        """
        first: Exception | None = None
        for statement in self._statements(source):
            try:
                self._execute(statement, label)
            except Exception as problem:
                first = first or problem
        if first is not None:
            raise first

    def add_names(self, source: str, label: str) -> None:
        """Bind what the cell imports, defines or sets to a constant, if it is not bound yet."""
        for statement in self._statements(source):
            names = _bound(statement)
            if names and not any(name in self.names for name in names):
                with contextlib.suppress(Exception):
                    self._execute(statement, label)

    def _statements(self, source: str) -> Iterator[ast.stmt]:
        yield from ast.parse(TransformerManager().transform_cell(source)).body

    def _execute(self, statement: ast.stmt, label: str) -> None:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                self._flags |= getattr(__future__, alias.name).compiler_flag
        module = ast.Module([statement], [])
        code = compile(module, f"<{label}>", "exec", self._flags, dont_inherit=True)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, self.names))
        else:
            exec(code, self.names)


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Import(names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name.partition(".")[0] for alias in names]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            with contextlib.suppress(
                ValueError, TypeError, SyntaxError, MemoryError, RecursionError
            ):
                ast.literal_eval(value)
                return [name]
    return []
