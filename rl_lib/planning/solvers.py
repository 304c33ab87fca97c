r"""Planning: the optimal policy of a known model, with a guarantee on its values.

The Bellman optimality operator T v (s) = max_a [r(s, a) + γ Σ_{s'} p(s'|s, a) v(s')] contracts
distances by γ, so its only fixed point is v*, and any v is at most ‖T v − v‖ / (1 − γ) away from it
(Puterman 1994, theorem 6.2.3 and section 6.3). That residual of the *returned* values is what
every solver here reports and stops on. At γ = 1 there is no such bound, and the residual itself
has to do.

Methods
-------
`in_place`
    Value iteration as on the slides: one array, swept in the order of the states.
`synchronous`
    The operator itself: v ← T v.
`modified_policy_iteration`
    After each improving sweep, cheaper sweeps evaluate the policy just found (Puterman & Shin
    1978). They run in place and in alternating directions, so that values travel across a grid in
    one sweep. Where no episode ever ends, all values are also shifted by the middle of MacQueen's
    bounds (MacQueen 1966).
"""

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, distributions, number, whole
from rl_lib._compiled import COMPILED
from rl_lib.mdp import MDP
from rl_lib.planning import _sweeps
from rl_lib.planning._evaluation import chosen_transitions, require_ending, solve_linear
from rl_lib.planning._soft import backward, fixed_point
from rl_lib.policies import boltzmann, greedy

__all__ = [
    "Solution",
    "boltzmann",
    "evaluate_policy",
    "greedy",
    "soft_value_iteration",
    "value_iteration",
]

METHODS = ("auto", "in_place", "synchronous", "modified_policy_iteration")


class Solution(NamedTuple):
    """Values of a policy and how far they can be trusted."""

    v: Array
    """Values, shape (S,)."""
    q: Array
    """Action values r + γ P v of exactly these `v`, shape (S, A)."""
    policy: Array
    """The policy, rows sum to 1, shape (S, A)."""
    n_iter: int
    """Passes over all states; 0 for a direct solution."""
    residual: float
    """max |T v − v| of the returned v."""
    error_bound: float
    """max |v − true v| is at most this: residual / (1 − γ), infinite at γ = 1."""
    converged: bool
    """Whether `tol` was met: by the error bound, at γ = 1 by the residual."""

    @property
    def sweeps(self) -> int:
        """`n_iter` under the name it has where states are swept."""
        return self.n_iter


def value_iteration(
    mdp: MDP, *, tol: float = 1e-8, max_iter: int = 100_000, method: str = "auto"
) -> Solution:
    r"""Optimal values v* and a greedy policy (Bellman 1957; Sutton & Barto 2018, section 4.4).

    Parameters
    ----------
    mdp : MDP
    tol : float > 0
        Largest allowed error bound (at γ = 1: residual).
    max_iter : int ≥ 1
        Largest number of sweeps.
    method : {"auto", "in_place", "synchronous", "modified_policy_iteration"}
        "auto" is modified policy iteration; without numba, "synchronous" for large models.

    Returns
    -------
    Solution
        With a warning if `tol` was not met.

    References
    ----------
    Bellman, R. (1957). A Markovian decision process. Journal of Mathematics and Mechanics 6(5),
    679–684.

    MacQueen, J. (1966). A modified dynamic programming method for Markovian decision problems.
    Journal of Mathematical Analysis and Applications 14(1), 38–43.

    Puterman, M. L. (1994). Markov Decision Processes: Discrete Stochastic Dynamic Programming.
    Wiley.

    Puterman, M. L. & Shin, M. C. (1978). Modified policy iteration algorithms for discounted
    Markov decision problems. Management Science 24(11), 1127–1137.

    Sutton, R. S. & Barto, A. G. (2018). Reinforcement Learning: An Introduction, 2nd edition.
    MIT Press.

    Examples
    --------
    >>> from rl_lib import russell_norvig
    >>> world = russell_norvig()
    >>> world.to_grid(value_iteration(world.mdp).v).round(3)
    array([[0.812, 0.868, 0.918, 0.   ],
           [0.762,   nan, 0.66 , 0.   ],
           [0.705, 0.655, 0.611, 0.388]])
    """
    tol, max_iter = number("tol", tol, 0, above=True), whole("max_iter", max_iter, 1)
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
    if method == "auto":
        small = mdp.n_states * mdp.n_actions <= 1_000
        method = "modified_policy_iteration" if COMPILED or small else "synchronous"
    gamma = mdp.discount
    # A last change of c leaves a residual of at most γc; the margin covers rounding.
    change = 0.99 * tol * ((1 - gamma) / gamma if 0 < gamma < 1 else 1)
    v = np.zeros(mdp.n_states)
    model = _sweeps.arrays(mdp.transition_matrix, mdp.rewards, gamma)
    if method == "synchronous":
        sweeps = _synchronous(mdp, v, change, max_iter)
    elif method == "in_place":
        sweeps = _sweeps.in_place(model, v, change, max_iter)
    else:
        closed = gamma < 1 and not mdp.end_probability.any()
        v[:] = _lower_bound(mdp, closed)
        sweeps = _sweeps.modified_policy_iteration(model, closed, v, change, max_iter)
    q = mdp.action_values(v)
    policy = greedy(q)
    backup = q[policy == 1]  # one entry in each row; faster than a maximum along short rows
    return _certified(mdp, v, q, policy, backup, sweeps, tol)


