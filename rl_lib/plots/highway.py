"""Pictures of the highway from above: one moment, and a film that needs no script."""

from collections.abc import Sequence
from html import escape

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from rl_lib._check import Array, finite_array
from rl_lib.plots.style import BLUE, GREEN, INK, ORANGE, RED
from rl_lib.worlds.traffic import LANE_WIDTH, LANES, LEFT, LENGTH, RIGHT, ROAD, SIGHT, checked_cars

_TARMAC, _EDGE, _WIDE = "#d9d9d9", "#ffffff", 1.8
_TALL = 2.0  # cars and lanes are drawn so much wider than long


def plot_highway(
    cars: npt.ArrayLike,
    *,
    ax: Axes | None = None,
    safe: npt.ArrayLike | None = None,
    sight: float = SIGHT,
) -> Axes:
    """The road from above, driving to the right, the own car in the middle.

    The own car is blue; others carry their speed in metres per second, and are orange where they
    are slower than the own one. Lanes are drawn twice as wide as they are.

    Parameters
    ----------
    cars : array (n, 3)
        Position, lane and speed of each, the own one first: `Highway.cars`.
    ax : matplotlib Axes, optional
    safe : array (3,), optional
        Which of keep, left and right are safe: an arrow for each change, green and whole if it is,
        else red and dashed.
    sight : float
        Metres to either side.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError, TypeError
        If `cars` or `safe` has another shape.

    Examples
    --------
    >>> ax = plot_highway([(0, 1, 20), (40, 1, 12)], safe=[True, True, True])
    >>> [text.get_text() for text in ax.texts]
    ['20', '12', '', '']
    """
    rows = checked_cars(cars)
    ax = ax or plt.subplots(figsize=(8, 1.3), layout="constrained")[1]
    ax.set(xlim=(-sight, sight), ylim=(-0.6 * _high(), _high() * 2.6), xticks=[], yticks=[])
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)
    bottom, width = -0.5 * _high(), 2 * sight
    ax.add_patch(Rectangle((-sight, bottom), width, LANES * _high(), fc=_TARMAC, ec="none"))
    for line in range(1, LANES):
        ax.axhline(bottom + line * _high(), color=_EDGE, lw=1.5, dashes=(6, 6))
    here, own_lane, own_speed = rows[0]
    for number, (position, lane, speed) in enumerate(rows):
        distance = _distance(position, here)
        if abs(distance) > sight - LENGTH:
            continue
        colour = BLUE if number == 0 else ORANGE if speed < own_speed else _EDGE
        height = _WIDE * _TALL
        ax.add_patch(
            FancyBboxPatch(
                (distance - LENGTH, lane * _high() - height / 2), LENGTH, height,
                boxstyle="round,pad=0,rounding_size=1", fc=colour, ec=INK, lw=0.8, zorder=3,
            )
        )  # fmt: skip
        ax.text(
            distance - LENGTH - 0.8, lane * _high(), f"{speed:.0f}", ha="right", va="center",
            size=8, color=INK, zorder=4,
        )  # fmt: skip
    if safe is not None:
        allowed = finite_array("safe", safe, (3,)) > 0
        for action, way in ((LEFT, 1), (RIGHT, -1)):
            if 0 <= own_lane + way < LANES:
                colour, dash = (GREEN, "-") if allowed[action] else (RED, (0, (2, 2)))
                ax.annotate(
                    "", (6, (own_lane + 0.9 * way) * _high()),
                    (1, (own_lane + 0.2 * way) * _high()),
                    arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.8, "ls": dash},
                    zorder=5,
                )  # fmt: skip
    return ax


def highway_film(moments: Sequence[npt.ArrayLike], *, sight: float = SIGHT, label: str = "") -> str:
    """A film of the road from above as an animated SVG picture, a second for each moment.

    Cars glide from where they are at one second to where they are at the next; lanes are changed
    in that second. The picture moves by itself for ever: put it where a reader opens it.

    Parameters
    ----------
    moments : sequence of arrays (n, 3)
        `Highway.cars`, second by second, at least two, with the same cars in the same order.
    sight : float
        Metres to either side.
    label : str
        What it shows, for those who cannot see it.

    Returns
    -------
    str
        Some ten kilobytes for half a minute.

    Examples
    --------
    >>> film = highway_film([[(0, 1, 20), (40, 1, 12)], [(20, 1, 20), (52, 1, 12)]])
    >>> film[:4], film.count("<rect class")
    ('<svg', 2)
    """
    path = finite_array("moments", [checked_cars(cars) for cars in moments])
    if len(path) < 2:
        raise ValueError(f"moments holds {len(path)} moments; it must hold at least 2")
    scale, lane = 4.0, 24.0  # pixels for a metre along the road, and for a lane
    width, height = 2 * sight * scale, LANES * lane
    seconds = len(path) - 1
    along = _unwrapped(path[:, :, 0] - path[:, :1, 0])
    across = (LANES - 0.5 - path[:, :, 1]) * lane
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(label)}</title>",
        f"<style>rect.o{{fill:{ORANGE};stroke:{INK}}}rect.me{{fill:{BLUE};stroke:{INK}}}</style>",
        f'<rect width="{width:g}" height="{height:g}" fill="{_TARMAC}"/>',
    ]
    own = np.unwrap(path[:, 0, 0], period=ROAD)
    shift = -(own - own[0]) * scale
    for line in range(1, LANES):
        # Dashes of 12 + 18 m: the stroke runs on by as much as the car has driven.
        parts.append(
            f'<path d="M0 {line * lane:g}H{width:g}" stroke="{_EDGE}" stroke-width="2" '
            f'stroke-dasharray="{12 * scale:g} {18 * scale:g}">'
            f'<animate attributeName="stroke-dashoffset" dur="{seconds}s" repeatCount="indefinite" '
            f'values="{_values(-shift)}"/></path>'
        )
    for car in range(path.shape[1]):
        for turn in (-ROAD, 0.0, ROAD):
            x = along[:, car] + turn
            if car and not (np.abs(x) < sight + LENGTH).any():
                continue
            if car == 0 and turn:
                continue
            pixels = (np.clip(x, -2 * sight, 2 * sight) + sight - LENGTH) * scale
            places = ";".join(
                f"{a:.0f} {b:.0f}" for a, b in zip(pixels, across[:, car] - 7, strict=True)
            )
            parts.append(
                f'<rect class="{"o" if car else "me"}" width="{LENGTH * scale:g}" height="14" '
                f'rx="4"><animateTransform attributeName="transform" type="translate" '
                f'dur="{seconds}s" repeatCount="indefinite" values="{places}"/></rect>'
            )
    return "\n".join((*parts, "</svg>\n"))


def _high() -> float:
    return LANE_WIDTH * _TALL


def _distance(position: float, here: float) -> float:
    return (position - here + ROAD / 2) % ROAD - ROAD / 2


def _unwrapped(distance: Array) -> Array:
    start = (distance[0] + ROAD / 2) % ROAD - ROAD / 2
    run = np.unwrap(distance, axis=0, period=ROAD)
    return run - run[0] + start


def _values(numbers: Array) -> str:
    return ";".join(f"{number:.0f}" for number in numbers)
