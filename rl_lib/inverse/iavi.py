r"""Inverse action-value iteration: the reward of a Boltzmann agent, in closed form.

An agent that behaves as π(a|s) ∝ exp Q(s, a), with Q(s, a) = r(s, a) + γ Σ_{s'} p(s'|s, a) V(s')
and V(s) = max_a Q(s, a), leaves its action values in its behaviour, up to a number V(s) per state:

    Q(s, a) = log π(a|s) − max_b log π(b|s) + V(s),
    r(s, a) = Q(s, a) − γ Σ_{s'} p(s'|s, a) V(s').

Every V gives a reward that explains the behaviour perfectly. A *gauge* is an assumption that picks
one, and each turns into a linear system for V:

`iavi`
    The rewards of a state sum to 0 over its actions (Kalweit et al. 2020, eqs. 8–10): V is the
    value of acting at random, paid max_b log π(b|s) − mean_b log π(b|s) in each state.
`anchored_reward`
    One action is known to pay 0: V is the value of always taking it.
`state_reward`
    The reward depends on the state alone.

In some worlds an action does not exist everywhere. What is not `possible` is not looked at: means
are over what is, and an action that does not exist has r = q = −∞, so that softmax(q) is exact.

A reward comes out in units of the agent's temperature: behaviour π ∝ exp(Q / T) gives r / T. All
rewards, values and probabilities are natural numbers, not logarithms of base 2.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import lsmr

from rl_lib._check import (
    Array,
    first,
    number,
    positive_distributions,
    possible_actions,
    whole,
)
from rl_lib._tables import ROW_ROUNDING
from rl_lib.mdp import MDP
from rl_lib.planning._evaluation import chosen_transitions, require_ending, solve_linear

_MAX_ITER = 100_000
_SAME = 1e-5  # changes along a random direction that differ by less, of the largest, are one


class Recovered(NamedTuple):
    """A reward that explains a behaviour, and what it cannot know."""

    v: Array
    """Values max_a q, shape (S,)."""
    q: Array
    """Action values, whose softmax is the given policy, shape (S, A)."""
    policy: Array
    """The behaviour that was explained, shape (S, A)."""
    reward: Array
    """r(s, a), shape (S, A)."""
    state_reward: Array
    """The mean of `reward` over actions, shape (S,): 0 after `iavi`."""
    undetermined: npt.NDArray[np.bool_]
    """States whose reward the behaviour does not tell, even in this gauge, shape (S,)."""
    n_iter: int
    """Passes over all states, of `state_reward` iterations of LSMR; 0 for a direct solution."""
    residual: float
    """By how much `reward` misses the gauge anywhere."""
    converged: bool
    """Whether the residual is at most `tol`."""

    @property
    def sweeps(self) -> int:
        """`n_iter` under the name it has where states are swept."""
        return self.n_iter


def iavi(
    mdp: MDP,
    policy: npt.ArrayLike,
    *,
    possible: npt.ArrayLike | None = None,
    tol: float = 1e-10,
) -> Recovered:
    r"""The reward with Σ_a r(s, a) = 0 under which `policy` is Boltzmann-optimal.

    The linear systems of inverse action-value iteration (Kalweit et al. 2020, eq. 9) have the
    solution r(s, ·) = η(s, ·) − mean_a η(s, a) with η = log π − γ P V; put into V = max_a Q, they
    become one linear system

        V = d + γ P̄ V,   d(s) = max_a log π(a|s) − mean_a log π(a|s),   P̄ = mean_a P_a.

    Where no state can be visited twice it is solved by one backward pass; else by sparse
    factorisation up to 5 000 states and by sweeps above.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    policy : array (S, A)
        π(a|s), every entry above 0. Rows of exit states are uniform, as `boltzmann` and
        `Demonstrations.policy` give them; any other row says that something is decided there.
    possible : bool array (S, A), optional
        Which actions exist; `policy` is 0 for the others. Default: all.
    tol : float > 0
        Largest |mean_a r(s, a)| allowed.

    Returns
    -------
    Recovered

    Raises
    ------
    ValueError
        If the probability of an action that exists is 0 (never seen: smooth the counts), if there
        is only one action, or if γ = 1 and acting at random may never end an episode.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. NeurIPS 33.

    Examples
    --------
    One state, two ways to end: the better one is taken three times as often.

    >>> found = iavi(MDP([[[0.0], [0.0]]], [[0.0, 0.0]], 0.9), [[0.25, 0.75]])
    >>> bool(np.allclose(found.reward, [[-np.log(3) / 2, np.log(3) / 2]]))
    True
    """
    policy, logs, share = _log_policy(mdp, policy, possible, tol)
    gain = logs.max(axis=1) - _mean(logs, share)
    v, n_iter = _value_of(mdp, share, "acting at random", gain, tol)
    q, reward = _explain(mdp, logs, v)
    nowhere, mean = np.zeros(len(v), dtype=bool), _mean(reward, share)
    found = _recovered((v, q, policy, reward), mean, nowhere, n_iter, mean, tol)
    _warn_unless_converged(found, tol)
    return found


def anchored_reward(
    mdp: MDP,
    policy: npt.ArrayLike,
    action: int,
    *,
    possible: npt.ArrayLike | None = None,
    tol: float = 1e-10,
) -> Recovered:
    r"""The reward under which `policy` is Boltzmann-optimal if `action` pays 0 everywhere.

    With one action known to pay nothing (holding, staying), V is the value of always taking it:
    (I − γ P_a) V = max_b log π(b|·) − log π(a|·). If the assumption is true, the reward is.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    policy : array (S, A)
        π(a|s), every entry above 0.
    action : int
        The action that pays 0, in {0, …, A − 1}; it exists everywhere.
    possible : bool array (S, A), optional
        As in `iavi`.
    tol : float > 0
        Largest reward of `action` allowed.

    Returns
    -------
    Recovered
        Undetermined are states in which every action ends the episode at once and all are taken
        equally often, as in an exit.

    Raises
    ------
    ValueError
        As in `iavi`; at γ = 1 repeating `action` must end every episode.

    Examples
    --------
    Waiting (action 0) pays nothing and leads on; leaving pays 2 and ends.

    >>> from rl_lib import boltzmann, value_iteration
    >>> mdp = MDP([[[1.0], [0.0]]], [[0.0, 2.0]], discount=0.5)
    >>> behaviour = boltzmann(value_iteration(mdp).q)
    >>> anchored_reward(mdp, behaviour, 0).reward.round(6)
    array([[0., 2.]])
    """
    policy, logs, share = _log_policy(mdp, policy, possible, tol)
    action = whole("action", action, 0, mdp.n_actions - 1)
    lacking = first(share[:, action] == 0)
    if lacking is not None:
        raise ValueError(f"action is {action}; it must be possible in state {lacking[0]}, too")
    always = np.zeros(policy.shape)
    always[:, action] = 1
    gain = logs.max(axis=1) - logs[:, action]
    v, n_iter = _value_of(mdp, always, f"repeating action {action}", gain, tol)
    q, reward = _explain(mdp, logs, v)
    unused = _exits(mdp) & ((logs == logs[:, :1]) | (share == 0)).all(axis=1)
    explained, mean = (v, q, policy, reward), _mean(reward, share)
    found = _recovered(explained, mean, unused, n_iter, reward[:, action], tol)
    _warn_unless_converged(found, tol)
    return found


def state_reward(
    mdp: MDP,
    policy: npt.ArrayLike,
    *,
    possible: npt.ArrayLike | None = None,
    tol: float = 1e-8,
) -> Recovered:
    r"""The reward r(s) under which `policy` is Boltzmann-optimal, up to a constant.

    If the reward does not depend on the action, then γ (P_a − P̄) V = log π_a − mean_b log π_b for
    every action: more equations than unknowns, solved by least squares. V is then known up to
    directions in which no choice of action makes a difference. The constant is one (nobody can
    tell what existing is worth); in some worlds there are more, and `undetermined` names the
    states whose reward differs along them from that of most others.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at. Exit states, all of whose rows are empty, are
        worth 0, and their own reward is undetermined.
    policy : array (S, A)
        π(a|s), every entry above 0.
    possible : bool array (S, A), optional
        As in `iavi`.
    tol : float > 0
        Largest difference allowed between the rewards of two actions in a state. With behaviour
        estimated from counts the equations contradict each other, and `converged` is False.

    Returns
    -------
    Recovered
        `reward` has the same number `state_reward` in every column.

    Raises
    ------
    ValueError
        As in `iavi` but for the endings, and at γ = 0, where behaviour says nothing about the
        reward of states.

    Notes
    -----
    A reward paid on *arriving* in s' is the same to the agent as one of 1/γ times its size on
    leaving: the two differ by potential shaping (Ng, Harada & Russell 1999).

    References
    ----------
    Ng, A. Y., Harada, D. & Russell, S. (1999). Policy invariance under reward transformations:
    Theory and application to reward shaping. ICML 16.

    Examples
    --------
    >>> from rl_lib import boltzmann, value_iteration
    >>> p = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.1, 0.9]]])
    >>> truth = np.array([[1.0, 1.0], [3.0, 3.0]])
    >>> behaviour = boltzmann(value_iteration(MDP(p, truth, 0.9), tol=1e-12).q)
    >>> found = state_reward(MDP(p, truth, 0.9), behaviour).state_reward
    >>> bool(np.isclose(found[1] - found[0], 2.0))
    True
    """
    policy, logs, share = _log_policy(mdp, policy, possible, tol)
    if mdp.discount == 0:
        raise ValueError(
            "discount is 0; it must be above: choices that lead to a state show its reward"
        )
    exits, matrix = _exits(mdp), mdp.transition_matrix
    inner = np.flatnonzero(~exits)
    n, m = policy.shape
    exists = share > 0
    same_state = sparse.kron(sparse.eye_array(n), np.ones((m, m)))
    deviation = sparse.diags_array(exists.ravel() * 1.0) @ (  # from the mean of what exists
        sparse.eye_array(n * m) - same_state @ sparse.diags_array(share.ravel())
    )
    system = sparse.csr_array(mdp.discount * (deviation @ matrix)[:, inner])
    v, unseen = np.zeros(n), np.zeros(n)
    wanted = deviation @ np.where(exists, logs, 0.0).ravel()
    v[inner], unseen[inner], n_iter = _least_squares(system, wanted)
    q, reward = _explain(mdp, logs, v)
    # How the reward of each state would change along what the behaviour does not show.
    change = (unseen - mdp.discount * _mean((matrix @ unseen).reshape(n, m), share))[inner]
    undetermined = exits.copy()
    width = _SAME * max(np.abs(change).max(initial=0.0), 1e-4)
    undetermined[inner] = np.abs(change - _most_common(change, width)) > width
    mean = _mean(reward, share)
    average = np.broadcast_to(mean[:, None], (n, m))
    missed = np.where(exists, reward - average, 0.0)
    return _recovered((v, q, policy, average), mean, undetermined, n_iter, missed, tol)


def _log_policy(
    mdp: MDP, policy: npt.ArrayLike, possible: npt.ArrayLike | None, tol: float
) -> tuple[Array, Array, Array]:
    """The policy, its logarithms, and the uniform distribution over the actions that exist."""
    number("tol", tol, 0, above=True)
    n, m = mdp.n_states, mdp.n_actions
    if m == 1:
        raise ValueError("mdp has 1 action; behaviour without a choice says nothing about a reward")
    exists = possible_actions(possible, (n, m))
    policy = positive_distributions("policy", policy, (n, m), exists)
    with np.errstate(divide="ignore"):
        return policy, np.log(policy), exists / exists.sum(axis=1, keepdims=True)


def _mean(values: Array, share: Array) -> Array:
    """The mean of each state over the actions that exist, (S,)."""
    return (np.where(share > 0, values, 0.0) * share).sum(axis=1)


def _value_of(mdp: MDP, policy: Array, who: str, gain: Array, tol: float) -> tuple[Array, int]:
    """The value of `policy` where each state pays `gain`."""
    chosen = chosen_transitions(mdp, policy)
    if mdp.discount == 1:
        require_ending(chosen, who)
    return solve_linear(chosen, gain, mdp.discount, 0.5 * tol)


def _explain(mdp: MDP, logs: Array, v: Array) -> tuple[Array, Array]:
    """Action values and rewards that explain the behaviour if states are worth `v`."""
    q = logs - logs.max(axis=1, keepdims=True) + v[:, None]
    return q, q - mdp.discount * (mdp.transition_matrix @ v).reshape(q.shape)


def _recovered(
    explained: tuple[Array, Array, Array, Array],
    per_state: Array,
    undetermined: Any,
    n_iter: int,
    violation: Array,
    tol: float,
) -> Recovered:
    """The result, given v, q, the policy and the reward, and by how much the gauge is missed."""
    residual = float(np.abs(violation).max())
    return Recovered(*explained, per_state, undetermined, n_iter, residual, residual <= tol)


def _warn_unless_converged(found: Recovered, tol: float) -> None:
    if not found.converged:
        warnings.warn(f"tol is {tol:g}, but the residual is {found.residual:.2g}", stacklevel=3)


def _exits(mdp: MDP) -> Any:
    """States all of whose rows are empty."""
    return (mdp.end_probability > 1 - ROW_ROUNDING).all(axis=1)


def _least_squares(system: Any, wanted: Array) -> tuple[Array, Array, int]:
    """The smallest solution, a random vector that `system` takes to 0, and iterations."""
    anywhere = np.random.default_rng(0).normal(size=system.shape[1])
    options = {"atol": 1e-15, "btol": 1e-15, "conlim": 0.0, "maxiter": _MAX_ITER}
    solution, _, sweeps, *_ = lsmr(system, wanted, **options)
    seen, *_ = lsmr(system, system @ anywhere, **options)
    return solution, anywhere - seen, sweeps


def _most_common(values: Array, width: float) -> float:
    """A value that as many others as possible share."""
    ordered = np.sort(values)
    shared = np.searchsorted(ordered, ordered + width) - np.arange(len(ordered))
    return float(ordered[shared.argmax()]) if len(ordered) else 0.0
