"""What pictures of worlds share: the palette, a map to draw on, shades, and ink that reads."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rl_lib._check import Array, finite_array
from rl_lib.worlds.gridworld import GridWorld

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
COLOURS = (BLUE, RED, GREEN, ORANGE, "#CC79A7", "#56B4E9", "#555555")
"""Okabe & Ito's palette, in the order in which lines are drawn."""

WALL, CLIFF, INK = "#8a8a8a", "#3a3a3a", "#1a1a1a"
MAP = "viridis"


def number(value: float, form: str = ".3g") -> str:
    """A number as pictures and tables show it: three digits, a true minus, and 0 without one.

    Examples
    --------
    >>> number(-12.3456), number(-0.001, ".2f")
    ('−12.3', '0.00')
    """
    text = format(value, form)
    return (text if text.strip("-+0.") else text.lstrip("-")).replace("-", "−")


def map_axes(world: GridWorld, ax: Axes | None) -> Axes:
    """Axes with the map's cells, walls, cliffs and exits."""
    rows, columns = world.cells.shape
    if ax is None:
        size = (0.9 * columns + 0.2, 0.9 * rows + 0.2)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    ax.set(xticks=[], yticks=[])
    for edge in np.arange(rows + 1) - 0.5:
        ax.axhline(edge, color="#bbbbbb", lw=0.8, zorder=1)
    for edge in np.arange(columns + 1) - 0.5:
        ax.axvline(edge, color="#bbbbbb", lw=0.8, zorder=1)
    for row, column in np.argwhere(world.states < 0):
        fall = world.cells[row, column] == "C"
        look: Any = {"fc": CLIFF, "ec": CLIFF} if fall else {"fc": "#e6e6e6", "ec": WALL}
        hatch = None if fall else "////"
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, hatch=hatch, zorder=2, **look))
    for row, column in np.argwhere(~np.isnan(world.exit_rewards)):
        paid = world.exit_rewards[row, column]
        colour = GREEN if paid >= 0 else RED
        box = Rectangle((column - 0.44, row - 0.44), 0.88, 0.88, fill=False, ec=colour, lw=3)
        ax.add_patch(box)
        label = number(paid, "+g") if paid else "exit"
        ax.text(column, row, label, ha="center", va="center", color=INK)
    return ax


def shade(
    world: GridWorld, v: npt.ArrayLike, ax: Axes, limits: tuple[float, float] | None
) -> tuple[Array, Any]:
    """Colour the cells by value; returns the values on the map and an ink that reads on each."""
    grid = world.to_grid(finite_array("v", v, (world.mdp.n_states,)))
    grid[~np.isnan(world.exit_rewards)] = np.nan
    low, high = limits or (np.nanmin(grid), np.nanmax(grid))
    image = ax.imshow(np.ma.masked_invalid(grid), cmap=MAP, vmin=low, vmax=high, zorder=0)
    ink = np.apply_along_axis(readable, -1, image.cmap(image.norm(grid)))
    return grid, ink


def readable(background: Any) -> str:
    """Black or white, whichever contrasts more with a colour (WCAG 2.1 relative luminance)."""
    channel = np.asarray(background[:3])
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    return "black" if luminance > 0.179 else "white"
