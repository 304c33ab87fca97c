r"""When does an agent give up? Two intentions, one switch and no way back.

An agent begins with the first intention; before each step it may turn to the second, and then stays
with it. Where `intentions` has one chain Λ for all steps, here the switch may depend on place and
time, as two causes that act one apart from the other,

    h(s, t) = 1 − (1 − f(s)) (1 − g(t)).

The E-step is one pass forwards and one back; with p_t the probability of the first intention,

    predicted  p_t⁻ = p_{t−1} (1 − h_t),   p_{−1} = 1
    evidence   e_t = p_t⁻ π_0(a_t|s_t) + (1 − p_t⁻) π_1(a_t|s_t)
    filtered   p_t = p_t⁻ π_0(a_t|s_t) / e_t
    smoothed   g_{t−1} = g_t + w_t,   w_t = (1 − g_t) p_{t−1} h_t / (1 − p_{t−1} (1 − h_t)),

where w_t is how likely it is that step t was the switch. The M-step counts actions with weights g
and 1 − g, and splits w_t between the causes, f/h and g/h, among the g_t + w_t that could switch.
"""

# mypy: disable-error-code="no-untyped-def"

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, distributions, finite_array, generator, number, whole
from rl_lib._compiled import compiled
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.inverse.iavi import iavi
from rl_lib.mdp import MDP

_NOISE = 5.0  # shape of the Gamma noise on the counts that a restart begins with
_SWITCHES, _STAYS = 0.5, 4.5  # pseudo-counts of a cause


class Beliefs(NamedTuple):
    """What an observer believes who knows two policies and how likely each step is to switch."""

    filtered: Array
    """p(z_t | a_{≤t}, s_{≤t}), shape (N, 2)."""
    smoothed: Array
    """p(z_t | all steps of the trajectory), shape (N, 2)."""
    switched: Array
    """p(the switch came just before step t | all steps of the trajectory), shape (N,)."""
    log_probabilities: Array
    """Log p(a_t | a_{<t}, s_{≤t}), shape (N,), in nats."""


class GivingUp(NamedTuple):
    """Two intentions, before and after, and when the one is given up for the other."""

    policy: Array
    """π_z(a|s), shape (2, S, A)."""
    reward: Array
    """r_z(s, a) of `iavi`, in units of the temperature, shape (2, S, A)."""
    by_state: Array
    """f(s), shape (S,)."""
    by_time: Array
    """g(t), shape (T,), T the longest trajectory. A constant factor could move between 1 − f and
    1 − g; the prior keeps both small."""
    log_likelihood: float
    """Mean of log p(a_t | a_{<t}, s_{≤t}) over the steps it was fitted to, in nats."""
    objective: Array
    """Penalised log-likelihood after each iteration of the best restart, in nats."""
    n_iter: int
    converged: bool

    def switch_probability(self, demonstrations: Demonstrations) -> Array:
        """The chance h at each step, (N,); at times never seen, g is what the prior says."""
        later = _SWITCHES / (_SWITCHES + _STAYS)
        missing = max(int(demonstrations.lengths.max(initial=0)) - len(self.by_time), 0)
        by_time = np.append(self.by_time, np.full(missing, later))
        return _either(self.by_state[demonstrations.states], by_time[demonstrations.times])

    def beliefs(self, demonstrations: Demonstrations) -> Beliefs:
        """What the model believes about recordings, those that it was fitted to or others."""
        return beliefs(demonstrations, self.policy, self.switch_probability(demonstrations))


def beliefs(
    demonstrations: Demonstrations, policies: npt.ArrayLike, switch: npt.ArrayLike
) -> Beliefs:
    """Which intention each step served, if policies and the chance of a switch are known.

    Parameters
    ----------
    demonstrations : Demonstrations
    policies : array (2, S, A)
        Before the switch, and after it.
    switch : array (N,)
        h, the probability of switching before each step, in [0, 1].

    Returns
    -------
    Beliefs

    Raises
    ------
    ValueError
        If an argument is out of range, or if a step is impossible under what is known.

    Examples
    --------
    Who has gone right twice and now goes left has most likely just given up:

    >>> walk = Demonstrations.from_trajectories([[(0, 1), (0, 1), (0, 0)]])
    >>> found = beliefs(walk, [[[0.1, 0.9]], [[0.9, 0.1]]], [0.2, 0.2, 0.2])
    >>> found.switched.round(2), found.smoothed[:, 1].round(2)
    (array([0.01, 0.09, 0.62]), array([0.01, 0.1 , 0.72]))
    """
    shape = np.shape(policies)
    if len(shape) != 3 or shape[0] != 2 or 0 in shape:
        raise ValueError(f"policies has shape {shape}; it must be (2, S, A)")
    policies = distributions("policies", policies, shape)
    demonstrations.pairs(*shape[1:])
    switch = finite_array("switch", switch, (demonstrations.n_steps,))
    if ((switch < 0) | (switch > 1)).any():
        raise ValueError("switch must lie in [0, 1]")
    first, second = policies[:, demonstrations.states, demonstrations.actions]
    filtered, smoothed, switched, evidence = _passes(first, second, switch, demonstrations.offsets)
    if not (evidence > 0).all():
        step = int(np.argmin(evidence > 0))
        raise ValueError(f"step {step} is impossible under these policies and switches")
    return Beliefs(
        np.stack((filtered, 1 - filtered), axis=1),
        np.stack((smoothed, 1 - smoothed), axis=1),
        switched,
        np.log(evidence),
    )


