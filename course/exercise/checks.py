"""What the test cells of the exercises use: run a test, and say what went wrong in plain words.

A test is a function whose parameters are named after the student's functions:

    @checks.step(globals(), helpers=["action_values"])
    def hidden(value_iteration):
        v = checks.values("v", value_iteration(mdp, 1e-9), (mdp.n_states,))

It runs at once. Each step is judged on its own: where the test fails, it runs again with correct
`helpers` put in the place of the student's, and the better of both counts. Where the functions
themselves are is the business of `course.exercise.functions`.
"""

import warnings
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from course.exercise.functions import NOWHERE, NotebookFunctions, elsewhere
from course.exercise.reasons import Attempt, reason, told
from course.exercise.words import Wrong, collected, entry, kind_of, two_numbers
from rl_lib import MDP, MDPEnv

Array = npt.NDArray[np.float64]

SEED: ContextVar[int] = ContextVar("SEED", default=0)
"""Root of every random number in the tests; the grader and the course's own tests vary it."""


def step(
    namespace: MutableMapping[str, Any], *, helpers: Sequence[str] = (), endless: str = ""
) -> Callable[[Callable[..., None]], None]:
    """Run the decorated test.

    Parameters
    ----------
    namespace : the notebook's `globals()`
        Holds the student's functions, unless these are `elsewhere`.
    helpers : names in `CORRECT`
        Steps that this one builds on.
    endless : str
        What to say where a call does not stop.
    """

    def run(test: Callable[..., None]) -> None:
        __tracebackhide__ = True  # IPython then shows the student's own lines only
        functions = elsewhere.get() or NotebookFunctions(namespace)
        if functions is NOWHERE:
            return
        attempt = Attempt(test, functions, endless)
        problem = attempt.problem()
        if problem is None:
            functions.passed(attempt.names, ())
            return
        if not functions.in_vain(helpers, problem):
            with functions.helped(helpers):
                problem = attempt.problem()
            if problem is None:
                functions.passed(attempt.names, helpers)
                return
        raise told(problem, reason(attempt, problem) if functions.explains(problem) else "")

    return run


def values(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """`value` as finite floats of the given shape, or an error that says what it is instead."""
    array = _array(name, value, shape)
    assert array.dtype.kind in "fiu", f"{name} holds {_entries(array)}; it must hold numbers"
    with np.errstate(all="ignore"):  # what only a long double holds is infinite as a float
        array = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(bad[0].tolist())
        raise AssertionError(
            f"{entry(name, where, array.size)} is {array[where]}; it must be a finite number"
        )
    return array


def actions(name: str, value: Any, shape: tuple[int, ...], n_actions: int) -> npt.NDArray[np.intp]:
    """`value` as actions 0 … n_actions − 1 of the given shape, or an error."""
    array = _array(name, value, shape)
    assert array.dtype.kind in "iu", (
        f"{name} holds {_entries(array)}; actions are whole numbers (dtype=int)"
    )
    bad = np.argwhere((array < 0) | (array >= n_actions))
    if len(bad):
        where = tuple(bad[0].tolist())
        raise AssertionError(
            f"{entry(name, where, array.size)} is {array[where]:.6g}; "
            f"an action must be one of 0 … {n_actions - 1}"
        )
    return array.astype(np.intp)


def close(
    name: str,
    got: Array,
    want: Array,
    *,
    within: float = 1e-9,
    mistakes: Mapping[str, Any] | None = None,
    say: Callable[..., str] | None = None,
) -> None:
    """Require |got − want| ≤ within · max(1, |want|), and say what differs.

    Parameters
    ----------
    name : str
        What `got` is called in the notebook.
    got, want : arrays of one shape
    within : float
    mistakes : mapping of words to what a mistake would have given, optional
        For steps of which `course.exercise.mistakes` knows nothing.
    say : function of the place of an entry, optional
        Better words for what is wrong with it.
    """
    off = np.abs(got - want) / np.maximum(1, np.abs(want))
    if (off <= within).all():
        return
    where = tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    is_now, should = two_numbers(float(got[where]), float(want[where]))
    message = f"{entry(name, where, got.size)} is {is_now}; it should be {should}."
    message = say(*where) if say else message
    for words, wrong in (mistakes or {}).items():
        if np.shape(wrong) == got.shape and np.allclose(got, wrong, rtol=1e-6, atol=1e-9):
            message += f" {words}"
            break
    slack = max(within / 2, 1e-3 * float(np.abs(got - want).max()))
    wrong, others = Wrong(message, name, got, slack), collected.get()
    if others is None:
        raise wrong
    others.append(wrong)


def generator(*key: int) -> np.random.Generator:
    """Return a generator of random numbers of its own for each key."""
    return np.random.default_rng([SEED.get(), *key])


def environment(world: Any, *key: int, max_steps: int | None = None) -> MDPEnv:
    """`world` as an environment whose dice are loaded by `key`, not yet reset."""
    env = MDPEnv(world, max_steps=max_steps)
    env.np_random = generator(*key)
    return env


def random_mdp(
    rng: np.random.Generator, n_states: int, n_actions: int, discount: float, scale: float = 1.0
) -> MDP:
    """Draw a model at random; its last state is an exit, and any row may end the episode."""
    transitions = rng.dirichlet(np.full(n_states, 0.5), size=(n_states, n_actions))
    transitions *= rng.uniform(0.6, 0.95, size=(n_states, n_actions, 1))
    rewards = scale * rng.normal(size=(n_states, n_actions))
    transitions[-1], rewards[-1] = 0, 0
    return MDP(transitions, rewards, discount)


def _array(name: str, value: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    assert value is not None, f"{name} is None: is a `return` missing?"
    if isinstance(value, list) and any(one is None for one in value):
        raise AssertionError(f"{name} is None at least once: is a `return` missing?")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            array = np.asarray(value)
    except (TypeError, ValueError, Warning):
        raise AssertionError(f"{name} is no array of numbers: {kind_of(value)}") from None
    hint = ""
    if array.shape != shape and array.shape == shape[::-1]:
        hint = " Its axes are in the other order."
    elif array.size == np.prod(shape) and array.shape != shape:
        hint = " The numbers are as many, only their arrangement differs."
    sizes = [f"{size:.3g}" for size in array.shape]
    said = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
    what = f"has shape {said}" if array.ndim else f"is {_entries(array, 'a single number')}"
    assert array.shape == shape, f"{name} {what}; it must be an array of shape {shape}.{hint}"
    return array


def _entries(array: npt.NDArray[Any], number: str = "") -> str:
    """The entries of an array in words, whatever process they come from."""
    kinds = {"b": "truth values", "f": "floats", "i": "whole numbers", "u": "whole numbers"}
    kinds |= {"c": "complex numbers", "U": "text"}
    kind = array.dtype.kind
    return number if number and kind in "fiu" else kinds.get(kind, "entries that are no numbers")
