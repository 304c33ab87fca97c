"""Any model as a Gymnasium environment, drawn as text or as pixels."""

from typing import Any

import gymnasium
import numpy as np

from rl_lib._check import shown, whole
from rl_lib.mdp import MDP
from rl_lib.worlds.gridworld import cliff, russell_norvig
from rl_lib.worlds.response_task import ResponseTask

_CELL = 24  # pixels
_COLOURS = {"#": (90, 90, 90), "C": (40, 40, 40), "agent": (0, 114, 178), "free": (245, 245, 245)}
_GOOD, _BAD = (0, 158, 115), (213, 94, 0)


class MDPEnv(gymnasium.Env):
    """A model as an environment: `reset` draws a start state, `step` draws an outcome.

    Parameters
    ----------
    world : MDP, or a world with `.mdp`
        A world with `.cells` and `.states` is drawn as its map.
    max_steps : int, optional
        Time limit; reaching it truncates an episode and does not terminate it.
    render_mode : {None, "ansi", "rgb_array"}

    Examples
    --------
    >>> env = MDPEnv(russell_norvig(), render_mode="ansi")
    >>> state, info = env.reset(seed=0)
    >>> print(env.render())
    . . . +
    . # . -
    @ . . .
    """

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self, world: Any, *, max_steps: int | None = None, render_mode: str | None = None
    ) -> None:
        mdp = world if isinstance(world, MDP) else getattr(world, "mdp", None)
        if not isinstance(mdp, MDP):
            raise TypeError(f"world is {shown(world)}; it must be an MDP or have one as .mdp")
        self.mdp = mdp
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f'render_mode is {render_mode!r}; it must be "ansi" or "rgb_array"')
        self.max_steps = None if max_steps is None else whole("max_steps", max_steps, 1)
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Discrete(self.mdp.n_states)
        self.action_space = gymnasium.spaces.Discrete(self.mdp.n_actions)
        self._cells, self._states = _layout(world, self.mdp)
        self._start = np.cumsum(self.mdp.start)
        self._state, self._steps, self._over = 0, 0, True

    @property
    def moment(self) -> tuple[int, int, bool]:
        """Where the episode stands: state, steps taken, and whether it is over; may be set."""
        return self._state, self._steps, self._over

    @moment.setter
    def moment(self, moment: tuple[int, int, bool]) -> None:
        state, steps, over = moment
        self._state = whole("state", state, 0, self.mdp.n_states - 1)
        self._steps, self._over = whole("steps", steps, 0), bool(over)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begin an episode; returns (state, {})."""
        super().reset(seed=seed)
        last = self.mdp.n_states - 1
        drawn = np.searchsorted(self._start, self.np_random.random(), side="right")
        self._state, self._steps, self._over = min(int(drawn), last), 0, False
        return self._state, {}

    def step(self, action: Any) -> Any:
        """Take an action; returns (state, reward, terminated, truncated, {})."""
        if self._over:
            raise gymnasium.error.ResetNeeded("the episode is over; call reset() before step()")
        row = self._state * self.mdp.n_actions + whole("action", action, 0, self.mdp.n_actions - 1)
        table = self.mdp.table
        low, high = table.offsets[row], table.offsets[row + 1]
        k = low + np.searchsorted(table.cumulative[low:high], self.np_random.random(), side="right")
        if k < high:
            self._state = int(table.next_state[k])
            reward, terminated = float(table.reward[k]), bool(table.terminal[self._state])
        else:
            reward, terminated = float(table.end_reward[row]), True
        self._steps += 1
        truncated = self.max_steps is not None and self._steps >= self.max_steps
        self._over = terminated or truncated
        return self._state, reward, terminated, truncated, {}

    def render(self) -> Any:
        """The map with the agent on it, as text or as pixels (rows, columns, 3)."""
        here = self._states == self._state
        if self.render_mode == "ansi":
            return "\n".join(" ".join(row) for row in np.where(here, "@", self._cells))
        if self.render_mode == "rgb_array":
            return _pixels(self._cells, here)
        gymnasium.logger.warn('render() draws nothing unless render_mode is "ansi" or "rgb_array"')
        return None


def _layout(world: Any, mdp: MDP) -> tuple[Any, Any]:
    """Characters and states of a map; for a model without one, its states in a near-square."""
    if hasattr(world, "cells"):
        return np.where(world.cells == "S", ".", world.cells), world.states
    width = int(np.ceil(np.sqrt(mdp.n_states)))
    states = np.arange(width * -(-mdp.n_states // width)).reshape(-1, width)
    outside = states >= mdp.n_states
    return np.where(outside, "#", "."), np.where(outside, -1, states)


def _pixels(cells: Any, here: Any) -> Any:
    colours = np.empty((*cells.shape, 3), dtype=np.uint8)
    colours[:] = _COLOURS["free"]
    exits = ~np.isin(cells, [".", "#", "C"])
    colours[exits] = _GOOD
    colours[cells == "-"] = _BAD
    for key in "#C":
        colours[cells == key] = _COLOURS[key]
    picture = colours.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    picture[::_CELL] = picture[:, ::_CELL] = 200
    y, x = np.mgrid[:_CELL, :_CELL] - (_CELL - 1) / 2
    disc = x**2 + y**2 < (_CELL / 3) ** 2
    for i, j in np.argwhere(here):
        picture[i * _CELL : (i + 1) * _CELL, j * _CELL : (j + 1) * _CELL][disc] = _COLOURS["agent"]
    return picture


for _name, _world in (
    ("RussellNorvig", russell_norvig),
    ("Cliff", cliff),
    ("ResponseTask", ResponseTask),
):
    gymnasium.register(
        f"rl_lib/{_name}-v0",
        entry_point=lambda world=_world, **options: MDPEnv(world(), **options),
        max_episode_steps=1000,
    )
