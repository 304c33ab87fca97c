"""Recordings as people have them, lists and data frames, read into arrays of steps."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from rl_lib._check import Ints, first, whole_array

UNKNOWN = -1
"""The next state of a last step whose successor was not recorded."""


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


def read_frame(frame: Any) -> tuple[list[Any], list[bool]]:
    """The trajectories of a data frame with a row for each step, and whether each ended."""
    required = {"trajectory", "state", "action"}
    missing = required - set(frame.columns)
    if missing:
        raise ValueError(f"frame has columns {list(frame.columns)}; {missing} must be there")
    for name in sorted({*required, "terminated"} & set(frame.columns)):
        bad = first(frame[name].isna().to_numpy())
        if bad is not None:
            raise ValueError(f"frame has no value in row {bad[0]} of column {name}")
    columns = ["state", "action"] + ["next_state"] * ("next_state" in frame)
    frame = frame.fillna({"next_state": UNKNOWN}) if "next_state" in frame else frame
    # Columns that may hold NA are objects as a table, though each of them holds numbers.
    flat = [whole_array(f"frame.{name}", frame[name].to_numpy()) for name in columns]
    steps = np.column_stack(flat)
    ends = np.zeros(len(steps), dtype=bool)
    if "terminated" in frame:
        ends = frame["terminated"].to_numpy(dtype=bool)
    trajectory = frame["trajectory"].reset_index(drop=True)
    groups = [rows.index.to_numpy() for _, rows in trajectory.groupby(trajectory, sort=False)]
    return [steps[rows] for rows in groups], [bool(ends[rows[-1]]) for rows in groups]
