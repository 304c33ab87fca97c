"""Step sizes and exploration that change with time: a number an episode, or a number a visit."""

# mypy: disable-error-code="no-untyped-def"

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, finite_array, number, whole
from rl_lib._compiled import inlined

Schedule = float | npt.ArrayLike | Callable[[int], float]


class ByVisits(NamedTuple):
    """A step size that shrinks with the visits to a state–action pair; see `by_visits`."""

    power: float
    scale: float


def by_visits(power: float = 1.0, scale: float = 1.0) -> ByVisits:
    r"""Step size α(s, a) = (scale / (scale + n))^power at the visit number n = 0, 1, … of (s, a).

    With a power in (1/2, 1] the step sizes sum to infinity and their squares do not, which is what
    Q-learning needs to converge (Robbins & Monro 1951; Watkins & Dayan 1992).

    References
    ----------
    Robbins, H. & Monro, S. (1951). A stochastic approximation method. The Annals of
    Mathematical Statistics 22(3), 400–407.

    Watkins, C. J. C. H. & Dayan, P. (1992). Q-learning. Machine Learning 8, 279–292.

    Examples
    --------
    >>> by_visits(power=0.8)
    ByVisits(power=0.8, scale=1.0)
    """
    return ByVisits(number("power", power, 0), number("scale", scale, 0, above=True))


def linear(start: float, end: float, episodes: int) -> Array:
    """A schedule from `start` in the first episode to `end` in the last, shape (episodes,).

    Examples
    --------
    >>> linear(1.0, 0.0, 3)
    array([1. , 0.5, 0. ])
    """
    return np.linspace(start, end, whole("episodes", episodes, 1))


def each_episode(name: str, value: Any, episodes: int, *, above: bool = False) -> Array:
    """One number in [0, 1] (or (0, 1]) for each episode."""
    if callable(value):
        value = [value(episode) for episode in range(episodes)]
    array = finite_array(name, value)
    if array.ndim and array.shape != (episodes,):
        raise ValueError(
            f"{name} has shape {array.shape}; a schedule must have shape ({episodes},)"
        )
    for extreme in (array.min(), array.max()):
        number(name, extreme, 0, 1, above=above)
    return np.broadcast_to(array, episodes).copy()


@inlined
def at_visit(base, by_visits, n):
    """The step size at visit n, if it is `base` at the first; compiled."""
    if by_visits.power == 0:
        return base
    return base * (by_visits.scale / (by_visits.scale + n)) ** by_visits.power
