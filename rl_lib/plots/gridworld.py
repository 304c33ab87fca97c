"""Pictures of a grid world: its map, and values, policies and action values on it."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize

from rl_lib._check import finite_array
from rl_lib.plots.style import INK, MAP, map_axes, number, readable, shade
from rl_lib.worlds.gridworld import ACTIONS, GridWorld

_ARROWS = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # x and y (downwards) of each action


def plot_world(world: GridWorld, *, ax: Axes | None = None) -> Axes:
    """The map: walls, cliffs, the start, and what the exits pay.

    Parameters
    ----------
    world : GridWorld
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = map_axes(world, ax)
    for row, column in np.argwhere(world.cells == "S"):
        ax.text(column, row, "start", ha="center", va="center", color=INK)
    return ax


def plot_values(
    world: GridWorld,
    v: npt.ArrayLike,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """The value of each state, as a colour and a number.

    Parameters
    ----------
    world : GridWorld
    v : array (S,)
    ax : matplotlib Axes, optional
    limits : (float, float), optional
        Values at the ends of the colour scale; give them to compare pictures.

    Returns
    -------
    matplotlib Axes
    """
    ax = map_axes(world, ax)
    grid, ink = shade(world, v, ax, limits)
    for row, column in np.argwhere(np.isfinite(grid)):
        text = number(grid[row, column], ".2f")
        ax.text(column, row, text, ha="center", va="center", color=ink[row, column])
    return ax


def plot_policy(
    world: GridWorld,
    policy: npt.ArrayLike,
    *,
    ax: Axes | None = None,
    v: npt.ArrayLike | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """A policy as arrows: the more probable an action, the longer its arrow.

    Parameters
    ----------
    world : GridWorld
    policy : array (S, A)
    ax : matplotlib Axes, optional
    v : array (S,), optional
        Values to colour the cells with.
    limits : (float, float), optional
        Values at the ends of the colour scale.

    Returns
    -------
    matplotlib Axes
    """
    mdp = world.mdp
    grid = world.to_grid(finite_array("policy", policy, (mdp.n_states, mdp.n_actions)))
    ax = map_axes(world, ax)
    ink: Any = np.full(world.cells.shape, INK, dtype=object)
    if v is not None:
        _, ink = shade(world, v, ax, limits)
    stand = (world.states >= 0) & np.isnan(world.exit_rewards)
    for row, column in np.argwhere(stand):
        for action, probability in enumerate(grid[row, column]):
            if probability > 0.01:
                x, y = 0.36 * probability * _ARROWS[action]
                ax.annotate(
                    "",
                    (column + x, row + y),
                    (column - x * 0.6, row - y * 0.6),
                    arrowprops={
                        "arrowstyle": "-|>,head_width=0.28,head_length=0.45",
                        "mutation_scale": 16 * probability**0.5,
                        "color": ink[row, column],
                        "lw": 2 * probability**0.5,
                        "shrinkA": 0,
                        "shrinkB": 0,
                    },
                )
    return ax


def plot_q(
    world: GridWorld,
    q: npt.ArrayLike,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Action values as four triangles a cell; the best of each cell in bold.

    Parameters
    ----------
    world : GridWorld
    q : array (S, A)
    ax : matplotlib Axes, optional
    limits : (float, float), optional
        Values at the ends of the colour scale.

    Returns
    -------
    matplotlib Axes
    """
    mdp = world.mdp
    grid = world.to_grid(finite_array("q", q, (mdp.n_states, mdp.n_actions)))
    stand = (world.states >= 0) & np.isnan(world.exit_rewards)
    ax = map_axes(world, ax)
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    triangles, values = [], []
    for row, column in np.argwhere(stand):
        for action in range(len(ACTIONS)):
            ends = corners[[action, (action + 1) % 4]]
            triangles.append(np.vstack((ends, (0, 0))) + np.array((column, row)))
            values.append(grid[row, column, action])
    low, high = limits or (min(values), max(values))
    norm = Normalize(low, high)
    colour = plt.get_cmap(MAP)(norm(values))
    ax.add_collection(PolyCollection(triangles, facecolors=colour, edgecolors="white", lw=0.8))
    size = plt.rcParams["font.size"] * 0.9
    for (row, column), of_cell in zip(
        np.argwhere(stand), np.reshape(values, (-1, len(ACTIONS))), strict=True
    ):
        for action, value in enumerate(of_cell):
            x, y = 0.31 * _ARROWS[action]
            weight = "bold" if value >= of_cell.max() - 1e-9 else "normal"
            ink = readable(plt.get_cmap(MAP)(norm(value)))
            text = number(value, ".2f")
            ax.text(
                column + x, row + y, text, color=ink, weight=weight, fontsize=size,
                ha="center", va="center",
            )  # fmt: skip
    return ax
