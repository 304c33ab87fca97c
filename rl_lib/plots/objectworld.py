"""A picture of an Objectworld: values of its cells, and its objects."""

import matplotlib.pyplot as plt
import numpy.typing as npt
from matplotlib.axes import Axes

from rl_lib._check import finite_array
from rl_lib.plots.style import MAP
from rl_lib.worlds.objectworld import Objectworld


def plot_objectworld(
    world: Objectworld,
    values: npt.ArrayLike,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] | None = None,
    objects: bool = True,
) -> Axes:
    """Values of the cells of an Objectworld as colours with a scale, and its objects.

    Parameters
    ----------
    world : Objectworld
    values : array (S,)
    ax : matplotlib Axes, optional
    limits : (float, float), optional
        Values at the ends of the colour scale.
    objects : bool
        Show the objects: circles of outer colour 0, squares of 1, crosses of any other.

    Returns
    -------
    matplotlib Axes
    """
    grid = world.to_grid(finite_array("values", values, (world.size**2,)))
    ax = ax or plt.subplots(figsize=(4.2, 3.6), layout="constrained")[1]
    low, high = limits or (grid.min(), grid.max())
    image = ax.imshow(grid, cmap=MAP, vmin=low, vmax=high)
    ax.figure.colorbar(image, ax=ax, shrink=0.85)
    ax.set(xticks=[], yticks=[])
    if objects:
        for row, column, outer, _ in world.objects:
            marker = "osX"[min(outer, 2)]
            ax.plot(column, row, marker, ms=5, mfc="white", mec="black", mew=1.2)
    return ax
