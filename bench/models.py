"""The models that solvers are timed on."""

import numpy as np
from scipy import sparse

from rl_lib import MDP, GridWorld

MODELS = {
    "grid, 10³ states": ("grid", 32),
    "grid, 10⁵ states": ("grid", 316),
    "grid, 10⁶ states": ("grid", 1000),
    "random, 10⁵ states": ("random", 100_000),
}
DISCOUNTS = (0.9, 0.99, 0.999)


def make(kind: str, size: int, discount: float) -> MDP:
    rng = np.random.default_rng(0)
    if kind == "grid":
        return slippery_grid(size, discount, rng)
    return random_sparse(size, discount, rng)


def slippery_grid(side: int, discount: float, rng: np.random.Generator) -> MDP:
    """A square grid, one cell in ten a wall, the start and the +1 exit in opposite corners."""
    cells = np.where(rng.random((side, side)) < 0.1, "#", ".")
    cells[0, 0], cells[-1, -1] = "S", "+"
    mdp = GridWorld("\n".join(map("".join, cells)), discount=discount).mdp
    assert mdp.is_sparse
    return mdp


def random_sparse(n_states: int, discount: float, rng: np.random.Generator) -> MDP:
    """8 actions, 5 random successors each, standard normal rewards."""
    rows, width = n_states * 8, 5
    transitions = sparse.csr_array(
        (
            rng.dirichlet(np.ones(width), rows).ravel(),
            rng.integers(n_states, size=rows * width, dtype=np.int32),
            np.arange(0, rows * width + 1, width, dtype=np.int32),
        ),
        shape=(rows, n_states),
    )
    return MDP(transitions, rng.normal(size=(n_states, 8)), discount)
