"""What the test cells of the exercises use: run a test, and say what went wrong in plain words.

A test is a function whose parameters are named after the student's functions:

    @checks.step(globals(), helpers=["action_values"])
    def hidden(value_iteration):
        v = checks.values("v", value_iteration(mdp, 1e-9), (mdp.n_states,))

It runs at once. Each step is judged on its own: where the test fails, it runs again with correct
`helpers` put in the place of the student's, and the better of both counts. Where the functions
themselves are is the business of `course.exercise.functions`.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from course.exercise.functions import NOWHERE, Functions, NotebookFunctions, elsewhere
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
        What to ask where a call does not stop.
    """

    def run(test: Callable[..., None]) -> None:
        __tracebackhide__ = True  # IPython then shows the student's own lines only
        functions = elsewhere.get() or NotebookFunctions(namespace)
        if functions is NOWHERE:
            return
        names = list(inspect.signature(test).parameters)
        try:
            _attempt(test, names, functions, endless)
        except (Exception, SystemExit) as problem:
            if functions.in_vain(helpers, problem):
                raise _told(problem) from None
        else:
            functions.passed(names, ())
            return
        with functions.helped(helpers):
            try:
                _attempt(test, names, functions, endless)
            except (Exception, SystemExit) as problem:
                raise _told(problem) from None
        functions.passed(names, helpers)

    return run


def _attempt(
    test: Callable[..., None], names: Sequence[str], functions: Functions, endless: str
) -> None:
    __tracebackhide__ = True
    found = {name: functions.get(name, endless) for name in names}
    for name, function in found.items():
        assert function is not None, f"{name} is not a function here: has its cell been run?"
    test(*found.values())


def _told(problem: Exception | SystemExit) -> Exception:
    if isinstance(problem, SystemExit):  # which would end the notebook, or the grader
        return AssertionError("a function ended the program: is there an exit() in it?")
    # Of a failed test its message is enough; of an error in the student's code, the lines too.
    return problem.with_traceback(None) if isinstance(problem, AssertionError) else problem


def values(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """`value` as finite floats of the given shape, or an error that says what it is instead."""
    array = _array(name, value, shape)
    assert array.dtype.kind in "fiu", f"{name} holds {array.dtype} entries; it must hold numbers"
    with np.errstate(all="ignore"):  # what only a long double holds is infinite as a float
        array = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(bad[0].tolist())
        raise AssertionError(f"{_at(name, where)} is {array[where]}; it must be a finite number")
    return array


def actions(name: str, value: Any, shape: tuple[int, ...], n_actions: int) -> npt.NDArray[np.int64]:
    """`value` as actions 0 … n_actions − 1 of the given shape, or an error."""
    array = _array(name, value, shape)
    assert array.dtype.kind in "iu", (
        f"{name} holds {array.dtype} entries; actions are whole numbers (dtype=int)"
    )
    bad = np.argwhere((array < 0) | (array >= n_actions))
    if len(bad):
        where = tuple(bad[0].tolist())
        raise AssertionError(
            f"{_at(name, where)} is {array[where]:.6g}; "
            f"an action must be one of 0 … {n_actions - 1}"
        )
    return array.astype(np.int64)


def close(
    name: str,
    got: Array,
    want: Array,
    *,
    within: float = 1e-9,
    mistakes: Mapping[str, Any] | None = None,
) -> None:
    """Require |got − want| ≤ within · max(1, |want|), and name a known mistake that fits.

    Parameters
    ----------
    name : str
        What `got` is called in the notebook.
    got, want : arrays of one shape
    within : float
    mistakes : mapping of a question to what its mistake would have given, optional
    """
    off = np.abs(got - want) / np.maximum(1, np.abs(want))
    if (off <= within).all():
        return
    where = tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    message = f"{_at(name, where)} is {got[where]:.6g}; it should be {want[where]:.6g}."
    for question, wrong in (mistakes or {}).items():
        if np.shape(wrong) == got.shape and np.allclose(got, wrong, rtol=1e-6, atol=1e-9):
            message += f" {question}"
            break
    raise AssertionError(message)


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            array = np.asarray(value)
    except (TypeError, ValueError, Warning):
        raise AssertionError(f"{name} is no array of numbers: {value!r:.80}") from None
    hint = ""
    if array.shape != shape and array.shape == shape[::-1]:
        hint = " Are its axes swapped?"
    elif array.size == np.prod(shape) and array.shape != shape:
        hint = " The numbers are as many, only their arrangement differs."
    sizes = [f"{size:.3g}" for size in array.shape]
    said = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
    assert array.shape == shape, f"{name} has shape {said}; it must be {shape}.{hint}"
    return array


def _at(name: str, where: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, where))}]" if where else name
