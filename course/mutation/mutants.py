"""The solution with one change each, and the changes that are no mistake.

Where a change makes no difference that a test could see, a comment in the hidden test says so of
the new code, or of a part of it, and why:

    # Equivalent: `delta <= theta`, since no change is exactly theta.
"""

import ast
import difflib
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from course.grading.assignment import Asked, Assignment
from course.mutation.mistakes import MISTAKES
from course.mutation.operators import OPERATORS


class Mutant(NamedTuple):
    """One function of the solution with one change."""

    step: str
    line: int
    """Where in its cell."""
    before: str
    after: str
    """The lines that differ; "" where there are none."""
    source: str
    """The whole cell, changed."""

    @property
    def change(self) -> str:
        """What it is called."""
        return self.after or f"without {self.before}"


class Excuse(NamedTuple):
    """Why what is changed to hold some code is no mistake."""

    step: str
    code: str
    reason: str

    def fits(self, mutant: Mutant) -> bool:
        """Whether it is about this mutant; what was there before explains nothing."""
        new = self.code in mutant.change and self.code not in mutant.before
        return new and self.step == mutant.step


def mutants_of(assignment: Assignment) -> Iterator[Mutant]:
    """Every mutant of every answer that is a function, each once."""
    for cell in assignment.cells:
        if cell.grade_id in assignment.steps:
            yield from _mutants(cell)


def excuses_of(assignment: Assignment) -> list[Excuse]:
    """What the tests say of mutants that are as right as the solution."""
    return [
        Excuse(test.step, code, reason)
        for test in assignment.tests
        for codes, reason in re.findall(r"^ *# Equivalent: (`.*`),? (.*)$", test.source, re.M)
        for code in re.findall(r"`(.*?)`", codes)
    ]


def _mutants(cell: Asked) -> Iterator[Mutant]:
    tree = ast.parse(cell.source)
    original = ast.unparse(tree)
    seen, known = {original}, _names(original)
    for node, put in _places(tree):
        for operator in (*OPERATORS, *MISTAKES):
            for text in operator(node):
                put(_parsed(text, node))
                source = ast.unparse(tree)
                put(node)
                if source not in seen and _is_valid(source) and _names(source) <= known:
                    seen.add(source)
                    before, after = _difference(original, source)
                    line = getattr(node, "lineno", 1)
                    yield Mutant(cell.grade_id, line, before, after, source)


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """The nodes of a function's body, and what puts another in the place of each."""
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.FunctionDef) and field != "body":
            continue
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            is_text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not is_text:
                put = partial(value.__setitem__, i) if child is not value else None
                yield child, put or partial(setattr, node, field)
                yield from _places(child)


def _parsed(text: str, like: ast.AST) -> ast.AST:
    if isinstance(like, ast.stmt):
        return ast.Module(ast.parse(text).body, [])
    return ast.parse(text, mode="eval").body


def _is_valid(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # 0.0[1] is only warned of
            compile(source, "<mutant>", "exec")
    except (SyntaxError, Warning):
        return False
    return True


def _names(source: str) -> set[str]:
    """Variables of the source, and what an operator may call."""
    nodes = list(ast.walk(ast.parse(source)))
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return found | {"_", "float", "int", "min", "np", "range", "reversed"}


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, without those that are only further in."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    gone, new = (
        [line[2:].strip() for line in lines if line.startswith(sign)] for sign in ("- ", "+ ")
    )
    moved = " (moved)" if gone == new else ""
    return "; ".join(gone), "; ".join(line for line in new if line != "pass") + moved
