r"""Several intentions: an agent that switches between rewards, by exact expectation–maximisation.

Intentions z follow a Markov chain (ρ, Λ); in each, behaviour is Boltzmann-optimal for a reward of
its own (Zhu et al. 2024). Since any behaviour π_z(a|s) is explained by a reward in closed form (see
`iavi`), the likelihood is that of a hidden Markov model with one categorical distribution of
actions for each intention and state:

    p(a_0 … a_T | s_0 … s_T) = Σ_z ρ(z_0) π_{z_0}(a_0|s_0) Π_t Λ(z_{t−1}, z_t) π_{z_t}(a_t|s_t).

So the E-step is one pass forwards and one back, the M-step counts with weights,

    π_z(a|s) ∝ c + Σ_t p(z_t = z | all) 1[s_t = s, a_t = a],
    Λ(y, z) ∝ λ + Σ_t p(z_{t−1} = y, z_t = z | all),

and the rewards are solved for once, at the end. With Dirichlet priors, c on the actions and λ on
the chain, no iteration lowers the penalised log-likelihood.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize
from tqdm.auto import tqdm

from rl_lib._check import Array, Ints, at, first, generator, number, whole
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.inverse._forward_backward import Chain, filter_steps, most_probable, smooth_steps
from rl_lib.inverse.iavi import iavi, possible_actions, state_reward
from rl_lib.mdp import MDP

_STAYS = 0.95  # where a restart begins
_NOISE = 5.0  # shape of the Gamma noise on its counts


class Intentions(NamedTuple):
    """K intentions, the commonest first: what each does, what it is after, and how they switch."""

    policy: Array
    """π_z(a|s), shape (K, S, A)."""
    reward: Array
    """r_z(s, a) of `iavi`, in units of the temperature, shape (K, S, A)."""
    state_reward: Array
    """r_z(s) of `state_reward`, shape (K, S)."""
    start: Array
    """ρ, the intention in which a trajectory begins, shape (K,)."""
    transition: Array
    """Λ, from one step to the next, shape (K, K)."""
    log_likelihood: float
    """Mean of log p(a_t | a_{<t}, s_{≤t}) over the steps it was fitted to, in nats."""
    objective: Array
    """Penalised log-likelihood after each iteration of the best restart, in nats."""
    restarts: Array
    """`log_likelihood` of every restart."""
    n_iter: int
    """Iterations of the best restart."""
    converged: bool

    def log_probabilities(self, demonstrations: Demonstrations) -> Array:
        """Of each step, log p(a_t | a_{<t}, s_{≤t}), predicted from the past, (N,) in nats."""
        return np.log(filter_steps(*self._seen(demonstrations))[1])

    def predictive_log_likelihood(self, demonstrations: Demonstrations) -> float:
        """Mean of `log_probabilities`, in nats: ask it of recordings held out."""
        require_steps(demonstrations)
        return float(self.log_probabilities(demonstrations).mean())

    def predicted(self, demonstrations: Demonstrations) -> Array:
        """p(z_t | a_{<t}, s_{≤t}), before the action is seen, shape (N, K)."""
        filtered, _ = filter_steps(*self._seen(demonstrations))
        before = np.empty_like(filtered)
        before[1:] = filtered[:-1] @ self.transition
        before[demonstrations.begins] = self.start
        return before

    def filtered(self, demonstrations: Demonstrations) -> Array:
        """p(z_t | a_{≤t}, s_{≤t}), shape (N, K)."""
        return filter_steps(*self._seen(demonstrations))[0]

    def smoothed(self, demonstrations: Demonstrations) -> Array:
        """p(z_t | all steps of the trajectory), what comes later included, shape (N, K)."""
        likelihood, chain, offsets = self._seen(demonstrations)
        filtered, evidence = filter_steps(likelihood, chain, offsets)
        return smooth_steps(likelihood, filtered, evidence, chain, offsets)[0]

    def most_probable(self, demonstrations: Demonstrations) -> Ints:
        """The path of intentions that is most probable given all steps (Viterbi), shape (N,)."""
        likelihood, chain, offsets = self._seen(demonstrations)
        with np.errstate(divide="ignore"):  # a switch that never happens
            logs = tuple(map(np.log, chain))
        return most_probable(np.log(likelihood), *logs, offsets)

    def bic(self, demonstrations: Demonstrations, *, observed: bool = True) -> float:
        """Bayesian information criterion, −2 log L + (parameters) log N; the lower the better.

        With `observed`, a state has as many parameters as different actions were taken in it, less
        one; else A − 1, though nothing was fitted to what never occurred.
        """
        steps = self.log_probabilities(demonstrations)
        n_intentions, n_states, n_actions = self.policy.shape
        taken = (demonstrations.counts(n_states, n_actions) > 0).sum(axis=1)
        free = np.maximum(taken - 1, 0).sum() if observed else n_states * (n_actions - 1)
        parameters = n_intentions * free + n_intentions**2 - 1
        return float(-2 * steps.sum() + parameters * np.log(len(steps)))

    def relabelled(self, order: Ints) -> "Intentions":
        """The same with the intentions in another order."""
        order = np.asarray(order)
        return self._replace(
            policy=self.policy[order],
            reward=self.reward[order],
            state_reward=self.state_reward[order],
            start=self.start[order],
            transition=self.transition[np.ix_(order, order)],
        )

    def like(self, other: "Intentions") -> "Intentions":
        """The same, labelled such that its policies are as near as possible to another's."""
        apart = np.abs(other.policy[:, None] - self.policy[None]).sum(axis=(2, 3))
        return self.relabelled(optimize.linear_sum_assignment(apart)[1])

    def _seen(self, demonstrations: Demonstrations) -> tuple[Array, Chain, Ints]:
        n_intentions, n_states, n_actions = self.policy.shape
        pair = demonstrations.pairs(n_states, n_actions)
        likelihood = self.policy.reshape(n_intentions, -1)[:, pair].T.copy()
        _refuse_impossible(likelihood.max(axis=1) == 0)
        return likelihood, Chain(self.start, self.transition), demonstrations.offsets


