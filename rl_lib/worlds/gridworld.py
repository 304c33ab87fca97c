r"""Grid worlds drawn as text: walls, exits, a start, cliffs; slips and living rewards.

An action moves one cell up, right, down or left. With probability `slip` the agent goes to one of
the two right angles of the intended direction instead, half of it each. A move into a wall or over
the edge leaves the agent where it is. Each step pays the living reward, plus what the cell entered
pays.

The 4×3 grid of `russell_norvig` is the running example of the course (Russell & Norvig 2020,
section 17.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import Array, finite_array, number, read_only
from rl_lib._values import FrozenMapping, Value
from rl_lib.mdp import MDP

ACTIONS = ("up", "right", "down", "left")
"""Names of the four actions, clockwise; a right angle is one index away."""

_STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
_DENSE_STATES = 500


@dataclass(frozen=True, eq=False)
class GridWorld(Value):
    r"""A grid world from a text map.

    Parameters
    ----------
    text : str
        One line a row, one character a cell; spaces are ignored. `.` is free, `#` a wall, `S` the
        start (free), `C` a cliff (back to the start), any key of `exits` an exit.
    living_reward : float
        Paid on every step, the one into an exit included.
    slip : float in [0, 1]
        Probability of moving at a right angle to the intended direction.
    discount : float in [0, 1]
        γ.
    exits : mapping of one character to float
        Exit cells and the reward for entering them. Entering ends the episode.
    fall : float
        Reward for stepping into the cliff, on top of the living reward.

    Raises
    ------
    ValueError
        For an unknown character (with its row and column), rows of different lengths, a cliff
        without a start, or a number out of range.

    Examples
    --------
    >>> world = GridWorld("S . +", living_reward=0.0, slip=0.0, discount=0.5)
    >>> world.mdp.action_values([0, 0, 0])[:, 1]
    array([0., 1., 0.])
    """

    text: str
    living_reward: float = -0.04
    slip: float = 0.2
    discount: float = 1.0
    exits: Mapping[str, float] = field(default_factory=lambda: {"+": 1.0, "-": -1.0, "G": 0.0})
    fall: float = -99.0

    def __post_init__(self) -> None:
        number("slip", self.slip, 0, 1)
        finite_array("living_reward", self.living_reward, ())
        finite_array("fall", self.fall, ())
        for key, reward in self.exits.items():
            if len(key) != 1 or key in ".#SC" or key.isspace():
                raise ValueError(f"exits has the key {key!r}; it must be one character not in .#SC")
            finite_array(f"exits[{key!r}]", reward, ())
        object.__setattr__(self, "exits", FrozenMapping(self.exits))
        rows = self._rows
        if len({len(row) for row in rows}) != 1 or not rows[0]:
            lengths = sorted({len(row) for row in rows})
            raise ValueError(f"text has rows of {lengths} cells; all rows must have one length")
        allowed = ".#SC" + "".join(self.exits)
        for i, row in enumerate(rows):
            for character in set(row).difference(allowed):
                where = f"in row {i}, column {row.index(character)}"
                raise ValueError(f"text has {character!r} {where}; it must be one of {allowed}")
        if sum(row.count("S") for row in rows) > 1:
            raise ValueError("text has more than one S; there is one start at most")
        cells = "".join(rows)
        if "C" in cells and "S" not in cells:
            raise ValueError("text has a cliff but no S; a fall leads back to the start")
        if not set(cells) - {"#", "C"}:
            raise ValueError("text has no cell to stand on")

    @cached_property
    def cells(self) -> npt.NDArray[np.str_]:
        """The map as an array of characters, shape (rows, columns)."""
        return read_only(np.array([list(row) for row in self._rows]))

    @property
    def _rows(self) -> list[str]:
        return ["".join(line.split()) for line in self.text.strip().splitlines()]

    @property
    def action_names(self) -> tuple[str, ...]:
        """What the actions are called."""
        return ACTIONS

    @cached_property
    def states(self) -> npt.NDArray[np.intp]:
        """The state of each cell, −1 where nobody can stand, shape (rows, columns)."""
        stand = (self.cells != "#") & (self.cells != "C")
        return read_only(np.where(stand, np.cumsum(stand).reshape(stand.shape) - 1, -1))

    @cached_property
    def exit_rewards(self) -> Array:
        """What entering each cell pays if it is an exit, else NaN, shape (rows, columns)."""
        paid = np.full(self.cells.shape, np.nan)
        for key, reward in self.exits.items():
            paid[self.cells == key] = reward
        return read_only(paid)

    def to_grid(self, values: npt.ArrayLike) -> Array:
        """Values of states as a picture of the map, NaN where nobody can stand.

        Parameters
        ----------
        values : array (S, …)

        Returns
        -------
        array (rows, columns, …)

        Examples
        --------
        >>> GridWorld("S#+").to_grid([1, 2])
        array([[ 1., nan,  2.]])
        """
        values = np.asarray(values, dtype=np.float64)
        grid = values[self.states]
        grid[self.states < 0] = np.nan
        return grid

    @cached_property
    def mdp(self) -> MDP:
        """The model; dense up to 500 states, sparse above."""
        n_rows, n_columns = self.cells.shape
        row, column = np.nonzero(self.states >= 0)
        n = len(row)
        alive = np.isnan(self.exit_rewards[row, column])
        target = np.empty((n, 4), dtype=np.int32)  # the state reached by moving in each direction
        paid = np.full((n, 4), float(self.living_reward))
        start = self.states[self.cells == "S"]
        for a, (down, right) in enumerate(_STEPS):
            to_row = np.clip(row + down, 0, n_rows - 1)
            to_column = np.clip(column + right, 0, n_columns - 1)
            cell, state = self.cells[to_row, to_column], self.states[to_row, to_column]
            fell = cell == "C"
            blocked, back = cell == "#", start[0] if fell.any() else 0
            target[:, a] = np.select([blocked, fell], [np.arange(n), back], state)
            paid[:, a] += np.nan_to_num(self.exit_rewards[to_row, to_column]) + self.fall * fell
        turn = np.array([[a, (a + 1) % 4, (a - 1) % 4] for a in range(4)])
        chance = np.array([1 - self.slip, self.slip / 2, self.slip / 2])
        turn, chance = turn[:, chance > 0], chance[chance > 0]
        ends = np.cumsum(np.repeat(alive, 4) * len(chance), dtype=np.int32)
        offsets = np.concatenate((np.zeros(1, dtype=np.int32), ends))
        indices = target[alive][:, turn].ravel()
        probability = np.tile(chance, int(alive.sum()) * 4)
        shape = (n * 4, n)
        transitions = sparse.csr_array((probability, indices, offsets), shape=shape)
        rewards = sparse.csr_array(
            (paid[alive][:, turn].ravel(), transitions.indices, transitions.indptr), shape=shape
        )
        mdp = MDP(transitions, rewards, self.discount, start=int(start[0]) if len(start) else None)
        return mdp.to_dense() if n <= _DENSE_STATES else mdp


def russell_norvig(
    living_reward: float = -0.04, *, slip: float = 0.2, discount: float = 1.0
) -> GridWorld:
    """The 4×3 grid of Russell & Norvig, with its +1 and −1 exits.

    References
    ----------
    Russell, S. & Norvig, P. (2020). Artificial Intelligence: A Modern Approach, 4th edition.
    Pearson.

    Examples
    --------
    >>> russell_norvig().mdp
    MDP(n_states=11, n_actions=4, discount=1, dense)
    """
    return GridWorld("...+ \n .#.- \n S...", living_reward, slip, discount)


def cliff(*, slip: float = 0.0, discount: float = 1.0) -> GridWorld:
    """The cliff walk (Sutton & Barto 2018, example 6.6): −1 a step, −100 for a fall.

    References
    ----------
    Sutton, R. S. & Barto, A. G. (2018). Reinforcement Learning: An Introduction, 2nd edition.
    MIT Press.

    Examples
    --------
    >>> cliff().mdp.n_states
    38
    """
    top = "............\n" * 3
    return GridWorld(top + "SCCCCCCCCCCG", -1.0, slip, discount)
