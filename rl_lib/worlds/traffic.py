r"""What a driver sees, and what is safe: geometry of a ring road with three lanes.

Cars are rows (position, lane, speed) in metres, lanes and metres per second, the driver's own car
first. Lane 0 is the rightmost one. A position is that of the front bumper, and positions wrap
around the ring.

A change of lane needs a *gap*. Whoever is behind must have time to react and then to brake until
it is no faster than whoever is ahead, and half a second should still lie between the two. With
speeds v (behind) and w (ahead), c = max(0, v - w), a reaction time T and a deceleration b, this
takes

.. math:: g(v, w) = g_0 + v / 2 + c T + c^2 / (2 b)

metres between the bumpers. It must hold towards the car ahead and the car behind in the lane that
one goes to, and nobody may be alongside beyond it, who may want the same place. And one *keeps
right*: to the left one goes only to overtake somebody who is in the way.
"""

from collections.abc import Sequence
from math import atan2, pi
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import finite_array, number, whole

ROAD = 1000.0  # metres around
LANES, LANE_WIDTH, LENGTH = 3, 3.2, 5.0
DESIRED_SPEED = 20.0  # metres per second
SIGHT = 100.0  # metres
KEEP, LEFT, RIGHT = 0, 1, 2
STANDING_GAP, HEADWAY, REACTION, BRAKING = 2.5, 0.5, 1.0, 4.5  # m, s, s, m/s²
IN_THE_WAY = 5.0  # seconds to the car ahead


class Traffic(NamedTuple):
    """What is random about the cars around: uniform between two bounds."""

    n_cars: tuple[int, int] = (12, 21)
    """How many there are on the ring."""
    speeds: tuple[float, float] = (10.0, 18.0)
    """How fast each would like to drive, in metres per second."""


def checked_traffic(traffic: Traffic) -> Traffic:
    """`traffic`, if that many cars fit on the ring and can drive."""
    (few, many), (slow, fast) = traffic
    few = whole("traffic.n_cars[0]", few, LANES)
    many = whole("traffic.n_cars[1]", many, few, 90)
    slow = number("traffic.speeds[0]", slow, 1)
    return Traffic((few, many), (slow, number("traffic.speeds[1]", fast, slow, 50)))


Car = tuple[float, int, float]
Nearest = tuple[float, float] | None
"""Distance along the road, negative behind, and speed of a car; None where nobody is in sight."""


def nearest(cars: Sequence[Car]) -> tuple[list[Nearest], list[Nearest]]:
    """In each lane the nearest car in front of the driver's own, and the nearest one behind."""
    here = cars[0][0]
    ahead: list[Nearest] = [None] * LANES
    behind: list[Nearest] = [None] * LANES
    for position, lane, speed in cars[1:]:
        distance = (position - here + ROAD / 2) % ROAD - ROAD / 2
        if not -SIGHT <= distance <= SIGHT:
            continue
        side = ahead if distance >= 0 else behind
        known = side[lane]
        if known is None or abs(distance) < abs(known[0]):
            side[lane] = distance, speed
    return ahead, behind


def safe_gap(behind: float, ahead: float) -> float:
    """Metres between bumpers that two cars with these speeds need.

    Examples
    --------
    >>> safe_gap(20, 20), safe_gap(20, 11)
    (12.5, 30.5)
    """
    closing = max(0.0, behind - ahead)
    braking = REACTION * closing + closing * closing / (2 * BRAKING)
    return STANDING_GAP + HEADWAY * behind + braking


