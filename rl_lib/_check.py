"""Checks shared by the public functions: one error that names the argument and its value."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


def shown(value: Any) -> str:
    """The beginning of what `value` looks like, on one line."""
    return " ".join(repr(value).split())[:80]


def finite_array(name: str, value: Any, shape: tuple[int, ...] | None = None) -> Array:
    """`value` as a float64 array of the given shape, all of it finite."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, not {shown(value)}") from None
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; it must have shape {shape}")
    bad = first(~np.isfinite(array))
    if bad is not None:
        raise ValueError(f"{at(name, bad)} is {array[bad]}; it must be finite")
    return array


def number(
    name: str, value: Any, low: float, high: float = np.inf, *, above: bool = False
) -> float:
    """`value` as a float in [low, high], or in (low, high] with `above`."""
    interval = f"{'(' if above else '['}{low:g}, {high:g}{']' if np.isfinite(high) else ')'}"
    try:
        result = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {shown(value)}; it must be a number in {interval}") from None
    if not (low <= result <= high) or (above and result == low) or result == np.inf:
        raise ValueError(f"{name} is {result:g}; it must lie in {interval}")
    return result


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int in [low, high]."""
    allowed = f"at least {low}" if high is None else f"in {{{low}, …, {high}}}"
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {shown(value)}; it must be a whole number {allowed}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} is {value}; it must be {allowed}")
    return int(value)


def whole_array(name: str, value: Any, ndim: int = 1) -> Ints:
    """`value` as an array of so many dimensions, of whole numbers that can be an index."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.ndim != ndim or array.dtype.kind not in "iuf":
        raise TypeError(f"{name} is {shown(value)}; it must be a {ndim}-D array of whole numbers")
    with np.errstate(invalid="ignore"):
        result = array.astype(np.intp)
    bad = first(result != array)
    if bad is not None:
        raise ValueError(f"{at(name, bad)} is {array[bad]}; it must be a whole number")
    return result


def truth_array(
    name: str, value: Any, place: Callable[[str, int], str] = "{}[{}]".format
) -> npt.NDArray[np.bool_]:
    """`value` as a bool array (N,), if it holds nothing but True and False, or 1 and 0."""
    array = np.asarray(value)
    if array.ndim != 1:
        raise TypeError(f"{name} is {shown(value)}; it must be a 1-D array of True and False")
    if array.dtype == bool:
        return array
    bad = first(np.array([not is_truth_value(entry) for entry in array.tolist()], dtype=bool))
    if bad is not None:
        what = shown(array.tolist()[bad[0]])
        raise ValueError(f"{place(name, bad[0])} is {what}; it must be True or False")
    return array.astype(bool)


def is_truth_value(entry: Any) -> bool:
    """Whether it is True, False, 1 or 0, and not a word that looks true."""
    return isinstance(entry, (bool, int, float, np.bool_, np.number)) and entry in (0, 1)


def index(name: str, value: Any, low: int, n: int) -> int:
    """Place in 0 … n − 1 of a whole number that counts from `low`; called in every step."""
    if (isinstance(value, int) and not isinstance(value, bool)) or _is_scalar(value, "iu"):
        place = int(value) - low
        if 0 <= place < n:
            return place
    allowed = f"{{{low}, …, {low + n - 1}}}"
    raise ValueError(f"{name} is {shown(value)}; it must be a whole number in {allowed}")


def finite_number(name: str, value: Any) -> float:
    """`value` as a finite float, if it is one number; called in every step."""
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int or _is_scalar(value, "iufb"):
        with contextlib.suppress(OverflowError):
            number = float(value)
            if math.isfinite(number):
                return number
    raise ValueError(f"{name} is {shown(value)}; it must be a finite number")


def truth_value(name: str, value: Any) -> bool:
    """`value` as a bool, if it is one; called in every step."""
    if value is False or value is True or _is_scalar(value, "b"):
        return bool(value)
    raise ValueError(f"{name} is {shown(value)}; it must be True or False")


def _is_scalar(value: Any, kinds: str) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "b" if isinstance(value, bool) else "")
    return kind != "" and kind in kinds and np.ndim(value) == 0


def rounding(value: Any) -> float:
    """How far the sum of probabilities may be from 1: eight units in the last place of its type.

    Never less than 1e-9, which adding up thousands of float64 numbers takes.
    """
    dtype = value.dtype if sparse.issparse(value) else np.asarray(value).dtype
    return max(1e-9, 8 * float(np.finfo(dtype).eps)) if dtype.kind == "f" else 1e-9


def distributions(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """`value` as an array whose last axis holds probabilities that sum to 1."""
    array = finite_array(name, value, shape)
    bad = first(array < 0)
    if bad is not None:
        raise ValueError(f"{at(name, bad)} is {array[bad]:g}; a probability must lie in [0, 1]")
    total = np.atleast_1d(array.sum(axis=-1))
    bad = first(np.abs(total - 1) > max(1e-8, rounding(value)))
    if bad is not None:
        where = at(name, bad) if array.ndim > 1 else name
        raise ValueError(f"{where} sums to {total[bad]:.10g}; it must sum to 1")
    return array


def positive_distributions(
    name: str, value: Any, shape: tuple[int, ...], possible: npt.NDArray[np.bool_] | None = None
) -> Array:
    """The same, of which a logarithm can be taken, but for what is not possible."""
    array = distributions(name, value, shape)
    exists = np.ones(shape, dtype=bool) if possible is None else possible
    never = first(np.logical_and(array == 0, exists))
    if never is not None:
        raise ValueError(
            f"{at(name, never)} is 0; every action needs a probability above 0: "
            "smooth the counts, or use a Boltzmann policy"
        )
    taken = first(np.logical_and(array > 0, ~exists))
    if taken is not None:
        raise ValueError(f"{at(name, taken)} is {array[taken]:g}; it is impossible: must be 0")
    return array


def possible_actions(
    possible: npt.ArrayLike | None, shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Which actions exist in each state, at least one in each; default: all."""
    if possible is None:
        return np.ones(shape, dtype=bool)
    exists = np.asarray(possible)
    if exists.dtype != bool or exists.shape != shape:
        raise ValueError(
            f"possible is {shown(possible)}; it must be an array {shape} of True and False"
        )
    nothing = first(exists.sum(axis=1) == 0)
    if nothing is not None:
        raise ValueError(f"{at('possible', nothing)} has no action; each state must have one")
    return exists


def discount_below_1(value: Any) -> float:
    """A discount with which nothing has to end."""
    discount = number("discount", value, 0, 1)
    if discount == 1:
        raise ValueError("discount is 1; it must be below 1")
    return discount


def generator(rng: Any) -> np.random.Generator:
    """`rng`, if it is a NumPy Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is {shown(rng)}; it must be a numpy.random.Generator")
    return rng


def first(mask: npt.NDArray[np.bool_]) -> tuple[int, ...] | None:
    """Index of the first True, or None."""
    if not mask.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(mask.argmax()), mask.shape))


def at(name: str, index: tuple[int, ...]) -> str:
    """`name[i, j]`, as an error message writes it."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def read_only(array: Any) -> Any:
    """A view of `array` that cannot be written to; the caller's own array keeps its flags."""
    view = array.view()
    view.flags.writeable = False
    return view
