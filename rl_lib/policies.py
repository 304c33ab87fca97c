"""From action values to a policy: greedy or Boltzmann."""

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, finite_array, number


def greedy(q: npt.ArrayLike) -> Array:
    """The policy that takes the best action, the first of equals, one-hot.

    Parameters
    ----------
    q : array (S, A)

    Returns
    -------
    array (S, A)

    Examples
    --------
    >>> greedy([[0.0, 2.0, 2.0]])
    array([[0., 1., 0.]])
    """
    q = _action_values(q)
    policy = np.zeros(q.shape)
    policy[np.arange(len(q)), q.argmax(axis=1)] = 1
    return policy


def boltzmann(q: npt.ArrayLike, temperature: float = 1.0) -> Array:
    r"""The policy π(a|s) ∝ exp(q(s, a) / temperature).

    Parameters
    ----------
    q : array (S, A)
    temperature : float > 0
        Small: nearly greedy. Large: nearly uniform. Unit of the rewards.

    Returns
    -------
    array (S, A)

    Examples
    --------
    >>> boltzmann([[0.0, np.log(3.0)]]).round(12)
    array([[0.25, 0.75]])
    """
    q = _action_values(q)
    number("temperature", temperature, 0, above=True)
    weights = np.exp((q - q.max(axis=1, keepdims=True)) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def _action_values(q: npt.ArrayLike) -> Array:
    array = finite_array("q", q)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"q has shape {array.shape}; it must have shape (S, A)")
    return array
