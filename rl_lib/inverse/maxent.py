r"""Maximum causal entropy inverse reinforcement learning, with rewards linear in features.

Among all policies whose features are, on average, those of the demonstrations, take the one with
the greatest causal entropy: it assumes nothing else. It is the soft-optimal policy of a reward
r_θ = θ·φ (Ziebart, Bagnell & Dey 2010), and θ maximises the likelihood of the demonstrations; see
`rl_lib.inverse._likelihood` for the likelihood and its gradient.
"""

import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize
from threadpoolctl import ThreadpoolController
from tqdm.auto import tqdm

from rl_lib._check import Array, number, whole
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.inverse._likelihood import Features, Likelihood
from rl_lib.mdp import MDP


class MaxEnt(NamedTuple):
    """A linear reward and the soft-optimal behaviour under it."""

    theta: Array
    """Weight of each feature, shape (F,)."""
    reward: Array
    """r(s, a) = θ·φ, shape (S, A); 0 in exit states."""
    state_reward: Array
    """The mean of `reward` over actions, shape (S,)."""
    v: Array
    """Soft values, shape (S,); with a horizon, at its beginning."""
    q: Array
    """Soft action values, shape (S, A); with a horizon, at its beginning."""
    policy: Array
    """The soft-optimal policy, shape (S, A); with a horizon (horizon, S, A)."""
    observed: Array
    """Features of the demonstrations, summed over their counts, shape (F,)."""
    expected: Array
    """Features that the policy meets instead, shape (F,)."""
    log_likelihood: float
    """Of all decisions, in nats; with a horizon, step t counts γ^t."""
    n_iter: int
    """Iterations of L-BFGS."""
    residual: float
    """Largest entry of the gradient, the prior's included, divided by the number of steps."""
    converged: bool
    """Whether the residual is at most `tol`."""

    @property
    def sweeps(self) -> int:
        """`n_iter` under the name it has where states are swept."""
        return self.n_iter


