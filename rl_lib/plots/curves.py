"""Curves over episodes, with their spread over runs."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from rl_lib._check import Array, finite_array
from rl_lib.plots.style import COLOURS


def plot_learning_curves(
    curves: Mapping[str, npt.ArrayLike], *, ax: Axes | None = None, smooth: int = 1
) -> Axes:
    """The mean over runs against the episode, with its 95 % interval.

    Parameters
    ----------
    curves : mapping of a label to an array (runs, episodes)
    ax : matplotlib Axes, optional
    smooth : int ≥ 1
        Average over this many episodes first.

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or plt.subplots(figsize=(6.4, 3.6), layout="constrained")[1]
    styles = ("-", "--", "-.", ":")
    for k, (label, runs) in enumerate(curves.items()):
        block = _blocks(finite_array(f"curves[{label!r}]", runs), smooth)
        mean = block.mean(axis=0)
        episode = (np.arange(len(mean)) + 0.5) * smooth
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(episode, mean, styles[k % len(styles)], color=colour, label=label)
        if len(block) > 1:
            half = 1.96 * block.std(axis=0, ddof=1) / np.sqrt(len(block))
            ax.fill_between(episode, mean - half, mean + half, color=colour, alpha=0.2, lw=0)
    ax.set_xlabel("episode")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def _blocks(runs: Array, smooth: int) -> Array:
    runs = np.atleast_2d(runs)
    length = runs.shape[1] // smooth * smooth
    return runs[:, :length].reshape(len(runs), -1, smooth).mean(axis=2)