def evaluate_policy(mdp: MDP, policy: npt.ArrayLike, *, tol: float = 1e-8) -> Solution:
    r"""Values of a policy: the solution of v = r_π + γ P_π v (Sutton & Barto 2018, eq. 4.4).

    One backward pass where no state can be visited twice; else solved directly up to 5 000 states
    and by sweeps above.

    Parameters
    ----------
    mdp : MDP
    policy : array (S, A)
        π(a|s); rows sum to 1.
    tol : float > 0
        Largest allowed error bound (at γ = 1: residual).

    Returns
    -------
    Solution
        Its `policy` is the given one, its `q` are the action values q_π.

    Raises
    ------
    ValueError
        If rows of `policy` are no distributions, or γ = 1 and the policy may never end.

    References
    ----------
    Sutton, R. S. & Barto, A. G. (2018). Reinforcement Learning: An Introduction, 2nd edition.
    MIT Press.

    Examples
    --------
    A step costs 1 and succeeds every other time: it takes two steps on average.

    >>> evaluate_policy(MDP([[[0.5]]], [[-1.0]], discount=1.0), [[1.0]]).v
    array([-2.])
    """
    policy = distributions("policy", policy, (mdp.n_states, mdp.n_actions))
    number("tol", tol, 0, above=True)
    gamma = mdp.discount
    chosen = chosen_transitions(mdp, policy)
    if gamma == 1:
        require_ending(chosen)
    reward = (policy * mdp.rewards).sum(axis=1)
    v, sweeps = solve_linear(chosen, reward, gamma, tol * (1 - gamma if gamma < 1 else 1))
    q = mdp.action_values(v)
    return _certified(mdp, v, q, policy, (policy * q).sum(axis=1), sweeps, tol)


