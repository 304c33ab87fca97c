import ast

import pytest

from course.mutation.mistakes import MISTAKES
from course.mutation.operators import OPERATORS


def changes(source):
    """What may stand in the place of any node of some code."""
    return {
        text
        for node in ast.walk(ast.parse(source))
        for operator in (*OPERATORS, *MISTAKES)
        for text in operator(node)
    }


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ("a < b", "(a) <= (b)"),
        ("a == b", "(a) != (b)"),
        ("a + b", "(a) - (b)"),
        ("a - b", "(b) - (a)"),
        ("g * b", "(b)"),
        ("x += y", "x -= y"),
        ("x += y", "x = y"),
        ("-a", "a"),
        ("return_ = 3", "4"),
        ("x = 0.0", "1.0"),
        ("range(n)", "range(n - 1)"),
        ("range(n)", "range(1, n)"),
        ("reversed(range(n))", "range(n)"),
        ("for x in xs:\n    f(x)", "for x in xs[:-1]:\n    f(x)"),
        ("for x in xs:\n    f(x)", "for x in xs:\n    f(x)\n    break"),
        ("q[s]", "q[s - 1]"),
        ("q[s, a]", "q[a, s]"),
        ("q[s, a] = 1", "q[s]"),
        ("if a:\n    f()", "if not a:\n    f()"),
        ("x if a else y", "(y) if a else (x)"),
        ("a or b", "(a) and (b)"),
        ("not a", "a"),
        ("q.max(axis=1)", "q.min(axis=1)"),
        ("q.max(axis=1)", "q.max()"),
        ("q.argmax(axis=1)", "q.argmin(axis=1)"),
        ("max(a, b)", "min(a, b)"),
        ("q.copy()", "q"),
        ("abs(x)", "x"),
        ("f(a, b)", "f(b, a)"),
        ("np.where(a, b, c)", "c"),
        ("x = f()", "pass"),
        ("while a:\n    s = t\n    u = s", "while a:\n    u = s\n    s = t"),
        ("gamma", "alpha"),
        ("gamma", "0.9"),
        ("epsilon", "epsilon / 100"),
        ("q[next_state]", "state"),
        ("r + mdp.discount * v", "mdp.discount ** 2"),
        ("r + gamma * v", "gamma * (r + (v))"),
        ("for _ in x():\n    f(alpha)", "for _ in x():\n    f(alpha)\n    alpha *= 0.99"),
        ("terminated", "False"),
        ("q.max()", "np.maximum(0, q.max())"),
        ("np.zeros(n)", "np.zeros(n, int)"),
        ("np.zeros(n)", "np.zeros(n, np.float32)"),
        ("p.transitions @ v", "p.transitions.swapaxes(0, 2) @ v"),
        ("np.log(p)", "np.log(p, out=p)"),
    ],
)
def test_usual_mistakes(source, other):
    assert other in changes(source)


def test_a_return_may_change_its_argument_or_its_sign():
    inside = changes("def f(a, b):\n    return a - b")
    assert {"return np.subtract(a, b, out=a)", "return -(a - b)", "pass"} <= inside


def test_a_loop_may_give_up():
    inside = changes(
        "def f(x):\n    while True:\n        x = g(x)\n        if x:\n            return x"
    )
    assert any(text.startswith("for _ in range(100):") and "else:" in text for text in inside)


@pytest.mark.parametrize("source", ["int(x)", "max(a, b)", "'text'", "True", "x"])
def test_what_makes_no_difference_is_not_tried(source):
    assert changes(source) - {"min(a, b)", "pass"} == set()
