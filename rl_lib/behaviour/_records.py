"""Recordings as people have them, lists and tables with a row for each step, read into arrays.

Nothing is guessed: what is no whole number, no truth value, or out of order is refused, and the
entry is named.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Ints, first, shown, truth_array, whole_array

UNKNOWN = -1
"""The next state of a last step whose successor was not recorded."""

Place = Callable[[str, int], str]
"""How an error calls an entry, given its column and its row from 0."""


class Steps(NamedTuple):
    """The arrays of which demonstrations are made."""

    states: Ints
    actions: Ints
    next_states: Ints
    offsets: Ints
    terminated: npt.NDArray[np.bool_]


def step_arrays(trajectories: Iterable[Any]) -> list[Ints]:
    """Arrays (T, 3) of state, action and next state, from (T, 2) or (T, 3)."""
    arrays = []
    for i, given in enumerate(trajectories):
        name = f"trajectories[{i}]"
        steps = whole_array(name, given if len(given) else np.zeros((0, 2)), 2)
        if steps.shape[1] not in (2, 3):
            raise ValueError(
                f"{name} has shape {steps.shape}; it must have shape (T, 2) for "
                "(state, action) or (T, 3) for (state, action, next state)"
            )
        if steps.shape[1] == 2:
            following = np.append(steps[1:, 0], UNKNOWN)[: len(steps)]
            steps = np.column_stack((steps, following))
        arrays.append(steps)
    return arrays


def read_frame(frame: Any) -> Steps:
    """The steps of a data frame with a row for each of them."""
    columns = getattr(frame, "columns", None)
    if columns is None:
        raise TypeError(f"frame is {shown(frame)}; it must be a pandas DataFrame")
    missing = {"trajectory", "state", "action"} - set(columns)
    if missing:
        raise ValueError(f"frame has columns {list(columns)}; {missing} must be there")
    known = ("trajectory", "state", "action", "next_state", "terminated", "step")
    twice = [name for name in known if list(columns).count(name) > 1]
    if twice:
        raise ValueError(f"frame has column {twice[0]} twice; it may be there once")
    for name in (name for name in known if name in columns and name != "next_state"):
        bad = first(frame[name].isna().to_numpy())
        if bad is not None:
            raise ValueError(f"frame has no value in row {bad[0]} of column {name}")
    if "next_state" in columns:
        frame = frame.assign(next_state=frame["next_state"].astype(object).fillna(UNKNOWN))
    table = {name: frame[name].to_numpy() for name in known[1:] if name in columns}
    try:
        trajectory = frame["trajectory"].factorize()[0]
    except TypeError:  # a list, say
        raise TypeError("frame.trajectory holds what is no label; use numbers or words") from None
    return sort_steps(trajectory, table, lambda name, row: f"frame.{name}[{row}]")


def sort_steps(trajectory: Ints, table: dict[str, Any], place: Place) -> Steps:
    """The steps of each trajectory together, in the order of rows, and what is known to follow.

    `trajectory` numbers them; `table` holds the columns state and action and, where there are such,
    next_state, terminated and step. An ending stands in the last row of its trajectory, and `step`
    counts up by one.
    """
    order = np.argsort(trajectory, kind="stable")
    numbers = [name for name in table if name != "terminated"]
    columns = {name: _whole_column(name, table[name], place)[order] for name in numbers}
    offsets = np.concatenate(([0], np.cumsum(np.bincount(trajectory)))).astype(np.intp)
    last = np.zeros(len(order), dtype=bool)
    last[offsets[1:] - 1] = True
    ends = np.zeros(len(order), dtype=bool)
    if "terminated" in table:
        ends = truth_array("terminated", table["terminated"], place)[order]
    early = first(ends & ~last)
    if early is not None:
        row = int(order[early[0]])
        raise ValueError(
            f"{place('terminated', row)} is True, but {place('trajectory', row)} goes on after it; "
            "every episode needs a label of its own"
        )
    if "step" in table:
        jump = np.diff(columns["step"], append=0) != 1
        bad = first(jump & ~last)
        if bad is not None:
            before, after = columns["step"][bad[0]], columns["step"][bad[0] + 1]
            name = place("step", int(order[bad[0] + 1]))
            raise ValueError(
                f"{name} is {after}, after {before}; within a trajectory it must count up by one"
            )
    states = columns["state"]
    following = np.where(last, UNKNOWN, np.append(states[1:], UNKNOWN)[: len(states)])
    next_states = columns.get("next_state", following)
    return Steps(states, columns["action"], next_states, offsets, ends[offsets[1:] - 1])


def _whole_column(name: str, values: Any, place: Place) -> Ints:
    array = np.asarray(values)
    if array.dtype.kind in "iuf":
        with np.errstate(invalid="ignore"):
            result = array.astype(np.intp)
        wrong = result != array
    else:
        entries = array.tolist()
        wrong = np.array([not _is_whole(entry) for entry in entries], dtype=bool)
        result = np.array([0 if bad else int(x) for x, bad in zip(entries, wrong, strict=True)])
    bad = first(wrong)
    if bad is not None:
        raise ValueError(
            f"{place(name, bad[0])} is {shown(array.tolist()[bad[0]])}; it must be a whole number"
        )
    return result.astype(np.intp)


def _is_whole(entry: Any) -> bool:
    number = isinstance(entry, (int, float, np.integer)) and not isinstance(entry, bool)
    return number and abs(entry) < 2**63 and entry == int(entry)
