"""What a hidden test gives to a student's function does not come back in words."""

import dataclasses
import re

import nbformat
import pytest
from graded import graded as grade_it

from course.grading.assignment import Assignment
from course.samples import hard_cases, sample_class as sample
from course.sandbox.workers import Sandbox

pytestmark = pytest.mark.usefixtures("bubblewrap")

NAME = hard_cases.NAME
ASSIGNMENT = Assignment.read(hard_cases.ROOT / "solutions" / NAME / f"{NAME}.ipynb")
SECRET = "s3cr3t"


@pytest.fixture(scope="module")
def house():
    with Sandbox(hidden=(hard_cases.ROOT,)) as house:
        yield house


def messages(house, cells):
    case = dataclasses.replace(hard_cases.CASES[0], cells=cells)
    result = grade_it(ASSIGNMENT, case.notebook(), house)
    assert result.final
    return {mark.test: mark.message for mark in result.marks}


@pytest.mark.parametrize("nested", [True, False])
def test_what_was_kept_of_a_hidden_test_is_not_there_in_a_visible_one(nested):
    """A function keeps its inputs; another, judged later and alone, would tell them."""
    name = "q_learning"
    solution, released = (
        nbformat.read(hard_cases.ROOT / folder / name / f"{name}.ipynb", as_version=4)
        for folder in ("solutions", "exercises")
    )
    cells = sample.solutions_of(solution)
    keeps = "kept = []\n" + cells["epsilon_greedy"].replace(
        "rng):", "rng):\n    kept.append(epsilon)", 1
    )
    tells = "def q_update(*_):\n    raise ValueError(f'{len(kept)} inputs kept')"
    cells |= {"epsilon_greedy": keeps, "q_update": tells}
    data = nbformat.writes(sample.fill_in(released, cells)).encode()
    assignment = Assignment.read(hard_cases.ROOT / "solutions" / name / f"{name}.ipynb")
    with Sandbox(hidden=(hard_cases.ROOT,)) as house:
        if not nested:
            house.worker().close()
            start = house._start

            def start_without_namespaces():
                start()
                house._nested = False

            house._nested, house._start = False, start_without_namespaces
        result = grade_it(assignment, data, house)
    said = {mark.test: mark.message for mark in result.marks}
    assert "pass" in said["epsilon_greedy_hidden"]
    assert "ValueError: 0 inputs kept" in said["q_update_visible"]
    assert "kept" not in said["q_update_hidden"].partition(" (line")[0]


LEAKS = {
    "class of an error": f"raise type('{SECRET}', (ValueError,), {{}})",
    "text of an error": f"raise ValueError('{SECRET}')",
    "class of an error of a library's": f"raise type('{SECRET}', (np.linalg.LinAlgError,), {{}})",
    "type": f"return type('{SECRET}', (), {{}})()",
    "type of a list's": f"return [type('{SECRET}', (), {{}})()]",
    "type that is a list": f"return type('{SECRET}', (list,), {{}})([[]])",
    "text": f"return '{SECRET}'",
    "text in a list": f"return ['{SECRET}']",
    "fields of an array": f"return np.zeros(3, [('{SECRET}', int)])",
    "text in an array": f"return np.array(['{SECRET}'])",
    "an array of objects": f"return np.array([type('{SECRET}', (), {{}})()])",
    "a forged description": f"wire.pack = lambda *_: {{'other': '{SECRET}'}}",
    "a forged kind": f"wire.pack = lambda *_: {{'{SECRET}': 0}}",
    "a forged type": f"wire.pack = lambda *_: {{'other': 'a value of type {SECRET}'}}",
    "a forged error": f"wire.pack = lambda *_: ''; Worker._described = lambda *_: "
    f"{{'error': '{SECRET}', 'name': '{SECRET}', 'text': '{SECRET}', 'cell': '{SECRET}'}}; 1 / 0",
    "no message": f"wire.send = lambda end, *_: end.sendall(b'    {{{SECRET}')",
}
NUMBERS = {
    "lists of different lengths": "return [[4242.5, *v], [4242.5]]",
    "a shape": "return np.zeros((42425, 0))",
    "a list of a list": "return [[[4242.5]], 1]",
    "a whole number": "return [10**18 + 42425] * 2",
}
HEAD = (
    "import numpy as np\nfrom course.sandbox.inside import wire\n"
    "from course.sandbox.inside.worker import Worker\n"
)


@pytest.mark.parametrize("leak", LEAKS)
def test_words_do_not_come_out_of_a_hidden_test(house, leak):
    body = f"def action_values(mdp, v):\n    {LEAKS[leak]}\n    return {hard_cases.ANSWER}"
    said = messages(house, {"action_values": HEAD + body})
    shown = said["action_values_hidden"].partition(" (line")[0]  # the student's own line may stand
    assert SECRET not in shown
    assert "own line" not in shown
    assert shown


@pytest.mark.parametrize("leak", ["class of an error", "text of an error", "type"])
def test_they_do_come_out_of_a_visible_one(house, leak):
    body = f"def action_values(mdp, v):\n    {LEAKS[leak]}\n    return {hard_cases.ANSWER}"
    assert SECRET in messages(house, {"action_values": HEAD + body})["action_values_visible"]


def test_names_that_nobody_chose_are_shown(house):
    for line, words in {
        "raise ZeroDivisionError": "raised ZeroDivisionError",
        "np.linalg.inv(np.zeros((2, 2)))": "raised LinAlgError",
        "return {}": "a value of type dict",
        "return {1}": "a value of type set",
        "return [None, {}]": "a list that holds more than numbers",
        "return np.array([None])": "an array of object",
    }.items():
        body = f"import numpy as np\ndef action_values(mdp, v):\n    {line}"
        assert words in messages(house, {"action_values": body})["action_values_hidden"], line


def test_a_correct_helper_does_not_come_out_either(house):
    """Where one stands in for a wrong one, the functions beside it could read it."""
    wrong = "import numpy as np\ndef action_values(mdp, v):\n    return v"
    reads = f"""
def value_iteration(mdp, theta):
    if action_values(mdp, np.zeros(mdp.n_states)).ndim == 2:
        raise type('{SECRET}', (Exception,), {{}})(action_values.__code__.co_names)
    raise ValueError
"""
    said = messages(house, {"action_values": wrong, "value_iteration": reads})
    assert SECRET not in said["value_iteration_visible"].partition(" (line")[0]
    assert "raised an error" in said["value_iteration_visible"]


@pytest.mark.parametrize("leak", NUMBERS)
def test_numbers_come_out_of_a_hidden_test_one_at_a_time(house, leak):
    """And with six digits: what is right and what is not must be said."""
    body = f"import numpy as np\ndef action_values(mdp, v):\n    {NUMBERS[leak]}"
    said = messages(house, {"action_values": body})["action_values_hidden"]
    assert not re.search("4242.?5", said), said


def test_a_line_of_a_long_cell_is_not_named(house):
    lines = "\n".join(f"    if v[0] * 0 == {n}: raise ValueError({n})" for n in range(100))
    said = messages(house, {"action_values": f"def action_values(mdp, v):\n{lines}"})
    assert "(line 2 of" in said["action_values_visible"]
    assert "(line" not in said["action_values_hidden"]
