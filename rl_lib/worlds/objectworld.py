r"""Objectworld: coloured objects on a grid, and a reward that depends on the colours nearby.

The benchmark of Levine, Popović & Koltun (2011), in the form of Kalweit et al. (2020). Each object
has an outer and an inner colour. A cell is worth +1 within 3 steps of outer colour 0 and 2 steps of
outer colour 1, −1 within 3 steps of outer colour 0 alone, and 0 elsewhere; inner colours only
distract. With probability `wind` an action is replaced by one drawn uniformly.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rl_lib._check import Array, Ints, at, first, generator, number, read_only, whole, whole_array
from rl_lib._values import Value
from rl_lib.mdp import MDP

ACTIONS = ("stay", "up", "right", "down", "left")
_STEPS = np.array([(0, 0), (-1, 0), (0, 1), (1, 0), (0, -1)])
_NEAR = (3, 2)  # how near is near, for outer colours 0 and 1


@dataclass(frozen=True, eq=False)
class Objectworld(Value):
    """A square grid with objects; `Objectworld.random` scatters them.

    State row · size + column; actions stay, up, right, down, left; a move over the edge stays.

    Parameters
    ----------
    objects : int array (n_objects, 4)
        Row, column, outer colour and inner colour of each object.
    size : int ≥ 1
        Cells in a row.
    n_colours : int ≥ 2
    wind : float in [0, 1]
        Probability that the action is replaced by a uniformly random one.
    discount : float in [0, 1]
        γ.

    Raises
    ------
    ValueError, TypeError
        For an object off the grid or of an unknown colour, or a number out of range.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. NeurIPS 33.

    Levine, S., Popović, Z. & Koltun, V. (2011). Nonlinear inverse reinforcement learning with
    Gaussian processes. NeurIPS 24.

    Examples
    --------
    >>> world = Objectworld([(0, 0, 0, 1), (0, 4, 1, 0)], size=5)
    >>> world.state_reward.reshape(5, 5)[0]
    array([-1., -1.,  1.,  1.,  0.])
    """

    objects: Ints
    size: int = 32
    n_colours: int = 2
    wind: float = 0.3
    discount: float = 0.9

    def __post_init__(self) -> None:
        number("discount", self.discount, 0, 1)
        whole("size", self.size, 1)
        whole("n_colours", self.n_colours, 2)
        number("wind", self.wind, 0, 1)
        objects = whole_array("objects", self.objects, 2)
        if objects.shape[1] != 4 or len(objects) == 0:
            raise ValueError(
                f"objects has shape {objects.shape}; it must be (n_objects, 4) with n_objects ≥ 1"
            )
        bad = first((objects < 0) | (objects >= [self.size] * 2 + [self.n_colours] * 2))
        if bad is not None:
            high = self.size if bad[1] < 2 else self.n_colours
            name = at("objects", bad)
            raise ValueError(f"{name} is {objects[bad]}; it must be in {{0, …, {high - 1}}}")
        object.__setattr__(self, "objects", read_only(objects))

    @classmethod
    def random(
        cls,
        *,
        size: int = 32,
        n_objects: int = 50,
        n_colours: int = 2,
        wind: float = 0.3,
        discount: float = 0.9,
        rng: np.random.Generator,
    ) -> "Objectworld":
        """Objects of random colours in different random cells.

        Examples
        --------
        >>> Objectworld.random(rng=np.random.default_rng(0)).mdp
        MDP(n_states=1024, n_actions=5, discount=0.9, sparse)
        """
        cells = whole("size", size, 1) ** 2
        whole("n_objects", n_objects, 1, cells)
        place = generator(rng).choice(cells, size=n_objects, replace=False)
        colours = rng.integers(whole("n_colours", n_colours, 2), size=(n_objects, 2))
        objects = np.column_stack((place // size, place % size, colours))
        return cls(objects, size, n_colours, wind, discount)

    @property
    def action_names(self) -> tuple[str, ...]:
        """What the actions are called."""
        return ACTIONS

    @cached_property
    def distances(self) -> Ints:
        """Steps to the nearest object of each outer, then each inner colour, (S, 2 n_colours).

        A colour that no object has is 2 · size + 3 away: farther than any cell, and never near.
        """
        cells = np.stack(np.divmod(np.arange(self.size**2), self.size), axis=1)
        steps = np.abs(cells[:, None] - self.objects[None, :, :2]).sum(axis=2)
        far = 2 * self.size + max(_NEAR)
        nearest = np.full((len(cells), 2 * self.n_colours), far)
        for colour in range(self.n_colours):
            for layer in (0, 1):
                having = self.objects[:, 2 + layer] == colour
                if having.any():
                    nearest[:, layer * self.n_colours + colour] = steps[:, having].min(axis=1)
        return read_only(nearest)

    @cached_property
    def state_reward(self) -> Array:
        """The true reward of each state, shape (S,)."""
        first_near = self.distances[:, 0] <= _NEAR[0]
        second_near = self.distances[:, 1] <= _NEAR[1]
        return read_only(np.where(first_near, np.where(second_near, 1.0, -1.0), 0.0))

    @cached_property
    def targets(self) -> Ints:
        """Where each action leads if the wind leaves it alone, shape (S, 5)."""
        row, column = np.divmod(np.arange(self.size**2), self.size)
        to_row = np.clip(row[:, None] + _STEPS[:, 0], 0, self.size - 1)
        to_column = np.clip(column[:, None] + _STEPS[:, 1], 0, self.size - 1)
        return read_only(to_row * self.size + to_column)

    @cached_property
    def mdp(self) -> MDP:
        """The model, sparse; the reward of a state is paid on arriving there."""
        n, m = self.targets.shape
        chance = np.full((m, m), self.wind / m) + (1 - self.wind) * np.eye(m)
        entries = np.broadcast_to(chance, (n, m, m)).ravel()
        successors = np.repeat(self.targets[:, None], m, axis=1).ravel()
        offsets = np.arange(0, n * m * m + 1, m)
        transitions = sparse.csr_array((entries, successors, offsets), shape=(n * m, n))
        transitions.sum_duplicates()
        transitions.eliminate_zeros()
        paid = self.state_reward[transitions.indices]
        rewards = sparse.csr_array(
            (paid, transitions.indices, transitions.indptr), shape=transitions.shape
        )
        return MDP(transitions, rewards, self.discount)

    def features(self, kind: str = "thresholds") -> Array:
        """What a linear or a network reward may look at.

        Parameters
        ----------
        kind : {"thresholds", "distances", "reachable"}
            "thresholds": whether the nearest object of a colour is within 1, …, size steps,
            shape (S, 2 n_colours size), 0 or 1; the reward is linear in them for two colours up to
            the product of two thresholds. "distances": the distances themselves divided by size,
            shape (S, 2 n_colours). "reachable": those of the cell reached by each action, one
            after the other, shape (S, 5 · 2 n_colours); a cell's own distances do not tell which
            way to go.

        Returns
        -------
        array (S, F)
        """
        if kind == "thresholds":
            within = self.distances[:, :, None] <= np.arange(1, self.size + 1)
            return within.reshape(len(within), -1).astype(np.float64)
        distances = self.distances / self.size
        if kind == "distances":
            return distances
        if kind == "reachable":
            return distances[self.targets].reshape(len(distances), -1)
        raise ValueError(f'kind is {kind!r}; it must be "thresholds", "distances" or "reachable"')

    def to_grid(self, values: npt.ArrayLike) -> Array:
        """Values of states as a picture of the grid, (S, …) to (size, size, …)."""
        values = np.asarray(values, dtype=np.float64)
        return values.reshape(self.size, self.size, *values.shape[1:])
