"""Recordings of animals, and one of a simulation whose intentions are known.

The files are not part of this project. They are read from the folder that `folder` or the
environment variable `RL_LIB_DATA` names, if there is one; else pooch downloads them, once, from the
commit at which they were published. Either way the SHA-256 of each is compared before it is read.
"""

from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from rl_lib._check import Array, Ints, shown, whole_array
from rl_lib.behaviour._files import DataUnavailable, read_array, read_pickle
from rl_lib.behaviour._records import UNKNOWN
from rl_lib.behaviour.demonstrations import Demonstrations

__all__ = [
    "DataUnavailable",
    "LabyrinthData",
    "SwitchingGridData",
    "SyllableData",
    "load_labyrinth",
    "load_switching_grid",
    "load_syllables",
]

_KE = (
    "Ke, J., Wu, F., Wang, J., Markowitz, J. & Wu, A. (2025). Inverse reinforcement learning with "
    "switching rewards and history dependency for characterizing animal behaviors. ICML 42. "
    "Files: github.com/BRAINML-GT/SWIRL, commit 9a5c441, MIT licence."
)
_ROSENBERG = (
    "Mice: Rosenberg, M., Zhang, T., Perona, P. & Meister, M. (2021). Mice in a labyrinth show "
    "rapid learning, sudden insight, and efficient exploration. eLife 10, e66175, MIT licence."
)
_ASHWOOD = (
    "Ashwood, Z. C., Jha, A. & Pillow, J. W. (2022). Dynamic inverse reinforcement learning for "
    "characterizing animal behavior. NeurIPS 35, 29663–29676. Files: github.com/97aditi/dynamic_irl"
    ", commit 58b7225, without a licence of their own: cite, do not redistribute."
)
_MARKOWITZ = (
    "Mice: Markowitz, J. E. et al. (2023). Spontaneous behaviour is structured by reinforcement "
    "without explicit reward. Nature 614, 108–117, doi 10.5281/zenodo.7274803, CC BY."
)


class LabyrinthData(NamedTuple):
    """Walks in a labyrinth of S = 127 nodes with A = 4 actions, n trajectories.

    `transitions` (S, A, S) is the maze, deterministic. `runs` (n,) numbers the recordings that the
    trajectories were cut from: neighbours with the same number follow on one another, so that folds
    and resampling go by run. `train` and `test` are numbers of trajectories, disjoint and complete.
    `encoding` says what nodes and actions mean: `swirl` or `visits`.
    """

    demonstrations: Demonstrations
    transitions: Array
    runs: Ints
    train: Ints
    test: Ints
    encoding: str
    source: str


class SyllableData(NamedTuple):
    """Behavioural syllables, and dopamine at the same time; both (180, 2500)."""

    syllables: Ints
    dopamine: Array
    source: str


class SwitchingGridData(NamedTuple):
    """Simulated walks with their intentions (N,), one a step, and the grid's transitions (S, A, S).

    There are S = 25 states, A = 5 actions, 500 trajectories and N = 250 000 steps.
    """

    demonstrations: Demonstrations
    intentions: Ints
    transitions: Array
    source: str


def load_labyrinth(
    which: str = "windows", *, folder: str | PathLike[str] | None = None
) -> LabyrinthData:
    """Mice that look for water, or for nothing, in a binary labyrinth.

    Node n has the children 2n + 1 and 2n + 2; node 0 is the home, and 63 to 126 are the ends. There
    are two encodings of one maze with **different orientations**: never draw one on the other's
    map, nor compare likelihoods between them.

    Parameters
    ----------
    which : {"windows", "restricted", "unrestricted"}
        - `windows`: 238 windows of 500 steps of ten water-restricted mice; the encoding is `swirl`.
          Water is at node 116. Actions 0 and 1 lead to the children, 2 and 3 to the parent: one
          of the two does, depending on the node, and the other stays, as `transitions` says.
          Windows were kept only where they hold at least seven steps at the water and seven at
          home. A window continues the one before where its first node is the successor of that
          one's last step; such windows share a number in `runs`, 49 in all. Every fifth window is
          a test window, 0, 5, 10, …: 48, and 190 to train on. **Test and training windows may
          stand in one run.** The successor of each last step is computed, from the maze.
        - `restricted`, `unrestricted`: visits to the maze, aligned at their beginning, 200 of 22
          steps (water-restricted mice) and 207 of 14; the encoding is `visits`. Water is at node
          100. Actions are left (2n + 1), right (2n + 2), reverse (to the parent) and stay. The
          split is the published one, and the successor of each last step was not recorded.
    folder : path, optional
        Default: the environment variable `RL_LIB_DATA`; without one, the files are downloaded.

    Returns
    -------
    LabyrinthData

    Raises
    ------
    DataUnavailable
        Where there is neither a folder with the files, nor pooch and a network.
    ValueError
        If a file is not the published one.

    References
    ----------
    `source` of the result has them in full. Mice: Rosenberg et al. (2021), eLife 10, e66175 (MIT
    licence). `windows`: Ke et al. (2025), ICML 42 (MIT licence). Visits: Ashwood, Jha & Pillow
    (2022), NeurIPS 35 (no licence: cite, do not redistribute).
    """
    if not (isinstance(which, str) and which in ("windows", "restricted", "unrestricted")):
        raise ValueError(
            f"which is {shown(which)}; it must be 'windows', 'restricted' or 'unrestricted'"
        )
    if which == "windows":
        steps = read_array("swirl/labyrinth/emissions500new.npy", folder)
        transitions = read_array("swirl/labyrinth/trans_probs.npy", folder)
        walks = _demonstrations(steps[..., 0], steps[..., 1], transitions)
        following = walks.next_states[walks.offsets[1:] - 1]
        begins = following[:-1] != walks.states[walks.offsets[1:-1]]
        number = np.arange(len(walks))
        return LabyrinthData(
            walks,
            transitions,
            runs=np.cumsum(np.append(False, begins)),
            train=number[number % 5 != 0],
            test=number[number % 5 == 0],
            encoding="swirl",
            source=f"{_KE} {_ROSENBERG}",
        )
    visits = read_pickle(f"labyrinth/water_{which}_mice_trajs.pickle", folder)
    states, actions = (np.array([v[name] for v in visits]) for name in ("states", "actions"))
    return LabyrinthData(
        _demonstrations(states, actions),
        _visits_maze(),
        runs=np.arange(len(visits)),
        train=read_array(f"labyrinth/{which}_train_indices.npy", folder),
        test=read_array(f"labyrinth/{which}_val_indices.npy", folder),
        encoding="visits",
        source=f"{_ASHWOOD} {_ROSENBERG}",
    )


