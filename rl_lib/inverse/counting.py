r"""What a count already knows: predicting actions from where an animal came from, no reward at all.

Any claim about rewards or intentions has to stand beside these. Each context is the last states
s_{t−n} … s_t; where it was rarely seen, a shorter one speaks (a Dirichlet prior at every order,
MacKay & Peto 1995):

    π_n(a | h) = (n(h, a) + c π_{n−1}(a | h without its oldest state)) / (n(h) + c).

Below the present state alone stands the uniform distribution over the actions.
"""

from typing import NamedTuple

import numpy as np

from rl_lib._check import Array, Ints, number, whole
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps


class Counting(NamedTuple):
    """Counts of what followed each context, to predict other recordings with."""

    tables: tuple[tuple[Ints, Array], ...]
    """For each order: the contexts that were seen, sorted, and the counts of actions in them."""
    n_states: int
    n_actions: int
    concentration: float
    by_time: bool

    def policies(self, demonstrations: Demonstrations) -> Array:
        """Probabilities of all actions at each step, given the past alone, shape (N, A)."""
        demonstrations.pairs(self.n_states, self.n_actions)
        predicted = np.full((demonstrations.n_steps, self.n_actions), 1 / self.n_actions)
        for order, (contexts, counts) in enumerate(self.tables):
            wanted = _contexts(demonstrations, order, self.n_states, self.by_time)
            found = np.minimum(np.searchsorted(contexts, wanted), len(contexts) - 1)
            seen = np.where((contexts[found] == wanted)[:, None], counts[found], 0.0)
            total = seen.sum(axis=1, keepdims=True) + self.concentration
            predicted = (seen + self.concentration * predicted) / total
        return predicted

    def log_probabilities(self, demonstrations: Demonstrations) -> Array:
        """Log π(a_t | …) of each step, shape (N,), in nats."""
        steps = np.arange(demonstrations.n_steps)
        return np.log(self.policies(demonstrations)[steps, demonstrations.actions])

    def predictive_log_likelihood(self, demonstrations: Demonstrations) -> float:
        """Mean of `log_probabilities`: ask it of recordings held out."""
        require_steps(demonstrations)
        return float(self.log_probabilities(demonstrations).mean())


def counting(
    demonstrations: Demonstrations,
    n_states: int,
    n_actions: int,
    *,
    memory: int = 0,
    by_time: bool = False,
    concentration: float = 1.0,
) -> Counting:
    """Count what was done in each context, backing off from long ones to short ones.

    Parameters
    ----------
    demonstrations : Demonstrations
    n_states, n_actions : int ≥ 1
    memory : int ≥ 0
        Earlier states that a context holds, at most; the beginning of a trajectory is one of them.
    by_time : bool
        The longer context is the present state and the number of the step in its trajectory, not
        earlier states; `memory` is 0 then.
    concentration : float > 0
        c, how many observations the shorter context is worth.

    Returns
    -------
    Counting

    References
    ----------
    MacKay, D. J. C. & Peto, L. C. B. (1995). A hierarchical Dirichlet language model. Natural
    Language Engineering 1(3), 289–308.

    Examples
    --------
    Back and forth: where it came from says all, where it is says nothing.

    >>> walk = Demonstrations.from_trajectories([[(s, a) for s, a in zip([0, 1, 2, 1] * 50,
    ...                                                                  [1, 1, 0, 0] * 50)]])
    >>> here = counting(walk, 3, 2).policies(walk)[5]
    >>> came_from = counting(walk, 3, 2, memory=1).policies(walk)[5]
    >>> here.round(2), came_from.round(2)
    (array([0.5, 0.5]), array([0.01, 0.99]))
    """
    require_steps(demonstrations)
    pair = demonstrations.pairs(n_states, n_actions)
    memory = whole("memory", memory, 0)
    concentration = number("concentration", concentration, 0, above=True)
    if memory * np.log2(n_states + 1) + np.log2(n_states) > 62:
        raise ValueError(f"memory is {memory}; with {n_states} states it must be smaller")
    if by_time and memory:
        raise ValueError(f"memory is {memory}; with by_time it must be 0")
    tables = []
    for order in range(2 if by_time else memory + 1):
        contexts = _contexts(demonstrations, order, n_states, by_time)
        seen, which = np.unique(contexts, return_inverse=True)
        counts = np.bincount(which * n_actions + pair % n_actions, minlength=len(seen) * n_actions)
        tables.append((seen, counts.reshape(-1, n_actions).astype(np.float64)))
    return Counting(tuple(tables), n_states, n_actions, concentration, by_time)


def _contexts(demonstrations: Demonstrations, order: int, n_states: int, by_time: bool) -> Ints:
    """A number for the last states of each step; what is before the beginning counts as a state."""
    numbers, times = demonstrations.states.astype(np.intp), demonstrations.times
    if by_time:
        return numbers + n_states * times if order else numbers
    place = n_states
    for back in range(1, order + 1):
        earlier = np.roll(demonstrations.states, back) + 1
        numbers = numbers + place * np.where(times >= back, earlier, 0)
        place *= n_states + 1
    return numbers
