"""The usual mistakes of programmers: each function gives what may stand in a node's place.

What is given is source text; what is no valid Python in its place is left out by the caller.
"""

import ast
import copy
import itertools
from collections.abc import Iterator
from textwrap import indent
from typing import Any

text = ast.unparse

COMPARED: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<"),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
COMPUTED: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "/",
    ast.Mod: "//",
    ast.Pow: "*",
}
RENAMED = {
    "max": ("min", "mean"),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "sum": ("mean", "max"),
    "mean": ("sum", "max"),
    "any": ("all",),
    "all": ("any",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "log": ("log2",),
    "exp": ("exp2",),
}
TYPES = ("int", "float", "bool", "list", "tuple")
"""Calls that change the type of a result and no value of it."""
SYMMETRIC = ("max", "min", "np.maximum", "np.minimum", "np.add", "np.multiply")


def comparison(node: ast.AST) -> Iterator[str]:
    """< for <= or >, and the like."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARED[type(node.ops[0])]:
            yield f"({text(node.left)}) {other} ({text(node.comparators[0])})"


def arithmetic(node: ast.AST) -> Iterator[str]:
    """+ for −, × for ÷; operands exchanged; one of them left out."""
    if isinstance(node, ast.BinOp):
        left, right = f"({text(node.left)})", f"({text(node.right)})"
        if type(node.op) in COMPUTED:
            yield f"{left} {COMPUTED[type(node.op)]} {right}"
            yield from (left, right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.Pow | ast.MatMult):
            yield f"{right} {_sign(node.op)} {left}"
    if isinstance(node, ast.AugAssign) and type(node.op) in COMPUTED:
        target, value = text(node.target), text(node.value)
        yield f"{target} {COMPUTED[type(node.op)]}= {value}"
        yield f"{target} = {value}"


def sign(node: ast.AST) -> Iterator[str]:
    """A sign too many, or one too few."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield text(node.operand)
    if isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp):
        yield f"return -({text(node.value)})"


def number(node: ast.AST) -> Iterator[str]:
    """A number off by one, or of another magnitude."""
    match node:
        case ast.Constant(value=bool()):
            return
        case ast.Constant(value=int(value)):
            yield repr(value + 1)
            if value > 0:
                yield repr(value - 1)
        case ast.Constant(value=float(value)):
            yield repr(1000 * value) if value else "1.0"


def bound(node: ast.AST) -> Iterator[str]:
    """The first or the last of a loop left out, or one too many."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[end]):
            yield from (f"range({text(end)} {off})" for off in ("- 1", "+ 1"))
            yield f"range(1, {text(end)})"
        case ast.Call(func=ast.Name(id="reversed"), args=[what]):
            yield text(what)
        case ast.For(iter=ast.Name(id=name)):
            yield from (_changed(node, iter=_name(name + part)) for part in ("[1:]", "[:-1]"))
            yield _changed(node, iter=_name(f"reversed({name})"))


def index(node: ast.AST) -> Iterator[str]:
    """An index off by one; two of them exchanged; a whole row changed."""
    match node:
        case ast.Subscript(value=value, slice=ast.Name(id=name)):
            yield f"{text(value)}[{name} - 1]"
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=two)])):
            yield f"{text(value)}[{two}, {one}]"
            if isinstance(node.ctx, ast.Store):
                yield f"{text(value)}[{one}]"


def condition(node: ast.AST) -> Iterator[str]:
    """A condition turned round, or one of its parts left out."""
    match node:
        case ast.If(test=test) | ast.While(test=test) if not isinstance(test, ast.Constant):
            yield _changed(node, test=_name(f"not ({text(test)})"))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"({text(orelse)}) if {text(test)} else ({text(body)})"
            yield from (text(body), text(orelse))
        case ast.BoolOp(op=op, values=[one, two]):
            other = "and" if isinstance(op, ast.Or) else "or"
            yield f"({text(one)}) {other} ({text(two)})"
            yield from (text(one), text(two))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield text(operand)


def called(node: ast.AST) -> Iterator[str]:
    """A related function called; a call or a keyword left out; arguments exchanged."""
    if not isinstance(node, ast.Call):
        return
    match node.func:
        case ast.Attribute(value=value, attr=attr):
            yield from (_changed(node, func=_name(f"{text(value)}.{o}")) for o in _others(attr))
            is_module = isinstance(value, ast.Name) and value.id in ("np", "numpy", "math")
            if not is_module and not node.args:
                yield text(value)
        case ast.Name(id=name) if len(node.args) > 1:
            yield from (_changed(node, func=_name(o)) for o in _others(name) if o == "min")
    for keyword in node.keywords:
        kept = [other for other in node.keywords if other is not keyword]
        yield _changed(node, keywords=kept)
    name = text(node.func)
    if len(node.args) == 1 and not node.keywords and name not in TYPES:
        yield text(node.args[0])
    if name == "np.where":
        yield from map(text, node.args[1:])
    if name not in SYMMETRIC:
        for i, (one, two) in enumerate(itertools.pairwise(node.args)):
            args = [*node.args[:i], two, one, *node.args[i + 2 :]]
            yield _changed(node, args=args)


def statement(node: ast.AST) -> Iterator[str]:
    """A statement left out."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
        yield "pass"


def order(node: ast.AST) -> Iterator[str]:
    """Two statements exchanged, of which one needs what the other gives."""
    body = getattr(node, "body", None)
    if isinstance(node, ast.For | ast.While | ast.FunctionDef) and isinstance(body, list):
        for i, (one, two) in enumerate(itertools.pairwise(body)):
            simple = all(isinstance(s, ast.Assign | ast.AugAssign) for s in (one, two))
            if simple and (_given(one) & _names(two) or _given(two) & _names(one)):
                yield _changed(node, body=[*body[:i], two, one, *body[i + 2 :]])


def loop(node: ast.AST) -> Iterator[str]:
    """A loop that ends after its first round, or after 100 of them."""
    if not isinstance(node, ast.For | ast.While):
        return
    yield _changed(node, body=[*node.body, ast.Break()])
    returned = [inner for inner in ast.walk(node) if isinstance(inner, ast.Return)]
    if isinstance(node, ast.While) and returned:
        body = indent("\n".join(map(text, node.body)), "    ")
        yield f"for _ in range(100):\n{body}\nelse:\n    {text(returned[-1])}"


OPERATORS = (
    comparison,
    arithmetic,
    sign,
    number,
    bound,
    index,
    condition,
    called,
    statement,
    order,
    loop,
)


def _changed(node: Any, **fields: Any) -> str:
    other = copy.copy(node)
    for field, value in fields.items():
        setattr(other, field, value)
    return text(other)


def _name(source: str) -> ast.expr:
    """An expression, given as text."""
    return ast.parse(source, mode="eval").body


def _sign(op: ast.operator) -> str:
    return text(ast.BinOp(ast.Name("a"), op, ast.Name("b")))[2:-2]


def _others(name: str) -> tuple[str, ...]:
    return RENAMED.get(name, ())


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _given(node: ast.AST) -> set[str]:
    """Names that an assignment changes."""
    assert isinstance(node, ast.Assign | ast.AugAssign)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    found = set()
    for target in targets:
        inside = target.elts if isinstance(target, ast.Tuple) else [target]
        for one in inside:
            found |= _names(one.value if isinstance(one, ast.Subscript) else one)
    return found
