"""Recordings in files.

A table of trials is a text file with a row for each decision, as a spreadsheet saves it (CSV).
Whatever in it could be understood in two ways is refused, and the row is named as a spreadsheet
numbers it: the header is row 1.
"""

import csv
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rl_lib._check import shown
from rl_lib.behaviour._records import UNKNOWN, sort_steps
from rl_lib.behaviour.demonstrations import Demonstrations

_ALIASES = {"trajectory": "trial", "terminated": "end"}
_TRUTH = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
_MISSING = {"", "na", "nan", "n/a", "null", "none"}
_WHOLE = re.compile(r"-?\d+(\.0*)?")
_LARGEST = 10_000_000


class Trials(NamedTuple):
    """Demonstrations, and what the states and actions are called."""

    demonstrations: Demonstrations
    state_names: tuple[str, ...]
    action_names: tuple[str, ...]


def read_trials(path: str | Path) -> Trials:
    r"""A table of trials from a CSV file, with a row for each decision in the order of time.

    Parameters
    ----------
    path : str or Path
        UTF-8 text; columns are set apart by commas, semicolons or tabs, and named in the first
        row, in any order; others are not looked at:

        - `trial`: any label; the rows of a trial stand together
        - `state`, `action`: whole numbers from 0, or names
        - `session`, optional: trials with one label in two sessions are two
        - `end`, optional: 1 or true where the episode ended with this decision, else 0 or false;
          without it, no trial is known to have ended
        - `next_state`, optional: where the decision led; it is known but for the last of a trial
        - `step`, optional: counts up by one, so that a missing row is noticed

        What `Demonstrations.to_pandas` writes can be read, too.

    Returns
    -------
    Trials

    Raises
    ------
    ValueError
        Naming the row and the column.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> lines = "trial,state,action,end", "1,press,hold,0", "1,later,let go,1", "2,press,let go,1"
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "trials.csv")
    ...     _ = path.write_text("\n".join(lines))
    ...     trials = read_trials(path)
    >>> trials.demonstrations, trials.state_names
    (Demonstrations(n_trajectories=2, n_steps=3), ('later', 'press'))
    """
    table = _Table(*_read(Path(path)))
    for name in ("trial", "state", "action"):
        if name not in table.columns:
            raise ValueError(f"the table has columns {', '.join(table.columns)}; it needs {name}")
    for name in ("session", "trial", "state", "action", "end", "step"):
        table.refuse(name, [w.lower() not in _MISSING for w in table.columns.get(name, [])])
    following = ["next_state"] * ("next_state" in table.columns)
    state_names, action_names = table.names("state", *following), table.names("action")
    steps = {"state": table.numbers("state", state_names)}
    steps["action"] = table.numbers("action", action_names)
    for name in following:
        steps[name] = table.numbers(name, state_names)
    if "step" in table.columns:
        steps["step"] = table.numbers("step", None)
    if "end" in table.columns:
        words = [word.lower() for word in table.columns["end"]]
        table.refuse("end", [word in _TRUTH for word in words], "1 or 0, or true or false")
        steps["terminated"] = np.array([_TRUTH[word] for word in words])
    made = Demonstrations(*sort_steps(table.trials(), steps, table.place))
    return Trials(made, state_names, action_names)


class _Table(NamedTuple):
    """Words by column, and the number of each row."""

    columns: dict[str, list[str]]
    rows: list[int]

    def place(self, name: str, row: int) -> str:
        return f"column {_ALIASES.get(name, name)}, row {self.rows[row]},"

    def refuse(self, name: str, fine: list[bool], must: str = "filled in") -> None:
        if not all(fine):
            row = fine.index(False)
            word = shown(self.columns[name][row])
            raise ValueError(f"{self.place(name, row)} is {word}; it must be {must}")

    def names(self, *columns: str) -> tuple[str, ...]:
        """What the entries of these columns are called, by number: in order, if they are words."""
        used = {w for name in columns for w in self.columns[name] if w.lower() not in _MISSING}
        whole = {word for word in used if _WHOLE.fullmatch(word)}
        if not whole:
            return tuple(sorted(used))
        for name in columns:
            words = self.columns[name]
            missing = [name == "next_state" and word.lower() in _MISSING for word in words]
            fine = [gone or word in whole for gone, word in zip(missing, words, strict=True)]
            self.refuse(name, fine, "a whole number, as others are")
            low = -1 if name == "next_state" else 0
            numbers = [low if gone else float(w) for gone, w in zip(missing, words, strict=True)]
            fine = [low <= number < _LARGEST for number in numbers]
            self.refuse(name, fine, f"a whole number from 0 to {_LARGEST - 1}")
        return tuple(map(str, range(int(max(map(float, whole))) + 1)))

    def numbers(self, name: str, names: tuple[str, ...] | None) -> Any:
        words = self.columns[name]
        if names is None or _WHOLE.fullmatch(names[0]):
            fine = [bool(_WHOLE.fullmatch(w)) or w.lower() in _MISSING for w in words]
            self.refuse(name, fine, "a whole number")
            whole = [str(UNKNOWN) if w.lower() in _MISSING else w.partition(".")[0] for w in words]
            return np.array(list(map(int, whole)))
        number = {word: k for k, word in enumerate(names)}
        return np.array([number.get(word, UNKNOWN) for word in words])

    def trials(self) -> Any:
        """The number of each row's trial; a label that comes back after others is refused."""
        sessions = self.columns.get("session", [""] * len(self.rows))
        numbers: dict[tuple[str, str], int] = {}
        found: list[int] = []
        for row, label in enumerate(zip(sessions, self.columns["trial"], strict=True)):
            number = numbers.setdefault(label, len(numbers))
            if found and number < found[-1]:
                raise ValueError(
                    f"{self.place('trial', row)} is {shown(label[1])} again, after other trials; "
                    "every trial needs a label of its own"
                )
            found.append(number)
        return np.array(found, dtype=np.intp)


def _read(path: Path) -> tuple[dict[str, list[str]], list[int]]:
    """The columns of a table with a header, and the number of each row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            mark = max(",;\t", key=first.count)
            reader = csv.reader(file, delimiter=mark, strict=True)
            header = [_ALIASES.get(word, word) for word in map(_plain, next(reader, []))]
            lines = [(reader.line_num, line) for line in reader if any(map(str.strip, line))]
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8; save the table as CSV in UTF-8") from None
    except csv.Error as problem:
        raise ValueError(f"{path} is no table: {problem}") from None
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise ValueError(f"the table has column {twice[0]} twice; it may be there once")
    if not lines:
        raise ValueError(f"{path} holds no row; it must hold a header and at least one")
    for number, line in lines:
        if len(line) != len(header):
            raise ValueError(f"row {number} has {len(line)} entries; it must have {len(header)}")
    columns = {name: [line[k].strip() for _, line in lines] for k, name in enumerate(header)}
    return columns, [number for number, _ in lines]


def _plain(word: str) -> str:
    return word.strip().lower().replace(" ", "_")
