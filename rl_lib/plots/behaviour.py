"""A description of recorded behaviour: how much of it there is, and what it says of the reward."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rl_lib.inverse.description import Description
from rl_lib.plots.style import COLOURS, INK

_MARKERS = "os^Dv<>P*X"
_STATES = 60  # the most visited that are shown


def description(result: Description, *, axes: Any = None) -> Any:
    """How often each action was taken in each state, and what it gives up, with its interval.

    States never visited are hatched; an open marker is a reward without an interval, since its
    action was taken too rarely. Of more than 60 states the most visited are shown.

    Parameters
    ----------
    result : Description
        Of `describe`.
    axes : two matplotlib Axes, optional

    Returns
    -------
    two matplotlib Axes
    """
    if axes is None:
        axes = plt.subplots(2, 1, figsize=(8, 4.6), sharex=True, layout="constrained")[1]
    above, below = axes
    states = np.arange(len(result.counts))
    if len(states) > _STATES:
        states = np.sort(np.argsort(-result.visits, kind="stable")[:_STATES])
    x = np.arange(len(states))
    seen = result.visits[states] > 0
    n_actions = result.counts.shape[1]
    for a in range(n_actions):
        colour, marker = COLOURS[a % len(COLOURS)], _MARKERS[a % len(_MARKERS)]
        at = x + (0.5 * (a + 0.5) / n_actions - 0.25)
        counts, told = result.counts[states, a], result.told[states, a]
        label = result.action_names[a]
        above.plot(at[seen], counts[seen], marker, color=colour, ms=4, label=label)
        reward = result.reward[states, a]
        reach = np.stack((reward - result.low[states, a], result.high[states, a] - reward))
        below.errorbar(
            at[told], reward[told], np.maximum(reach[:, told], 0), fmt=marker, color=colour, ms=4,
            elinewidth=1.2,
        )  # fmt: skip
        few = seen & ~told
        below.plot(at[few], reward[few], marker, mec=colour, mfc="none", ms=4)
    above.set_yscale("symlog", linthresh=1)
    above.set_ylim(0, None)
    above.yaxis.set_major_formatter("{x:g}")
    above.annotate(f"{result.min_taken} times", (1, result.min_taken), (2, 0), ha="left",
                   va="center", xycoords=("axes fraction", "data"), textcoords="offset points",
                   fontsize=9)  # fmt: skip
    above.axhline(result.min_taken, color=INK, lw=0.8, ls=":")
    above.set_ylabel("times taken")
    below.set_ylabel("given up\n(in temperatures)")
    below.set_xlabel("state")
    _mark_unseen(axes, x, seen)
    if result.state_names[0].isdigit() and len(states) == len(result.counts):
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        below.set_xticks(x, [result.state_names[s] for s in states], rotation=90, fontsize=9)
    above.figure.legend(*above.get_legend_handles_labels(), loc="outside upper right", ncols=5,
                        frameon=False)  # fmt: skip
    return axes


def _mark_unseen(axes: tuple[Axes, Axes], x: Any, seen: Any) -> None:
    for first in x[~seen & np.append(True, seen[:-1])]:
        run = np.argmax(np.append(seen[first:], True))
        box = {"fc": "white", "ec": "none", "pad": 1}
        axes[1].text(first - 0.5 + run / 2, 0.5, "never visited", rotation=90, fontsize=9, bbox=box,
                     ha="center", va="center", transform=axes[1].get_xaxis_transform())  # fmt: skip
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        for place in x[~seen]:
            ax.axvspan(place - 0.5, place + 0.5, fc="#eeeeee", ec="#bbbbbb", hatch="///", lw=0)
