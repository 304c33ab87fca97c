"""The usual mistakes of this field: parameters, discounting, tables and their types.

Each function gives what may stand in a node's place, as those of `operators` do. Names that the
student's function does not know are left out by the caller, too.
"""

import ast
from collections.abc import Iterator

text = ast.unparse

RATES = {"alpha": "gamma", "alpha_r": "alpha", "gamma": "alpha", "epsilon": "alpha"}
"""Parameters that are plain numbers, and what each is mistaken for."""
FIXED = {"alpha": "0.1", "alpha_r": "0.1", "gamma": "0.9", "epsilon": "0.1", "smoothing": "1.0"}
"""What stands on slides where a parameter should stand."""
SMALL = ("epsilon", "theta")
TAKEN_FOR = {
    "state": "next_state",
    "next_state": "state",
    "terminated": "truncated",
    "q": "q_shifted",
    "q_shifted": "q",
}
"""Variables that are taken for each other."""


def parameter(node: ast.AST) -> Iterator[str]:
    """Another parameter; the value of the slides; one in percent."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from (meant[node.id] for meant in (RATES, FIXED) if node.id in meant)
        if node.id in SMALL:
            yield f"{node.id} / 100"


def variable(node: ast.AST) -> Iterator[str]:
    """Another variable of the same kind."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in TAKEN_FOR:
        yield TAKEN_FOR[node.id]


def discounted(node: ast.AST) -> Iterator[str]:
    """The discount applied twice, or to the reward, too."""
    match node:
        case ast.Name(id="gamma", ctx=ast.Load()) | ast.Attribute(attr="discount"):
            yield f"{text(node)} ** 2"
        case ast.BinOp(left=r, op=ast.Add(), right=ast.BinOp(left=factor, op=ast.Mult(), right=v)):
            if text(factor).endswith(("gamma", "discount")):
                yield f"{text(factor)} * ({text(r)} + ({text(v)}))"


def on_the_way(node: ast.AST) -> Iterator[str]:
    """A parameter that decays from round to round."""
    if isinstance(node, ast.For):
        loaded = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        for name in sorted(loaded & RATES.keys()):
            yield f"{text(node)}\n    {name} *= 0.99"


def ended(node: ast.AST) -> Iterator[str]:
    """An end that is not seen, or seen everywhere."""
    if isinstance(node, ast.Name) and node.id in ("terminated", "truncated"):
        yield from ("False", f"not {node.id}")


def maximum(node: ast.AST) -> Iterator[str]:
    """A maximum that starts at 0, or that is soft."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="max")) if "abs" not in text(value):
            yield f"np.maximum(0, {text(node)})"
            if not node.keywords:
                yield f"np.logaddexp.reduce({text(value)})"


def table(node: ast.AST) -> Iterator[str]:
    """A table of whole numbers, or of single precision; s and s' exchanged."""
    match node:
        case ast.Call(func=ast.Attribute(attr="zeros"), args=[shape]):
            yield from (f"np.zeros({text(shape)}, {kind})" for kind in ("int", "np.float32"))
        case ast.Call(func=ast.Attribute(attr="array"), args=[what, _]):
            yield from (f"np.array({text(what)}, {kind})" for kind in ("int", "np.float32"))
            yield f"np.asarray({text(what)}, float)"
        case ast.BinOp(left=ast.Attribute(attr="transitions") as p, op=ast.MatMult(), right=v):
            yield f"{text(p)}.swapaxes(0, 2) @ {text(v)}"
        case ast.Return(value=ast.BinOp() | ast.Name() as value):
            yield f"return np.float32({text(value)})"
            yield f"return np.trunc({text(value)})"


def in_place(node: ast.AST) -> Iterator[str]:
    """A table changed in place where a new one is wanted."""
    ufuncs = {ast.Add: "add", ast.Sub: "subtract"}
    match node:
        case ast.Return(value=ast.BinOp(left=ast.Name(id=name), op=op, right=right)):
            if type(op) in ufuncs:
                yield f"return np.{ufuncs[type(op)]}({name}, {text(right)}, out={name})"
        case ast.Call(func=ast.Attribute(attr="log" | "exp"), args=[ast.Name(id=name)]):
            yield f"{text(node.func)}({name}, out={name})"


MISTAKES = (
    parameter,
    variable,
    discounted,
    on_the_way,
    ended,
    maximum,
    table,
    in_place,
)
