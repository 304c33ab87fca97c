"""A picture of the labyrinth, its corridors at their true places, and values of its nodes."""

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Patch, Polygon, Rectangle

from rl_lib._check import Array, finite_array
from rl_lib.plots.style import INK, MAP
from rl_lib.worlds.labyrinth import Labyrinth

_WIDTH = 0.8  # of a corridor, in cells
_EDGE = 8.0  # of the picture, in cells from its centre
_SMALLEST, _LARGEST = 6.0, 10.0  # letters, in points


def plot_labyrinth(
    world: Labyrinth,
    values: npt.ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
    label: str | None = None,
) -> Axes:
    """The maze from above, entrance on the left, with values of its nodes as colours.

    Both encodings are drawn at the same physical places. The home node is framed, the dead end
    with the water port is a diamond, and both are named.

    Parameters
    ----------
    world : Labyrinth
    values : array (S,), optional
        Default: the nodes are grey.
    ax : matplotlib Axes, optional
    limits : (float, float), optional
        Values at the ends of the colour scale; give the same to pictures that are compared.
    label : str, optional
        What the values are, beside the colour scale. On an `ax` of one's own the scale is drawn
        only with a label, so that one of several pictures can show it for all.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError, TypeError
        If there is not one finite value for each node.

    Examples
    --------
    >>> world = Labyrinth("swirl")
    >>> ax = plot_labyrinth(world, world.depth, label="steps from home")
    >>> [text.get_text() for text in ax.texts]
    ['home', 'water']
    """
    if values is not None:
        values = finite_array("values", values, (len(world.parent),))
    own = ax is None
    if ax is None:
        ax = plt.subplots(figsize=(4.2, 3.6), layout="constrained")[1]
    ax.set(xlim=(-_EDGE, _EDGE), ylim=(-_EDGE, _EDGE), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    place = world.positions
    corridors = [_corridor(place[world.parent[n]], place[n]) for n in range(1, len(place))]
    corridors.append(_corridor(np.array((-_EDGE, 0.0)), place[world.home]))
    ax.add_collection(PatchCollection(corridors, fc="#d9d9d9", ec="none", zorder=1))
    water, home = place[world.water], place[world.home]
    nodes: list[Patch] = [_corridor(here, here) for here in place]
    nodes[world.water] = Polygon(water + 0.75 * np.array(((1, 0), (0, 1), (-1, 0), (0, -1))))
    edges = np.zeros(len(nodes))
    edges[[world.home, world.water]] = 1.3
    drawn = PatchCollection(nodes, ec=INK, lw=edges, zorder=2)
    if values is None:
        drawn.set_facecolor("#9a9a9a")
    else:
        low, high = limits or (values.min(), values.max())
        drawn.set(array=values, cmap=MAP, norm=Normalize(low, high))
    ax.add_collection(drawn)
    # No node lies to the right of home in its own row: there is room for words.
    cell = ax.get_window_extent().width / ax.figure.dpi * 72 / (2 * _EDGE)
    look = {"size": np.clip(cell, _SMALLEST, _LARGEST), "color": INK, "va": "center"}
    ax.text(home[0] + 0.7, home[1], "home", ha="left", **look)
    ax.text(water[0] + 0.5, home[1], "water", ha="right", **look)
    if values is not None and (own or label is not None):
        ax.figure.colorbar(drawn, ax=ax, shrink=0.85, label=label or "")
    return ax


def _corridor(one: Array, other: Array) -> Rectangle:
    """From cell to cell, both included; a single cell is a square."""
    corner, size = np.minimum(one, other) - _WIDTH / 2, np.abs(one - other) + _WIDTH
    return Rectangle(tuple(corner), *size)