def load_syllables(*, folder: str | PathLike[str] | None = None) -> SyllableData:
    """What freely moving mice do, one syllable after the other, and dopamine in their striatum.

    A syllable is a short stereotyped movement, found in video by a model. 180 recordings hold 2500
    each, numbered from 0 to 56, roughly from the most frequent. Neighbours always differ: an entry
    is a syllable however long it took, and no moment of time. Dopamine is z-scored. The animals
    are not named, so that recordings of one animal may stand on both sides of any split.

    Parameters
    ----------
    folder : path, optional
        Default: the environment variable `RL_LIB_DATA`; without one, the files are downloaded.

    Returns
    -------
    SyllableData

    Raises
    ------
    DataUnavailable
        Where there is neither a folder with the files, nor pooch and a network.
    ValueError
        If a file is not the published one.

    References
    ----------
    `source` of the result has them in full. Mice: Markowitz et al. (2023), Nature 614, 108–117 (CC
    BY). Arrays: Ke et al. (2025), ICML 42 (MIT licence).
    """
    syllables = read_array("swirl/spontda/seqs.npy", folder)
    dopamine = read_array("swirl/spontda/z_features.npy", folder).astype(np.float64)
    return SyllableData(syllables, dopamine, f"{_KE} {_MARKOWITZ}")


def load_switching_grid(*, folder: str | PathLike[str] | None = None) -> SwitchingGridData:
    """A simulated walker in a grid of 5 × 5 whose intention switches between two, and is known.

    Moves are deterministic, so that the successor of each last step is known, too.

    Parameters
    ----------
    folder : path, optional
        Default: the environment variable `RL_LIB_DATA`; without one, the files are downloaded.

    Returns
    -------
    SwitchingGridData

    Raises
    ------
    DataUnavailable
        Where there is neither a folder with the files, nor pooch and a network.
    ValueError
        If a file is not the published one.

    References
    ----------
    Ke et al. (2025), ICML 42 (MIT licence); `source` of the result has it in full.
    """
    names = ("xs", "acs", "zs", "trans_probs")
    states, actions, intentions, transitions = (
        read_array(f"swirl/gw5/{name}.npy", folder) for name in names
    )
    walks = _demonstrations(states, actions, transitions)
    return SwitchingGridData(walks, intentions.ravel(), transitions, _KE)


def _demonstrations(states: Any, actions: Any, transitions: Array | None = None) -> Demonstrations:
    """Trajectories of one length, (n, T) each; a deterministic model tells where the last led."""
    n, length = states.shape
    states, actions = whole_array("states", states, 2), whole_array("actions", actions, 2)
    last = np.full(n, UNKNOWN)
    if transitions is not None:
        last = transitions.argmax(axis=2)[states[:, -1], actions[:, -1]]
    following = np.column_stack((states[:, 1:], last))
    offsets = np.arange(n + 1) * length
    ended = np.zeros(n, dtype=bool)
    return Demonstrations(states.ravel(), actions.ravel(), following.ravel(), offsets, ended)


def _visits_maze() -> Array:
    """Left, right, reverse, stay, (127, 4, 127); where there is no way on, a move stays."""
    node = np.arange(127)
    inner = node < 63
    left, right = np.where(inner, 2 * node + 1, node), np.where(inner, 2 * node + 2, node)
    parent = np.maximum((node - 1) // 2, 0)
    return np.eye(127)[np.column_stack((left, right, parent, node))]