def multi_intention_irl(
    mdp: MDP,
    demonstrations: Demonstrations,
    n_intentions: int,
    *,
    possible: npt.ArrayLike | None = None,
    smoothing: float = 0.5,
    chain_smoothing: float = 1.0,
    restarts: int = 6,
    tol: float = 1e-6,
    max_iter: int = 1_000,
    rng: np.random.Generator,
    progress: bool = False,
) -> Intentions:
    r"""Several intentions behind recorded behaviour, and the reward of each (Zhu et al. 2024).

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    demonstrations : Demonstrations
        Trajectories of any lengths; one without steps counts for nothing.
    n_intentions : int ≥ 1
        K. An intention that the recordings do not need is left with what the priors say.
    possible : bool array (S, A), optional
        Which actions exist in each state; the others have probability 0. Default: all.
    smoothing : float > 0
        c, added to every weighted count of an action. In a state never visited an intention acts
        at random.
    chain_smoothing : float ≥ 0
        λ, added to every expected switch.
    restarts : int ≥ 1
        Fits from different random beginnings; the one most likely on these recordings is kept.
    tol : float > 0
        A fit ends when an iteration adds less than this to the penalised log-likelihood, in nats a
        step.
    max_iter : int ≥ 1
    rng : numpy.random.Generator
    progress : bool
        Show a progress bar over restarts.

    Returns
    -------
    Intentions

    Raises
    ------
    ValueError, TypeError
        If there is no step, or one that is outside the model or impossible; as in `iavi` for the
        rewards.

    References
    ----------
    Zhu, H., De La Crompe, B., Kalweit, G., Schneider, A., Kalweit, M., Diester, I. & Boedecker, J.
    (2024). Multi-intention inverse Q-learning for interpretable behavior representation.
    Transactions on Machine Learning Research.

    Examples
    --------
    One state, two actions, each taken many times in a row: two intentions.

    >>> mdp = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), discount=0.9)
    >>> walk = [(0, t // 50 % 2) for t in range(1_000)]
    >>> found = multi_intention_irl(
    ...     mdp, Demonstrations.from_trajectories([walk]), 2, rng=np.random.default_rng(0)
    ... )
    >>> found.policy[:, 0].max(axis=1).round(2), found.transition.diagonal().round(2)
    (array([1., 1.]), array([0.98, 0.98]))
    """
    require_steps(demonstrations)
    n_intentions = whole("n_intentions", n_intentions, 1)
    smoothing = number("smoothing", smoothing, 0, above=True)
    chain_smoothing = number("chain_smoothing", chain_smoothing, 0)
    restarts, max_iter = whole("restarts", restarts, 1), whole("max_iter", max_iter, 1)
    number("tol", tol, 0, above=True)
    generator(rng)
    exists = possible_actions(possible, (mdp.n_states, mdp.n_actions))
    pairs = demonstrations.pairs(mdp.n_states, mdp.n_actions)
    _refuse_impossible(~exists.ravel()[pairs])
    problem = _Problem(
        pairs,
        demonstrations.offsets,
        (n_intentions, mdp.n_states, mdp.n_actions),
        np.where(exists, smoothing, 0.0),
        chain_smoothing,
    )
    # With one intention there is nothing to begin anywhere else from.
    n_fits = restarts if n_intentions > 1 else 1
    fits = [
        _fit(problem, tol, max_iter, rng)
        for _ in tqdm(range(n_fits), unit="restart", disable=not progress)
    ]
    best = max(fits, key=lambda fit: fit.log_likelihood)
    if not best.converged:
        warnings.warn(f"not converged after {max_iter} iterations", stacklevel=2)
    order = np.argsort(-best.share, kind="stable")
    policy = best.policy[order]
    return Intentions(
        policy,
        np.stack([iavi(mdp, each, possible=exists).reward for each in policy]),
        np.stack([state_reward(mdp, each, possible=exists).state_reward for each in policy]),
        best.chain.start[order],
        best.chain.transition[np.ix_(order, order)],
        best.log_likelihood,
        np.array(best.objective),
        np.array([fit.log_likelihood for fit in fits]),
        len(best.objective),
        best.converged,
    )