def maxent_irl(
    mdp: MDP,
    features: Any,
    demonstrations: Demonstrations | npt.ArrayLike,
    *,
    horizon: int | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    tol: float = 1e-7,
    max_iter: int = 1_000,
    progress: bool = False,
) -> MaxEnt:
    r"""The linear reward under which demonstrations are most likely (Ziebart et al. 2008, 2010).

    Maximises the log-likelihood Σ log π_θ(a|s) less l1 ‖θ‖₁ + l2/2 ‖θ‖² by L-BFGS-B with the exact
    gradient. Where the counts flow as the model says, as those of an `occupancy` do, the problem
    is concave.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    features : array (S, F), (S, A, F) or (S·A, F), or scipy sparse (S, F) or (S·A, F)
        φ(s), paid on leaving s, or φ(s, a). Features of exit states count for nothing: states in
        which `mdp` pays nothing, every action ends the episode, and nobody was seen to act.
    demonstrations : Demonstrations, or array (S, A)
        Or how often each action was taken in each state: counts, or an `occupancy`. With a
        horizon, an array must be an `occupancy` from the start of the model.
    horizon : int ≥ 1, optional
        Steps of an episode: the agent knows when it ends. Default: it goes on.
    l1, l2 : float ≥ 0
        A Laplace and a Gaussian prior on θ, against the log-likelihood of all steps. A feature
        never met has no finite optimal weight without one: it grows until `tol` is met.
    tol : float > 0
        Largest entry of the gradient per step (SciPy's `gtol`; its `ftol` is set to rounding).
    max_iter : int ≥ 1
    progress : bool
        Show a progress bar over iterations.

    Returns
    -------
    MaxEnt

    Raises
    ------
    ValueError
        If demonstrations leave the model, hold no step, or are longer than the horizon; if γ = 1
        and there is no horizon; if there is only one action.

    References
    ----------
    Ziebart, B. D., Maas, A., Bagnell, J. A. & Dey, A. K. (2008). Maximum entropy inverse
    reinforcement learning. AAAI 23.

    Ziebart, B. D., Bagnell, J. A. & Dey, A. K. (2010). Modeling interaction via the principle
    of maximum causal entropy. ICML 27.

    Examples
    --------
    Two ways to end, each with a feature of its own; the second is taken three times as often.

    >>> bandit = MDP([[[0.0], [0.0]]], [[0.0, 0.0]], 0.9)
    >>> found = maxent_irl(bandit, np.eye(2).reshape(1, 2, 2), [[1.0, 3.0]])
    >>> found.policy.round(6)
    array([[0.25, 0.75]])
    """
    for name, value in (("l1", l1), ("l2", l2)):
        number(name, value, 0)
    tol, max_iter = number("tol", tol, 0, above=True), whole("max_iter", max_iter, 1)
    phi = Features(mdp, features)
    likelihood = Likelihood(mdp, demonstrations, horizon)
    total = likelihood.counts.sum()

    def loss(theta: Array) -> tuple[float, Array]:
        value, slope = likelihood(phi.reward(theta))
        loss = l2 / 2 * theta @ theta - value
        return loss / total, (l2 * theta - phi.sum(slope)) / total

    with (
        tqdm(total=max_iter, unit="iteration", disable=not progress) as bar,
        _threads().limit(
            limits=1, user_api="blas"
        ),  # in many small steps, more threads wait for each other
    ):
        theta, n_iter = _minimise(loss, phi.n, l1 / total, tol, max_iter, lambda _: bar.update())
    value, slope = likelihood(phi.reward(theta))
    residual = _largest_slope(theta, (phi.sum(slope) - l2 * theta) / total, l1 / total)
    if not residual <= tol:
        warnings.warn(
            f"tol is {tol:g}, but after {n_iter} iterations the gradient is {residual:.2g}",
            stacklevel=2,
        )
    observed, reward = phi.sum(likelihood.counts), likelihood.reward
    return MaxEnt(
        theta, reward, reward.mean(axis=1), likelihood.v, likelihood.q, likelihood.policy,
        observed, observed - phi.sum(slope), value, n_iter, residual, residual <= tol,
    )  # fmt: skip


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()  # it looks through all loaded libraries: once is enough


def _largest_slope(theta: Array, slope: Array, l1: float) -> float:
    """How far θ is from a maximum with an L1 prior.

    A weight stays at 0 as long as its slope is no steeper than the prior's.
    """
    at_zero = np.maximum(np.abs(slope) - l1, 0)
    return float(np.where(theta == 0, at_zero, np.abs(slope - l1 * np.sign(theta))).max())


def _minimise(
    loss: Any, n: int, l1: float, tol: float, max_iter: int, callback: Any
) -> tuple[Array, int]:
    """L-BFGS-B; with an L1 prior on the positive and the negative parts of θ apart."""

    def parts(both: Array) -> tuple[float, Array]:
        value, slope = loss(both[:n] - both[n:])
        return value + l1 * both.sum(), np.concatenate((slope, -slope)) + l1

    bounds = [(0, None)] * (2 * n) if l1 else None
    theta, n_iter, before = np.zeros(2 * n if l1 else n), 0, np.inf
    while n_iter < max_iter:
        # `ftol` at rounding, so that the gradient decides.
        options = {"gtol": tol, "ftol": 1e-16, "maxcor": 10, "maxiter": max_iter - n_iter}
        found = optimize.minimize(
            parts if l1 else loss, theta, jac=True, method="L-BFGS-B", bounds=bounds,
            options=options, callback=callback,
        )  # fmt: skip
        theta, n_iter = found.x, n_iter + int(found.nit)
        # Rounding can end a line search early; from there, a fresh start often gets further.
        slope = np.abs(theta - np.clip(theta - found.jac, 0 if l1 else -np.inf, None)).max()
        if slope <= tol or not slope < 0.5 * before:
            break
        before = slope
    return (theta[:n] - theta[n:] if l1 else theta), n_iter