def giving_up(
    mdp: MDP,
    demonstrations: Demonstrations,
    *,
    smoothing: float = 0.5,
    restarts: int = 4,
    tol: float = 1e-6,
    max_iter: int = 1_000,
    rng: np.random.Generator,
) -> GivingUp:
    """What an agent was after before it gave up and afterwards, and when it gives up.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    demonstrations : Demonstrations
    smoothing : float > 0
        c, added to every weighted count of an action.
    restarts : int ≥ 1
        Fits from different random beginnings; the one most likely on these recordings is kept.
    tol : float > 0
        A fit ends when an iteration adds less than this to the penalised log-likelihood, in nats a
        step.
    max_iter : int ≥ 1
    rng : numpy.random.Generator

    Returns
    -------
    GivingUp

    Raises
    ------
    ValueError, TypeError
        If there is no step, or one that is outside the model; as in `iavi` for the rewards.

    Examples
    --------
    One state: to the right for ten steps, and from then on to the left.

    >>> mdp = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), discount=0.9)
    >>> walks = Demonstrations.from_trajectories([[(0, 1)] * 10 + [(0, 0)] * 10] * 50)
    >>> found = giving_up(mdp, walks, rng=np.random.default_rng(0))
    >>> found.policy[:, 0, 1].round(2), int(found.by_time.argmax())
    (array([1., 0.]), 10)
    """
    require_steps(demonstrations)
    demonstrations.pairs(mdp.n_states, mdp.n_actions)
    smoothing = number("smoothing", smoothing, 0, above=True)
    restarts, max_iter = whole("restarts", restarts, 1), whole("max_iter", max_iter, 1)
    number("tol", tol, 0, above=True)
    generator(rng)
    seen = demonstrations.counts(mdp.n_states, mdp.n_actions)
    fits = []
    for _ in range(restarts):
        begin = seen * rng.gamma(_NOISE, 1 / _NOISE, (2, *seen.shape)) + smoothing
        fits.append(_fit(mdp, demonstrations, begin, smoothing, tol, max_iter))
    best = max(fits, key=lambda fit: fit.log_likelihood)
    if not best.converged:
        warnings.warn(f"not converged after {max_iter} iterations", stacklevel=2)
    return best._replace(reward=np.stack([iavi(mdp, each).reward for each in best.policy]))


def _fit(
    mdp: MDP, walks: Demonstrations, counts: Array, c: float, tol: float, max_iter: int
) -> GivingUp:
    states, times = walks.states, walks.times
    pair = walks.pairs(mdp.n_states, mdp.n_actions)
    n_times, n_pairs = int(walks.lengths.max()), mdp.n_states * mdp.n_actions
    f, g = np.full(mdp.n_states, 0.05), np.full(n_times, 0.05)
    objective: list[float] = []
    while True:
        policy = counts / counts.sum(axis=2, keepdims=True)
        first, second = policy[:, states, walks.actions]
        switch = _either(f[states], g[times])
        _, smoothed, switched, evidence = _passes(first, second, switch, walks.offsets)
        total = float(np.log(evidence).sum())
        prior = c * np.log(policy).sum()
        for cause in (f, g):
            prior += (_SWITCHES * np.log(cause) + _STAYS * np.log1p(-cause)).sum()
        objective.append(total + float(prior))
        gained = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
        converged = gained < tol * walks.n_steps
        if converged or len(objective) == max_iter:
            mean, steps = total / walks.n_steps, len(objective)
            none = np.zeros_like(policy)
            return GivingUp(policy, none, f, g, mean, np.array(objective), steps, converged)
        weights = (smoothed, 1 - smoothed)
        counted: Array = np.stack([np.bincount(pair, w, n_pairs) for w in weights])
        counts = counted.reshape(2, mdp.n_states, mdp.n_actions) + c
        could, each = smoothed + switched, switched / switch
        f = _rate(states, f[states] * each, could, mdp.n_states)
        g = _rate(times, g[times] * each, could, n_times)


def _rate(where: npt.NDArray[np.intp], switched: Array, could: Array, n: int) -> Array:
    happened = np.bincount(where, switched, n) + _SWITCHES
    return happened / (np.bincount(where, could, n) + _SWITCHES + _STAYS)


def _either(one: Array, other: Array) -> Array:
    return 1 - (1 - one) * (1 - other)


@compiled
def _passes(first, second, switch, offsets):
    n = len(first)
    filtered, smoothed, switched, evidence = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for i in range(len(offsets) - 1):
        before = 1.0
        for t in range(offsets[i], offsets[i + 1]):
            before *= 1 - switch[t]
            evidence[t] = before * first[t] + (1 - before) * second[t]
            # An impossible step is refused afterwards.
            before = before * first[t] / evidence[t] if evidence[t] > 0 else 0.0
            filtered[t] = before
        for t in range(offsets[i + 1] - 1, offsets[i] - 1, -1):
            if t == offsets[i + 1] - 1:
                smoothed[t] = filtered[t]
            earlier = filtered[t - 1] if t > offsets[i] else 1.0
            second_now = 1 - earlier * (1 - switch[t])
            came = earlier * switch[t] / second_now if second_now > 0 else 0.0
            switched[t] = (1 - smoothed[t]) * came
            if t > offsets[i]:
                smoothed[t - 1] = smoothed[t] + switched[t]
    return filtered, smoothed, switched, evidence
