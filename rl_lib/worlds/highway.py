"""A highway with three lanes in SUMO: keep the lane, or change it, once a second.

The world of the deep methods in Kalweit et al. 2020 (NeurIPS). A driver wants to go 20 m/s among
slower cars. SUMO's own controller chooses the speed and the driver the lane: the reward of each
second is

    1 - |v - 20| / 20 - 0.05 [an action was left or right].

The cars around are random: how many, where, and how fast they would like to go. They change lanes
as SUMO's own drivers do. The driver's car does what it is told, with no regard for others.
"""

import contextlib
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, whole
from rl_lib.worlds._sumo import Simulation
from rl_lib.worlds.traffic import (
    DESIRED_SPEED,
    KEEP,
    LANES,
    LEFT,
    RIGHT,
    ROAD,
    SIGHT,
    Car,
    Traffic,
    checked_traffic,
    constraints,
    features,
)  # fmt: skip

CHANGE_COST = 0.05
"""p_lc of the paper, per change of lane."""
_MOVES = {KEEP: 0, LEFT: 1, RIGHT: -1}


class Highway(gymnasium.Env[npt.NDArray[np.float32], np.intp]):
    """Random traffic on a ring of 1 km: 20 features, and the actions keep, left and right.

    Observations are those of `rl_lib.worlds.traffic.features`. `info` holds

    - ``safe``: which actions satisfy the constraints *now*, bool array (3,). Keep always does;
    - ``speed``: of the own car in metres per second;
    - ``violation``: of the last action, ``"gap"``, ``"keep right"`` or ``""``; an action that
      violates both counts as the first, and so does one towards a lane that is not there;
    - ``collision``: whether in the last second the own car touched another one that it did not
      touch before. Both drive on.

    Parameters
    ----------
    max_steps : int
        Seconds until an episode is truncated; it never terminates.
    traffic : Traffic, optional
        How many cars there are besides the own one, 3 to 90, and how fast they would like to go,
        each between two bounds: ``Traffic((12, 21), (10.0, 18.0))``.
    render_mode : {None, "ansi"}

    Raises
    ------
    ModuleNotFoundError
        If SUMO is not installed.
    RuntimeError
        If there is another highway in this process; or, in `step`, if the simulation has died:
        then `reset` starts it again.

    Examples
    --------
    >>> env = Highway()  # doctest: +SKIP
    >>> observation, info = env.reset(seed=0)  # doctest: +SKIP
    >>> info["safe"]  # doctest: +SKIP
    array([ True, False,  True])
    >>> env.close()  # doctest: +SKIP
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012

    def __init__(
        self,
        *,
        max_steps: int = 200,
        traffic: Traffic | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, "ansi"):
            raise ValueError(f'render_mode is {render_mode!r}; it must be "ansi" or None')
        self.max_steps = whole("max_steps", max_steps, 1, 100_000)
        self.traffic = checked_traffic(Traffic() if traffic is None else traffic)
        self.render_mode = render_mode
        low, high = np.full(20, -1, dtype=np.float32), np.ones(20, dtype=np.float32)
        # SUMO's cars may be faster than the own one by a little, or in a jam slower by all of it.
        low[1:18:3], high[1:18:3] = -2, 2
        low[18], high[18] = 0, 2
        self.observation_space = gymnasium.spaces.Box(low, high)
        self.action_space = gymnasium.spaces.Discrete(3)
        self._simulation = Simulation()
        self._cars: list[Car] = []
        self._touched: set[str] = set()
        self._steps, self._over, self._closed = 0, True, False

    @property
    def cars(self) -> Array:
        """Position, lane and speed of every car, the own one first: shape (n, 3)."""
        return np.array(self._cars, dtype=np.float64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        """New traffic; returns (observation, info)."""
        super().reset(seed=seed)
        laps = 2 + int((self.max_steps + 10) * DESIRED_SPEED / ROAD)
        self._over = True
        if self._closed:
            raise RuntimeError("this highway has been closed; make another one")
        with self._dying():
            self._cars = self._simulation.load(self.traffic, self.np_random, laps)
        self._touched, self._steps, self._over = set(), 0, False
        return features(self._cars), self._info("", False)

    def step(
        self, action: Any
    ) -> tuple[npt.NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Drive on for a second; returns (observation, reward, False, truncated, info)."""
        if self._over:
            raise gymnasium.error.ResetNeeded("the episode is over; call reset() before step()")
        action = whole("action", action, 0, 2)
        gap, right = self._allowed
        violation = "" if gap[action] and right[action] else "keep right" if gap[action] else "gap"
        lane = self._cars[0][1] + _MOVES[action]
        move = _MOVES[action] if 0 <= lane < LANES else 0
        with self._dying():
            self._cars, hit = self._simulation.second(move)
        collision = bool(hit - self._touched)
        self._touched = hit
        self._steps += 1
        self._over = self._steps >= self.max_steps
        speed = self._cars[0][2]
        reward = 1 - abs(speed - DESIRED_SPEED) / DESIRED_SPEED - CHANGE_COST * (action != KEEP)
        return features(self._cars), reward, False, self._over, self._info(violation, collision)

    def render(self) -> str | None:
        """The lanes from above as text, the own car as ``@`` in the middle."""
        if self.render_mode is None:
            gymnasium.logger.warn('render() draws nothing unless render_mode is "ansi"')
            return None
        return as_text(self._cars)

    def close(self) -> None:
        """End the simulation, so that this process may begin another one."""
        self._over = self._closed = True
        self._simulation.close()

    def _info(self, violation: str, collision: bool) -> dict[str, Any]:
        self._allowed = constraints(self._cars)
        return {
            "safe": self._allowed[0] & self._allowed[1],
            "speed": self._cars[0][2],
            "violation": violation,
            "collision": collision,
        }

    @contextlib.contextmanager
    def _dying(self) -> Any:
        """Tell what happened if SUMO dies, and leave nothing behind that a reset could trip on."""
        try:
            yield
        except self._simulation.deaths as error:
            self._over = True
            self._simulation.stop()
            raise RuntimeError(
                f"the simulation has died ({error}); reset() starts it again"
            ) from error


def as_text(cars: list[Car], metres: float = 5.0) -> str:
    """Lanes from above, leftmost first, one character for so many metres."""
    cells = int(SIGHT // metres)
    rows = [["."] * (2 * cells + 1) for _ in range(LANES)]
    for number, (position, lane, _) in reversed(list(enumerate(cars))):
        distance = (position - cars[0][0] + ROAD / 2) % ROAD - ROAD / 2
        place = round(distance / metres)
        if abs(place) <= cells:
            rows[LANES - 1 - lane][cells + place] = ">" if number else "@"
    return "\n".join("".join(row) for row in rows)