def soft_value_iteration(
    mdp: MDP,
    *,
    temperature: float = 1.0,
    horizon: int | None = None,
    tol: float = 1e-8,
    max_iter: int = 1_000,
) -> Solution:
    r"""The values and the policy of an agent that also likes to keep its options open.

    The soft Bellman operator (Ziebart 2010, section 6.2; Haarnoja et al. 2017, eqs. 3 and 4)

        v(s) = T log Σ_a exp(q(s, a) / T),    q(s, a) = r(s, a) + γ Σ_{s'} p(s'|s, a) v(s')

    has the optimal value of rewards plus T times the entropy of every decision as its fixed point,
    reached by π(a|s) = exp((q(s, a) − v(s)) / T). As T → 0 it becomes value iteration. Nothing is
    decided in a terminal state: its value is 0.

    Solved by Newton's method (soft policy iteration): each iteration evaluates the current policy,
    so that few are needed at any γ. With a horizon nothing follows its last step, and one pass
    backwards from there is exact.

    Parameters
    ----------
    mdp : MDP
    temperature : float > 0
        T, in the unit of the rewards.
    horizon : int ≥ 1, optional
        Steps of an episode: the agent knows how many are left. Default: it goes on.
    tol : float > 0
        Largest allowed error bound (at γ = 1: residual); without a horizon.
    max_iter : int ≥ 1
        Largest number of iterations; without a horizon.

    Returns
    -------
    Solution
        `n_iter` counts iterations. With a horizon, `v`, `q` and `policy` have a leading axis, one
        entry a step. With a warning if `tol` was not met, as at γ = 1 where wandering
        for ever is worth more than ending.

    References
    ----------
    Haarnoja, T., Tang, H., Abbeel, P. & Levine, S. (2017). Reinforcement learning with deep
    energy-based policies. ICML 34.

    Ziebart, B. D. (2010). Modeling Purposeful Adaptive Behavior with the Principle of Maximum
    Causal Entropy. PhD thesis, Carnegie Mellon University.

    Examples
    --------
    Two ways to end at once that pay alike are worth log 2 more than one.

    >>> mdp = MDP([[[0.0], [0.0]]], [[1.0, 1.0]], discount=1.0)
    >>> bool(np.isclose(soft_value_iteration(mdp).v[0], 1 + np.log(2)))
    True

    Staying pays 1 a step, leaving nothing; in the last of three steps there is less to stay for.

    >>> stay = MDP([[[1.0], [0.0]]], [[1.0, 0.0]], discount=1.0)
    >>> soft_value_iteration(stay, horizon=3).policy[:, 0, 0].round(2)
    array([0.97, 0.91, 0.73])
    """
    temperature = number("temperature", temperature, 0, above=True)
    tol, max_iter = number("tol", tol, 0, above=True), whole("max_iter", max_iter, 1)
    if horizon is not None:
        horizon = whole("horizon", horizon, 1)
        v, q, policy = backward(mdp, mdp.rewards, mdp.terminal, horizon, temperature)
        return Solution(v, q, policy, horizon, 0.0, 0.0, True)
    if mdp.discount == 1:
        anything = np.full(mdp.rewards.shape, 1 / mdp.n_actions)
        require_ending(chosen_transitions(mdp, anything), "even a policy that tries everything")
    target = 0.5 * tol * (1 - mdp.discount if mdp.discount < 1 else 1)
    v, q, policy, backup, sweeps = fixed_point(
        mdp, mdp.rewards, mdp.terminal, np.zeros(mdp.n_states), temperature, target, max_iter
    )
    return _certified(mdp, v, q, policy, backup, sweeps, tol)


def _lower_bound(mdp: MDP, closed: bool) -> float:
    """A number below every v*, from the best immediate rewards.

    From below, good news spreads over a grid in one sweep; from above, every cell has to be
    talked out of its optimism one living reward at a time.
    """
    if mdp.discount == 1:
        return 0.0
    worst = float(mdp.rewards.max(axis=1).min())
    return (worst if closed else min(worst, 0.0)) / (1 - mdp.discount)


def _synchronous(mdp: MDP, v: Array, change: float, max_iter: int) -> int:
    for sweep in range(1, max_iter + 1):  # noqa: B007
        before = v.copy()
        v[:] = mdp.action_values(v).max(axis=1)
        if not np.abs(v - before).max() > max(change, 4e-16 * np.abs(v).max()):
            break
    return sweep


def _certified(
    mdp: MDP, v: Array, q: Array, policy: Array, backup: Array, sweeps: int, tol: float
) -> Solution:
    residual = float(np.abs(backup - v).max())
    error_bound = residual / (1 - mdp.discount) if mdp.discount < 1 else np.inf
    reached = residual if mdp.discount == 1 else error_bound
    if not reached <= tol:
        kind = "residual" if mdp.discount == 1 else "error bound"
        warnings.warn(
            f"tol is {tol:g}, but after {sweeps} sweeps the {kind} is {reached:.2g}", stacklevel=3
        )
    return Solution(v, q, policy, sweeps, residual, error_bound, bool(reached <= tol))
