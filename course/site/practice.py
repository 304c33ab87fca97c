"""An exercise that is written and checked in the page itself.

    :::{practice} value_iteration action_values
    :::

shows the named step of an exercise, as students receive it: the function to write, and its visible
test, which runs in the reader's browser (`_static/practice.mjs`). Nothing is loaded before the
reader asks for the check.
"""

import ast
import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from course.exercise.guard import endless_call
from course.release import released
from course.site.launch import LIVE

SECONDS = 20
"""How long a check may take in a browser before it is ended."""


class Practice(SphinxDirective):
    """The directive `practice`: an exercise, and one of its steps."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Write the editor."""
        name, step = self.arguments
        solutions = Path(self.env.srcdir).parent / "solutions"
        self.env.note_reread()  # it follows from more than the page
        known = sorted(path.stem for path in solutions.glob("*/*.ipynb"))
        if name not in known:
            raise self.error(
                f"practice: no exercise is called {name}; there are {', '.join(known)}"
            )
        master = solutions / name / f"{name}.ipynb"
        cells = _cells(solutions, name, master.stat().st_mtime_ns)
        steps = [each for each in cells if f"{each}_visible" in cells]
        if step not in steps:
            raise self.error(f"practice: {name} has no step {step}; it has {', '.join(steps)}")
        return [nodes.raw("", _editor(name, step, cells), format="html")]


def _editor(name: str, step: str, cells: dict[str, str]) -> str:
    given, test = cells[step], cells[f"{step}_visible"]
    what = {
        "setup": needed(cells["setup"], given + "\n" + test) + right(argument(test, "helpers", [])),
        "given": given,
        "test": test,
        "endless": endless_call(step, SECONDS, argument(test, "endless", "")),
        "seconds": SECONDS,
        "packages": f"{LIVE}/packages/",
    }
    key = f"practice-{name}-{step}"
    return f"""
<div class="practice" id="{key}">
<p><label for="{key}-answer">Write <code>{step}</code> here.</label> It is checked in your browser,
and kept there; the first check fetches Python from jsdelivr.net, and nothing of yours is sent.
(<kbd>Tab</kbd> leaves the field; lines are indented with <kbd>Enter</kbd> and spaces.)</p>
<textarea id="{key}-answer" rows="{given.count(chr(10)) + 3}" spellcheck="false" autocomplete="off"
 autocapitalize="off" wrap="off">{escape(given)}</textarea>
<p class="practice-buttons"><button type="button" class="practice-check" hidden>Check it</button>
<button type="button" class="practice-stop" hidden>Stop</button>
<button type="button" class="practice-again" hidden>Start over</button></p>
<div class="practice-said" role="status"></div>
<script type="application/json">{json.dumps(what).replace("<", chr(92) + "u003c")}</script>
</div>
"""


@cache
def _cells(solutions: Path, name: str, changed: int) -> dict[str, str]:
    """The cells that students receive, by their names, since the solution was `changed`."""
    file = released(solutions)[Path(name, f"{name}.ipynb")]
    notebook: Any = nbformat.reads(file.decode(), 4)
    found = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source
             for cell in notebook.cells}  # fmt: skip
    return {name: text for name, text in found.items() if name}


def needed(setup: str, code: str) -> str:
    """The statements of `setup` that bind a name which `code` uses, and numpy and the checks."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    kept = []
    for statement in reversed(ast.parse(setup).body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            statement.names = [each for each in statement.names
                               if (each.asname or each.name.partition(".")[0]) in used]  # fmt: skip
            binds = bool(statement.names)
        else:
            names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            binds = bool((names | {getattr(statement, "name", "")}) & used)
            used |= names if binds else set()
        if binds:
            kept.append(ast.unparse(statement))
    return "\n".join(["import numpy as np", *reversed(kept)])


def right(helpers: list[str]) -> str:
    """Where a step builds on others, those are there."""
    lines = [f"{name} = CORRECT[{name!r}]" for name in helpers]
    return "\n".join(["", "from course.exercise.answers import CORRECT", *lines]) if lines else ""


def argument(test: str, name: str, default: Any) -> Any:
    """An argument of `checks.step`."""
    for node in ast.walk(ast.parse(test)):
        if isinstance(node, ast.keyword) and node.arg == name:
            return ast.literal_eval(node.value)
    return default
