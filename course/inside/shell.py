"""Run a cell of a notebook without IPython: its syntax is understood, its commands do nothing."""

from collections.abc import Callable
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

RUNS_ITS_CELL = ("time", "timeit", "capture", "prun")


class Shell:
    """In the place of IPython: these magics run their cell, every other one does nothing."""

    def __init__(self, run: Callable[[str], None]) -> None:
        self._run = run

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run the body of a cell that is only timed, say."""
        if name in RUNS_ITS_CELL:
            self._run(cell)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def namespace() -> dict[str, Any]:
    """What a notebook finds before its first cell."""
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda *args, **kwargs: None}
    shell = Shell(lambda source: execute(plain(source), "cell", names))
    names["get_ipython"] = lambda: shell
    return names


def plain(source: str) -> str:
    """A cell as plain Python."""
    return TransformerManager().transform_cell(source)


def execute(source: str, label: str, names: dict[str, Any]) -> None:
    """Run plain Python under a label that stands in its traceback."""
    exec(compile(source, f"<{label}>", "exec"), names)