def _refuse_impossible(mask: npt.NDArray[np.bool_]) -> None:
    bad = first(mask)
    if bad is not None:
        raise ValueError(f"{at('actions', bad)} is impossible in its state, by `possible`")


class _Problem(NamedTuple):
    pairs: Ints
    """s · A + a of each step."""
    offsets: Ints
    shape: tuple[int, int, int]
    smoothing: Array
    """(S, A), 0 where an action does not exist."""
    chain_smoothing: float


class _Fit(NamedTuple):
    policy: Array
    chain: Chain
    share: Array
    log_likelihood: float
    objective: list[float]
    converged: bool


def _fit(problem: _Problem, tol: float, max_iter: int, rng: np.random.Generator) -> _Fit:
    n_intentions, n_states, n_actions = problem.shape
    n_steps = len(problem.pairs)
    begins = problem.offsets[:-1][np.diff(problem.offsets) > 0]
    seen = np.bincount(problem.pairs, minlength=n_states * n_actions)
    noise = rng.gamma(_NOISE, 1 / _NOISE, (n_intentions, len(seen))) if n_intentions > 1 else 1.0
    policy = _policy(seen * noise * np.ones((n_intentions, 1)), problem)
    switch = (1 - _STAYS) / max(n_intentions - 1, 1)
    transition = np.full((n_intentions, n_intentions), switch)
    np.fill_diagonal(transition, 1 - switch * (n_intentions - 1))
    chain = Chain(np.full(n_intentions, 1 / n_intentions), transition)
    objective: list[float] = []
    while True:
        likelihood = policy.T.copy()[problem.pairs]
        filtered, evidence = filter_steps(likelihood, chain, problem.offsets)
        total = float(np.log(evidence).sum())
        objective.append(total + _log_prior(policy, chain, problem))
        gained = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
        smoothed, switches = smooth_steps(likelihood, filtered, evidence, chain, problem.offsets)
        if gained < tol * n_steps or len(objective) == max_iter:
            shaped = policy.reshape(problem.shape)
            converged = gained < tol * n_steps
            share = smoothed.mean(axis=0)
            return _Fit(shaped, chain, share, total / n_steps, objective, converged)
        weighted = np.stack([
            np.bincount(problem.pairs, smoothed[:, z], n_states * n_actions)
            for z in range(n_intentions)
        ])  # fmt: skip
        policy = _policy(weighted, problem)
        first = smoothed[begins].sum(axis=0) + problem.chain_smoothing
        switches = switches + problem.chain_smoothing
        total_switches = switches.sum(axis=1, keepdims=True)
        chain = Chain(
            first / first.sum(),
            np.divide(switches, total_switches, out=chain.transition, where=total_switches > 0),
        )


def _policy(counts: npt.NDArray[Any], problem: _Problem) -> Array:
    """π_z(a|s) as (K, S · A), from weighted counts of that shape."""
    shaped = counts.reshape(problem.shape) + problem.smoothing
    return (shaped / shaped.sum(axis=2, keepdims=True)).reshape(counts.shape)


def _log_prior(policy: Array, chain: Chain, problem: _Problem) -> float:
    exists = problem.smoothing.ravel() > 0
    prior = (
        problem.smoothing.ravel() * np.log(policy, where=exists, out=np.zeros_like(policy))
    ).sum()
    if problem.chain_smoothing:
        prior += problem.chain_smoothing * sum(np.log(part).sum() for part in chain)
    return float(prior)