def constraints(cars: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which actions the gap allows, and which keeping right allows.

    Parameters
    ----------
    cars : array (n, 3)
        Position, lane and speed of each car, the driver's own first.

    Returns
    -------
    gap, right : bool arrays (3,)
        For keep, left and right. Keeping the lane is always allowed.

    Examples
    --------
    Somebody slow is in the way, and the lane to the left is free; there is none to the right.

    >>> gap, right = constraints([(0, 0, 20), (50, 0, 12)])
    >>> gap, right
    (array([ True,  True, False]), array([ True,  True,  True]))
    """
    rows = checked_cars(cars)
    _, lane, speed = rows[0]
    ahead, behind = nearest(rows)
    leader = ahead[lane]
    overtaking = (
        leader is not None
        and leader[1] < DESIRED_SPEED
        and leader[0] - LENGTH < IN_THE_WAY * max(speed, 1.0)
    )
    gap = np.array([True, False, False])
    for action, target in ((LEFT, lane + 1), (RIGHT, lane - 1)):
        if 0 <= target < LANES:
            front, back = ahead[target], behind[target]
            beyond = 2 * target - lane
            gap[action] = (
                (front is None or front[0] - LENGTH >= safe_gap(speed, front[1]))
                and (back is None or -back[0] - LENGTH >= safe_gap(back[1], speed))
                and (
                    not 0 <= beyond < LANES
                    # Somebody alongside two lanes away may want the same place.
                    or all(
                        one is None or abs(one[0]) >= 2 * LENGTH
                        for one in (ahead[beyond], behind[beyond])
                    )
                )
            )
    return gap, np.array([True, overtaking, True])


def safe_actions(cars: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which of keep, left and right satisfies both constraints: bool array (3,).

    Raises
    ------
    ValueError, TypeError
        If `cars` is not an array (n, 3) of positions, lanes and speeds.

    Examples
    --------
    Nobody is in the way: then one does not go to the left.

    >>> safe_actions([(0, 1, 20)])
    array([ True, False,  True])
    """
    gap, right = constraints(cars)
    return gap & right


def features(cars: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """The 20 features that a driver sees, each about between -1 and 1: shape (20,).

    Six neighbours, ahead and behind in the lane to the left, the own one and the one to the right:
    of each the distance (in units of 100 m, negative behind), the velocity relative to one's own
    (units of 20 m/s) and the angle at which it is seen (units of π, positive to the left). Then
    the own velocity, and the angle of the own lane: where the road's middle lies, -1 for the
    rightmost lane and 1 for the leftmost. Where nobody is in sight stands a car at the edge of it
    that is as fast as oneself, and where there is no lane, a wall: a car alongside.

    Raises
    ------
    ValueError, TypeError
        If `cars` is not an array (n, 3) of positions, lanes and speeds.

    Examples
    --------
    >>> seen = features([(0, 0, 20), (50, 0, 12)])
    >>> seen[6:9], seen[18:]  # the car ahead, and oneself
    (array([ 0.5, -0.4,  0. ], dtype=float32), array([ 1., -1.], dtype=float32))
    """
    rows = checked_cars(cars)
    _, lane, speed = rows[0]
    ahead, behind = nearest(rows)
    seen = np.empty(20, dtype=np.float32)
    place = 0
    for side in (1, 0, -1):
        target = lane + side
        for found, edge in ((ahead, SIGHT), (behind, -SIGHT)):
            distance, other = edge, speed
            if not 0 <= target < LANES:
                distance = 0.0
            else:
                one = found[target]
                if one is not None:
                    distance, other = one
            seen[place] = distance / SIGHT
            seen[place + 1] = (other - speed) / DESIRED_SPEED
            seen[place + 2] = atan2(side * LANE_WIDTH, distance) / pi
            place += 3
    seen[18:] = speed / DESIRED_SPEED, lane - 1
    return seen


def checked_cars(cars: npt.ArrayLike) -> list[Car]:
    """`cars` as rows of plain numbers."""
    array = finite_array("cars", cars)
    if array.ndim != 2 or array.shape[1] != 3 or not len(array):
        raise ValueError(f"cars has shape {array.shape}; it must have shape (n, 3), n at least 1")
    lanes = array[:, 1]
    if not np.isin(lanes, np.arange(LANES)).all():
        raise ValueError(f"cars has lanes {np.unique(lanes)}; they must be 0, 1 or 2")
    return [(position, int(lane), speed) for position, lane, speed in array.tolist()]
