r"""Several intentions: an agent that switches between rewards, by exact expectation–maximisation.

Intentions z follow a Markov chain (ρ, Λ); in each, behaviour is Boltzmann-optimal for a reward of
its own (Zhu et al. 2024). Since any behaviour π_z(a|s) is explained by a reward in closed form (see
`iavi`), the likelihood is that of a hidden Markov model with one categorical distribution of
actions for each intention and state:

    p(a_0 … a_T | s_0 … s_T) = Σ_z ρ(z_0) π_{z_0}(a_0|s_0) Π_t Λ(z_{t−1}, z_t) π_{z_t}(a_t|s_t).

So the E-step is one pass forwards and one back, the M-step counts with weights,

    π_z(a|s) ∝ c + Σ_t p(z_t = z | all) 1[s_t = s, a_t = a],
    Λ(y, z) ∝ λ + Σ_t p(z_{t−1} = y, z_t = z | all),

and the rewards are found once, at the end: in closed form where the dynamics are known, else from
the recorded steps. With Dirichlet priors, c on the actions and λ on the chain, no iteration lowers
the penalised log-likelihood.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

from rl_lib._check import Array, Ints, discount_below_1, possible_actions, whole
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.inverse._em import Fit, best_fit, refuse_impossible
from rl_lib.inverse._forward_backward import Chain, filter_steps, most_probable, smooth_steps
from rl_lib.inverse.iavi import iavi, state_reward
from rl_lib.inverse.iql import iql
from rl_lib.mdp import MDP


class Intentions(NamedTuple):
    """K intentions, the commonest first: what each does, what it is after, and how they switch."""

    policy: Array
    """π_z(a|s), shape (K, S, A)."""
    reward: Array
    """r_z(s, a) of `iavi` or `iql`, in units of the temperature, shape (K, S, A)."""
    state_reward: Array | None
    """r_z(s) of `state_reward`, shape (K, S); None without a model."""
    start: Array
    """ρ, the intention in which a trajectory begins, shape (K,)."""
    transition: Array
    """Λ, from one step to the next, shape (K, K)."""
    log_likelihood: float
    """Mean of log p(a_t | a_{<t}, s_{≤t}) over the steps it was fitted to, in nats."""
    objective: Array
    """Penalised log-likelihood after each iteration, in nats."""
    restarts: Array
    """`log_likelihood` of every beginning after its first 10 iterations."""
    n_iter: int
    """Iterations of the beginning that went on."""
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
            state_reward=None if self.state_reward is None else self.state_reward[order],
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
        refuse_impossible(likelihood.max(axis=1) == 0)
        return likelihood, Chain(self.start, self.transition), demonstrations.offsets


def multi_intention_irl(
    mdp: MDP,
    demonstrations: Demonstrations,
    n_intentions: int,
    *,
    possible: npt.ArrayLike | None = None,
    smoothing: float = 0.5,
    chain_smoothing: float = 1.0,
    restarts: int = 16,
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
        Random beginnings. After 10 iterations the half that is more likely on these recordings goes
        on for 20 more, then half of these for 40, and so on (Jamieson & Talwalkar 2016).
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
        If there is no step, or one that is outside the model; as in `iavi` for the rewards.

    References
    ----------
    Zhu, H., De La Crompe, B., Kalweit, G., Schneider, A., Kalweit, M., Diester, I. & Boedecker, J.
    (2024). Multi-intention inverse Q-learning for interpretable behavior representation.
    Transactions on Machine Learning Research.

    Jamieson, K. & Talwalkar, A. (2016). Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS 19.

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
    shape = n_intentions, mdp.n_states, mdp.n_actions
    exists = possible_actions(possible, shape[1:])
    best, restarted = best_fit(
        demonstrations, shape, smoothing, chain_smoothing, restarts, tol, max_iter, rng, progress,
        exists,
    )  # fmt: skip
    reward = [iavi(mdp, policy, possible=exists).reward for policy in best.policy]
    by_state = [state_reward(mdp, policy, possible=exists).state_reward for policy in best.policy]
    return _intentions(best, restarted, np.stack(reward), np.stack(by_state))


def multi_intention_iql(
    demonstrations: Demonstrations,
    n_states: int,
    n_actions: int,
    n_intentions: int,
    discount: float,
    *,
    smoothing: float = 0.5,
    chain_smoothing: float = 1.0,
    restarts: int = 16,
    tol: float = 1e-6,
    max_iter: int = 1_000,
    epochs: int = 100,
    rng: np.random.Generator,
    progress: bool = False,
) -> Intentions:
    r"""Several intentions where nobody knows where actions lead: rewards by `iql`, from samples.

    Policies, switches and posteriors are those of `multi_intention_irl`, exactly: what is intended
    shows in the actions taken, and the likelihood asks for no model. Only the rewards do. Where an
    action leads does not depend on what is intended, so that every recorded step is a sample for
    each intention: `iql` learns from all of them, once for each π_z, which it is told.

    It is not the algorithm of Zhu et al. (2024) step by step, which learns rewards anew in each
    M-step: where these explain the policies, that changes no posterior. Nor does it learn while it
    looks: the steps are gone over again and again. With tables, counting the transitions and
    solving gives what it converges to: `multi_intention_irl` with `empirical_mdp`.

    Parameters
    ----------
    demonstrations : Demonstrations
    n_states, n_actions : int
        `n_actions` ≥ 2.
    n_intentions : int ≥ 1
        K.
    discount : float in [0, 1)
        γ.
    smoothing, chain_smoothing, restarts, tol, max_iter : as in `multi_intention_irl`
    epochs : int ≥ 1
        Passes of `iql` over all steps, for each intention.
    rng : numpy.random.Generator
        Makes the beginnings, and shuffles the steps of each epoch.
    progress : bool
        Show a progress bar over restarts, and one over epochs for each intention.

    Returns
    -------
    Intentions
        `state_reward` is None: it takes a model. A state in which no step was recorded, as where
        recordings stop, keeps reward and value 0; a model says more of it.

    Raises
    ------
    ValueError, TypeError
        As `multi_intention_irl` and `iql`.

    References
    ----------
    Zhu, H., De La Crompe, B., Kalweit, G., Schneider, A., Kalweit, M., Diester, I. & Boedecker, J.
    (2024). Multi-intention inverse Q-learning for interpretable behavior representation.
    Transactions on Machine Learning Research.

    Examples
    --------
    One state: what is done nearly always is worth about log 99 more than what is not.

    >>> walk = [(0, t // 100 % 2) for t in range(1_000)]
    >>> found = multi_intention_iql(
    ...     Demonstrations.from_trajectories([walk]), 1, 2, 2, 0.9, rng=np.random.default_rng(0)
    ... )
    >>> np.ptp(found.reward[:, 0], axis=1).round(1)
    array([6.9, 6.9])
    """
    shape = n_intentions, n_states, whole("n_actions", n_actions, 2)
    discount = discount_below_1(discount)
    whole("epochs", epochs, 1)
    best, restarted = best_fit(
        demonstrations, shape, smoothing, chain_smoothing, restarts, tol, max_iter, rng, progress
    )
    rewards = [
        iql(
            demonstrations, n_states, n_actions, discount,
            policy=policy, epochs=epochs, rng=rng, progress=progress,
        ).reward
        for policy in best.policy
    ]  # fmt: skip
    return _intentions(best, restarted, np.stack(rewards), None)


def _intentions(best: Fit, restarted: Array, reward: Array, by_state: Array | None) -> Intentions:
    return Intentions(
        best.policy, reward, by_state, *best.chain, best.log_likelihood,
        np.array(best.objective), restarted, len(best.objective), best.converged,
    )  # fmt: skip
