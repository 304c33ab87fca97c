r"""The labyrinth of Rosenberg et al. (2021): a binary maze of 63 junctions and 64 dead ends.

Mice enter from the home cage at node 0. Each junction n splits into 2n + 1 and 2n + 2, six times;
one of the dead ends holds the water port. A step leads from a node to a neighbour.

Two sets of recordings number the one maze in two ways. Their numbers must not be mixed, and both
are drawn here at the same physical places:

- "swirl" (Ke et al. 2025) numbers by the compass: 2n + 1 lies up or left of n, and 2n + 2 down or
  right, seen from above with the entrance on the left. The port is node 116.
- "visits" (Ashwood et al. 2022) numbers by the turn that a mouse takes on its way in: 2n + 1 is to
  the left of it, 2n + 2 to the right. The port is node 100, which is the same dead end.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints, number, read_only, shown
from rl_lib._values import Value
from rl_lib.mdp import MDP

_LEVELS = 6
_NODES = 2 ** (_LEVELS + 1) - 1
_LENGTHS = (4, 4, 2, 2, 1, 1)  # of the corridor to each level, in cells of 15 × 15
_WATER = {"swirl": 116, "visits": 100}
_ACTIONS = {
    "swirl": ("left", "right", "out of a left branch", "out of a right branch"),
    "visits": ("left", "right", "reverse", "stay"),
}


@dataclass(frozen=True, eq=False)
class Labyrinth(Value):
    """The maze as a model in one of the two encodings of its recordings.

    In both, actions 0 and 1 turn left and right on the way in, and stay in a dead end. "swirl" has
    one action to leave a node that lies to the left of the way in, and another for one that lies
    to the right; the wrong one stays. "visits" has one action to turn back, and one to stay.
    Nothing is left to chance, and no episode ends.

    Parameters
    ----------
    encoding : {"swirl", "visits"}
        How nodes and actions are numbered.
    discount : float in [0, 1]
        γ.

    Raises
    ------
    ValueError, TypeError
        For another encoding, or a discount out of range.

    References
    ----------
    Rosenberg, M., Zhang, T., Perona, P. & Meister, M. (2021). Mice in a labyrinth show rapid
    learning, sudden insight, and efficient exploration. eLife 10:e66175.

    Ashwood, Z. C., Jha, A. & Pillow, J. W. (2022). Dynamic inverse reinforcement learning for
    characterizing animal behavior. NeurIPS 35.

    Ke, J., Wu, F., Wang, J., Markowitz, J. & Wu, A. (2025). Inverse reinforcement learning with
    switching rewards and history dependency for characterizing animal behaviors. ICML.

    Examples
    --------
    >>> world = Labyrinth("visits")
    >>> world.mdp
    MDP(n_states=127, n_actions=4, discount=0.95, dense)
    >>> world.targets[49]
    array([ 99, 100,  24,  49])
    >>> world.positions[world.water], Labyrinth("swirl").positions[116]
    (array([ 7., -1.]), array([ 7., -1.]))
    """

    encoding: str = "swirl"
    discount: float = 0.95

    def __post_init__(self) -> None:
        if not isinstance(self.encoding, str) or self.encoding not in _ACTIONS:
            raise ValueError(f'encoding is {shown(self.encoding)}; it must be "swirl" or "visits"')
        number("discount", self.discount, 0, 1)

    @property
    def action_names(self) -> tuple[str, ...]:
        """What the actions are called."""
        return _ACTIONS[self.encoding]

    @property
    def home(self) -> int:
        """The node at the entrance."""
        return 0

    @property
    def water(self) -> int:
        """The dead end with the water port."""
        return _WATER[self.encoding]

    @cached_property
    def depth(self) -> Ints:
        """Steps from home to each node, 0 to 6, shape (S,)."""
        levels = [np.full(2**level, level) for level in range(_LEVELS + 1)]
        return read_only(np.concatenate(levels))

    @cached_property
    def parent(self) -> Ints:
        """The next node on the way home, −1 at home, shape (S,)."""
        return read_only((np.arange(_NODES) - 1) // 2)

    @cached_property
    def targets(self) -> Ints:
        """Where each action leads, shape (S, 4)."""
        node = np.arange(_NODES)
        left, right = 2 * node + 1, 2 * node + 2
        if self.encoding == "swirl":
            swap = self._mirrored
            left, right = np.where(swap, right, left), np.where(swap, left, right)
        dead_end = self.depth == _LEVELS
        left, right = np.where(dead_end, node, left), np.where(dead_end, node, right)
        back = np.maximum(self.parent, 0)
        if self.encoding == "visits":
            return read_only(np.stack((left, right, back, node), axis=1))
        on_the_left = left[back] == node
        out_left, out_right = np.where(on_the_left, back, node), np.where(on_the_left, node, back)
        return read_only(np.stack((left, right, out_left, out_right), axis=1))

    @property
    def _mirrored(self) -> npt.NDArray[np.bool_]:
        """Where a mouse on its way in has the node 2n + 2 of the compass on its left.

        It does when it heads down or to the left: a corridor is vertical at odd depth, and leads
        down or to the right where the node is even.
        """
        vertical, even = self.depth % 2 == 1, np.arange(_NODES) % 2 == 0
        return (self.depth > 0) & (vertical == even)

    @cached_property
    def possible(self) -> npt.NDArray[np.bool_]:
        """Whether an action moves, shape (S, 4); there is one such action for each neighbour."""
        return read_only(self.targets != np.arange(_NODES)[:, None])

    @cached_property
    def positions(self) -> Array:
        """Where each node lies, x to the right and y up, shape (S, 2).

        Home is at (0, 0), and the unit is a cell of the 15 × 15 that the maze fills, seen from
        above with the entrance on the left. Corridors are vertical and horizontal in turn.
        """
        place, heading = np.zeros((_NODES, 2)), np.zeros((_NODES, 2))
        heading[0] = (1, 0)
        for node in range(1, _NODES):
            before = self.parent[node]
            x, y = heading[before]
            on_the_left = self.targets[before, 0] == node
            heading[node] = (-y, x) if on_the_left else (y, -x)
            place[node] = place[before] + _LENGTHS[self.depth[node] - 1] * heading[node]
        return read_only(place)

    @cached_property
    def mdp(self) -> MDP:
        """The model, dense, from home; arriving at the water port pays 1, staying there nothing."""
        n = len(self.targets)
        arriving = (self.targets == self.water) & self.possible
        return MDP(
            np.eye(n)[self.targets], arriving.astype(np.float64), self.discount, start=self.home
        )
