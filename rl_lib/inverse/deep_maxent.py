r"""Deep maximum entropy inverse reinforcement learning: the reward of a state is a network.

The likelihood is that of `maxent_irl`, planned exactly on the table; its gradient with respect to
the reward goes on through the network by the chain rule (Wulfmeier, Ondrúška & Posner 2015). The
problem is no longer concave: where it ends depends on where it begins.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

from rl_lib._check import Array, finite_array, generator, number, whole
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.inverse._likelihood import Likelihood
from rl_lib.mdp import MDP

Layers = list[tuple[Array, Array]]


class DeepMaxEnt(NamedTuple):
    """A reward from a network, and the soft-optimal behaviour under it."""

    state_reward: Array
    """r(s), shape (S,)."""
    reward: Array
    """The same for every action, shape (S, A); 0 in exit states."""
    v: Array
    """Soft values, shape (S,)."""
    q: Array
    """Soft action values, shape (S, A)."""
    policy: Array
    """The soft-optimal policy, shape (S, A)."""
    log_likelihood: float
    """Of all decisions, in nats."""
    n_iter: int


def deep_maxent_irl(
    mdp: MDP,
    features: npt.ArrayLike,
    demonstrations: Demonstrations,
    *,
    hidden: tuple[int, ...] = (32, 32),
    l2: float = 1.0,
    max_iter: int = 200,
    rng: np.random.Generator,
) -> DeepMaxEnt:
    """Find a reward r(s) = f(φ(s)) under which demonstrations are likely.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at. γ must be below 1.
    features : array (S, F)
        φ(s); standardised before the network sees them.
    demonstrations : Demonstrations
    hidden : tuple of int ≥ 1
        Units of the hidden layers, of hyperbolic tangents.
    l2 : float ≥ 0
        A Gaussian prior on all weights, against the log-likelihood of all steps.
    max_iter : int ≥ 1
        Iterations of L-BFGS at most.
    rng : numpy.random.Generator
        Draws where the network begins.

    Returns
    -------
    DeepMaxEnt

    Raises
    ------
    ValueError
        If features have no row for each state, and as `maxent_irl`.

    References
    ----------
    Wulfmeier, M., Ondrúška, P. & Posner, I. (2015). Maximum entropy deep inverse reinforcement
    learning. arXiv:1507.04888.

    Examples
    --------
    >>> line = MDP(np.eye(3)[[[0, 1], [0, 2], [1, 2]]], np.zeros((3, 2)), 0.9)
    >>> walks = Demonstrations.from_trajectories([[(0, 1), (1, 1), (2, 1), (2, 1)]])
    >>> found = deep_maxent_irl(line, np.eye(3), walks, rng=np.random.default_rng(0))
    >>> int(found.state_reward.argmax())
    2
    """
    x = finite_array("features", features)
    if x.ndim != 2 or len(x) != mdp.n_states:
        raise ValueError(f"features has shape {x.shape}; it must have shape ({mdp.n_states}, F)")
    l2, max_iter = number("l2", l2, 0), whole("max_iter", max_iter, 1)
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    likelihood = Likelihood(mdp, demonstrations, None)
    total = likelihood.counts.sum()
    sizes = (x.shape[1], *(whole("hidden", n, 1) for n in hidden), 1)
    generator(rng)
    start = [(rng.normal(0, n**-0.5, (n, m)), np.zeros(m)) for n, m in pairwise(sizes)]

    def loss(theta: Array) -> tuple[float, Array]:
        layers = _unpacked(theta, start)
        reward, seen = _forward(layers, x)
        value, slope = likelihood(np.repeat(reward[:, None], mdp.n_actions, axis=1))
        back = _backward(layers, seen, slope.sum(axis=1))
        return (l2 / 2 * theta @ theta - value) / total, (l2 * theta - back) / total

    found = optimize.minimize(
        loss, _packed(start), jac=True, method="L-BFGS-B", options={"maxiter": max_iter}
    )
    reward, _ = _forward(_unpacked(found.x, start), x)
    value, _ = likelihood(np.repeat(reward[:, None], mdp.n_actions, axis=1))
    return DeepMaxEnt(
        reward, likelihood.reward, likelihood.v, likelihood.q, likelihood.policy, value,
        int(found.nit),
    )  # fmt: skip


def _forward(layers: Layers, x: Array) -> tuple[Array, list[Array]]:
    seen = [x]
    for weights, biases in layers[:-1]:
        seen.append(np.tanh(seen[-1] @ weights + biases))
    weights, biases = layers[-1]
    return (seen[-1] @ weights + biases)[:, 0], seen


def _backward(layers: Layers, seen: list[Array], slope: Array) -> Array:
    """Gradient of all weights, packed, of a function with this slope in the reward."""
    parts: Layers = []
    flow = slope[:, None]
    for (weights, _), x in zip(reversed(layers), reversed(seen), strict=True):
        parts.append((x.T @ flow, flow.sum(axis=0)))
        flow = (flow @ weights.T) * (1 - x**2)
    return _packed(parts[::-1])


def _packed(layers: Layers) -> Array:
    return np.concatenate([part.ravel() for layer in layers for part in layer])


def _unpacked(theta: Array, like: Layers) -> Layers:
    layers, at = [], 0
    for weights, biases in like:
        end = at + weights.size
        layers.append((theta[at:end].reshape(weights.shape), theta[end : end + len(biases)]))
        at = end + len(biases)
    return layers
