"""What the test cells of the exercises use: run a test, and say what went wrong in plain words.

A test is a function whose parameters are named after the student's functions:

    @checks.step(globals(), helpers=["action_values"])
    def hidden(value_iteration):
        v = checks.values("v", value_iteration(mdp, 1e-9), (mdp.n_states,))

It runs at once. Each step is judged on its own: where the test fails, it runs again with correct
`helpers` put in the place of the student's, and the better of both counts. The `namespace` may be
any mutable mapping, so that a grader can put proxies of another process there.

Around every call of a student's function, `rl_lib`'s own answers refuse to work, time is limited,
arguments must stay as they were, and what is printed to stderr, which nbgrader takes for a
failure, goes to stdout.
"""

import contextlib
import functools
import inspect
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rl_lib import MDP, MDPEnv

Array = npt.NDArray[np.float64]

TIME_LIMIT = 10.0
"""Seconds of computing that one call of a student's function may take."""

SEED = 0
"""Root of every random number in the tests; the course's own tests vary it."""


class _TimeIsUpError(BaseException):
    """Not an `Exception`, so that a student's `except Exception` does not catch it."""


def step(
    namespace: MutableMapping[str, Any], *, helpers: Sequence[str] = (), endless: str = ""
) -> Callable[[Callable[..., None]], None]:
    """Run the decorated test on functions of `namespace`, if need be with correct helpers.

    Parameters
    ----------
    namespace : mapping of names to a student's functions
    helpers : names in `CORRECT`
        Steps that this one builds on.
    endless : str
        What to ask where a call does not stop.
    """

    def run(test: Callable[..., None]) -> None:
        __tracebackhide__ = True  # IPython then shows the student's own lines only
        names = list(inspect.signature(test).parameters)
        try:
            _attempt(test, names, namespace, endless)
        except Exception as problem:
            if not helpers:
                raise _told(problem) from None
        else:
            print(f"{', '.join(names)}: all tests of this cell pass.")
            return
        with _replaced(namespace, helpers):
            try:
                _attempt(test, names, namespace, endless)
            except Exception as problem:
                raise _told(problem) from None
        print(
            f"{', '.join(names)}: all tests of this cell pass, with a correct "
            f"{' and '.join(helpers)} in place of yours. See the tests of that step."
        )

    return run


def _attempt(
    test: Callable[..., None], names: Sequence[str], namespace: Mapping[str, Any], endless: str
) -> None:
    __tracebackhide__ = True
    missing = [name for name in names if not callable(namespace.get(name))]
    if missing:
        raise AssertionError(f"{missing[0]} is not a function here: has its cell been run?")
    refused = _ready_answers()  # found once: a test may call a function thousands of times
    test(*(_guarded(name, namespace[name], endless, refused) for name in names))


def _told(problem: Exception) -> Exception:
    # Of a failed test its message is enough; of an error in the student's code, the lines too.
    return problem.with_traceback(None) if isinstance(problem, AssertionError) else problem


@contextlib.contextmanager
def _replaced(namespace: MutableMapping[str, Any], names: Sequence[str]) -> Iterator[None]:
    absent = object()
    before = {name: namespace.get(name, absent) for name in names}
    for name in names:
        namespace[name] = CORRECT[name]
    try:
        yield
    finally:
        for name, value in before.items():
            if value is absent:
                del namespace[name]
            else:
                namespace[name] = value


def _guarded(
    name: str, function: Callable[..., Any], endless: str, refused: Sequence[Any]
) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        given = [(i, a, a.copy()) for i, a in enumerate(args) if isinstance(a, np.ndarray)]
        limit = f"{name} did not stop within {TIME_LIMIT:g} s. {endless}".strip()
        with (
            no_ready_answers(refused),
            _time_limit(TIME_LIMIT, limit),
            contextlib.redirect_stderr(sys.stdout),
        ):
            result = function(*args, **kwargs)
        for i, now, before in given:
            assert np.array_equal(now, before), (
                f"{name} changed its argument number {i + 1}; work on a copy of it"
            )
        return result

    return call


@contextlib.contextmanager
def no_ready_answers(refused: Sequence[Any] | None = None) -> Iterator[None]:
    """Within this block, `rl_lib`'s own answers raise instead of answering.

    The code of each function is swapped, and so it does not matter under which name, or from
    where, a student has imported it.
    """
    functions = _ready_answers() if refused is None else refused
    before = [(function, function.__code__) for function in functions]
    for function in functions:
        function.__code__ = _refuse.__code__
    try:
        yield
    finally:
        for function, code in before:
            function.__code__ = code


def _ready_answers() -> list[Any]:
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(("rl_lib.planning", "rl_lib.learning", "rl_lib.inverse"))
    ]
    return [MDP.action_values] + [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__
        if value.__closure__ is None
    ]


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("rl_lib can do this, but here it is what you are asked to write")


@contextlib.contextmanager
def _time_limit(seconds: float, message: str) -> Iterator[None]:
    """Limit the computing time of a block where the platform can (not on Windows)."""
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def stop(*_: Any) -> None:
        raise _TimeIsUpError

    # The clock counts computing and not waiting: a busy machine must not cost anybody points.
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        # It rings again and again, in case a bare `except:` swallows the first.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
        yield
    except _TimeIsUpError:
        raise AssertionError(message) from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def values(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """`value` as finite floats of the given shape, or an error that says what it is instead."""
    array = _array(name, value, shape)
    assert array.dtype.kind in "fiu", f"{name} holds {array.dtype} entries; it must hold numbers"
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(bad[0].tolist())
        raise AssertionError(f"{_at(name, where)} is {array[where]}; it must be a finite number")
    return array.astype(np.float64)


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
            f"{_at(name, where)} is {array[where]}; an action must be one of 0 … {n_actions - 1}"
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
    return np.random.default_rng([SEED, *key])


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
    assert array.shape == shape, f"{name} has shape {array.shape}; it must be {shape}.{hint}"
    return array


def _at(name: str, where: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, where))}]" if where else name


# Correct answers to the steps that others build on, by the names of those steps.


def _action_values(mdp: MDP, v: Any) -> Any:
    return mdp.rewards + mdp.discount * (mdp.transitions @ v)


def _epsilon_greedy(q: Any, state: int, epsilon: float, rng: np.random.Generator) -> int:
    if rng.random() < epsilon:
        return int(rng.integers(len(q[state])))
    return int(rng.choice(np.flatnonzero(q[state] == np.max(q[state]))))


def _q_update(
    q: Any,
    state: int,
    action: int,
    reward: float,
    next_state: int,
    terminated: bool,
    alpha: float,
    gamma: float,
) -> Any:
    q = np.array(q, dtype=np.float64)
    target = reward + (0.0 if terminated else gamma * q[next_state].max())
    q[state, action] += alpha * (target - q[state, action])
    return q


CORRECT: dict[str, Callable[..., Any]] = {
    "action_values": _action_values,
    "epsilon_greedy": _epsilon_greedy,
    "q_update": _q_update,
}
