r"""Is the reward found the true one? Four answers, each with something that it cannot see.

=============================  ==================================  ==============================
measure                        sees                                cannot see
=============================  ==================================  ==============================
`expected_value_difference`    what the behaviour learned costs    the reward: any gauge of it, and
                               under the true reward               a clone of the data, score alike
`reward_correlation`           the reward itself, whatever the     its unit, and rewards that
                               gauge                               behaviour cannot tell apart
`epic_distance`                the reward itself, in any world     dynamics: rewards that are the
                               with these states and actions       same in this world alone differ
`log_likelihood`               how well behaviour is predicted,    the reward, and what the expert
                               without knowing the truth           would do elsewhere
=============================  ==================================  ==============================

What behaviour cannot tell apart is one number per state, potential shaping (Ng, Harada & Russell
1999). `sum_zero_reward` removes it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, distributions, finite_array, number
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.mdp import MDP
from rl_lib.planning.solvers import evaluate_policy

_NOISE = 1e-10  # a reward that varies by less, of its size, is constant up to rounding


def expected_value_difference(
    mdp: MDP, expert: npt.ArrayLike, learned: npt.ArrayLike, *, over: str = "states"
) -> float:
    r"""How much true value the behaviour learned loses, EVD.

    Two definitions are in use, and papers do not always say which:

    - "states": mean_s (v_expert(s) − v_learned(s))², as in Kalweit et al. (2020);
    - "start": Σ_s μ(s) (v_expert(s) − v_learned(s)), with μ the start distribution, as in
      Levine et al. (2011).

    Parameters
    ----------
    mdp : MDP
        With the true reward.
    expert, learned : arrays (S, A)
        Two policies.
    over : {"states", "start"}

    Returns
    -------
    float
        At least 0 for "states"; for "start" negative if the learned policy is the better one.

    Examples
    --------
    >>> mdp = MDP([[[0.0], [0.0]]], [[0.0, 3.0]], discount=0.9)
    >>> expected_value_difference(mdp, [[0.0, 1.0]], [[1.0, 0.0]])
    9.0
    >>> expected_value_difference(mdp, [[0.0, 1.0]], [[1.0, 0.0]], over="start")
    3.0
    """
    if over not in ("states", "start"):
        raise ValueError(f'over is {over!r}; it must be "states" or "start"')
    shape = (mdp.n_states, mdp.n_actions)
    better, worse = (
        evaluate_policy(mdp, distributions(name, policy, shape)).v
        for name, policy in (("expert", expert), ("learned", learned))
    )
    lost = better - worse
    return float((lost**2).mean() if over == "states" else mdp.start @ lost)


def sum_zero_reward(mdp: MDP, reward: npt.ArrayLike) -> Array:
    r"""The reward with Σ_a r(s, a) = 0 that leads to the same behaviour as `reward`.

    Shaping with Φ = v, the value of acting at random, gives r + γ P v − v: the *advantage* of each
    action for an agent that goes on at random. Two rewards that differ by potential shaping have
    the same one, in this world.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    reward : array (S, A)

    Returns
    -------
    array (S, A)

    References
    ----------
    Ng, A. Y., Harada, D. & Russell, S. (1999). Policy invariance under reward transformations:
    Theory and application to reward shaping. ICML 16.

    Examples
    --------
    >>> mdp = MDP([[[0.0], [0.0]]], [[0.0, 0.0]], discount=0.9)
    >>> sum_zero_reward(mdp, [[5.0, 9.0]])
    array([[-2.,  2.]])
    """
    reward = finite_array("reward", reward, (mdp.n_states, mdp.n_actions))
    at_random = np.full(reward.shape, 1 / mdp.n_actions)
    unit = _largest(reward)
    found = evaluate_policy(mdp.with_rewards(reward / unit), at_random)
    return unit * (found.q - found.v[:, None])


def reward_correlation(mdp: MDP, reward: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    r"""Correlation of two rewards after both are brought into the sum-zero gauge.

    Parameters
    ----------
    mdp : MDP
        The dynamics; its rewards are not looked at.
    reward, truth : arrays (S, A)

    Returns
    -------
    float
        Pearson's correlation over all states and actions, in [−1, 1]; not a number where one of
        the two is worth nothing to behaviour, such as a constant.

    Examples
    --------
    A potential, however large, does not matter:

    >>> mdp = MDP([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.1, 0.9]]], np.zeros((2, 2)), 0.9)
    >>> truth, potential = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([-50.0, 100.0])
    >>> shaped = truth + 0.9 * mdp.transitions @ potential - potential[:, None]
    >>> round(reward_correlation(mdp, shaped, truth), 9)
    1.0
    >>> round(float(np.corrcoef(shaped.ravel(), truth.ravel())[0, 1]), 2)
    -0.5
    """
    found = []
    for name, given in (("reward", reward), ("truth", truth)):
        given = finite_array(name, given, (mdp.n_states, mdp.n_actions))
        found.append(sum_zero_reward(mdp, given / _largest(given)))
    even = np.full(found[0].shape, 1 / found[0].size)
    return _pearson(found[:1], found[1:], [even])


def epic_distance(
    reward: npt.ArrayLike, truth: npt.ArrayLike, discount: float, *, over: Any = None
) -> float:
    r"""EPIC distance of two rewards (Gleave et al. 2021).

    Each reward is shaped canonically, with S, A and S' drawn independently:

        C(r)(s, a, s') = r(s, a, s') + E[γ r(s', A, S') − r(s, A, S') − γ r(S, A, S')],

    and the distance is √((1 − ρ) / 2), ρ Pearson's correlation of the two under the same draws. It
    is 0 for rewards that differ by a potential, a positive factor and a constant, whatever the
    world; √½ for unrelated ones, and 1 for opposite ones.

    Parameters
    ----------
    reward, truth : arrays (S, A) or (S, A, S)
        A reward (S, A) does not depend on the next state.
    discount : float in [0, 1]
        γ.
    over : array (S,), optional
        Distribution of S and of S'; default: uniform. A is always uniform.

    Returns
    -------
    float
        In [0, 1]; not a number where one of the two is constant after shaping.

    References
    ----------
    Gleave, A., Dennis, M., Legg, S., Russell, S. & Leike, J. (2021). Quantifying differences in
    reward functions. ICLR.

    Examples
    --------
    A reward r(s') on arrival, and the same on leaving, of 1/γ times its size:

    >>> arriving = np.broadcast_to([1.0, 2.0, 4.0], (3, 2, 3))
    >>> leaving = np.repeat([[1.0], [2.0], [4.0]], 2, axis=1) / 0.9
    >>> epic_distance(arriving, leaving, 0.9) < 1e-6
    True
    """
    discount = number("discount", discount, 0, 1)
    left, right = finite_array("reward", reward), finite_array("truth", truth)
    shapes = left.shape, right.shape
    if not all(len(shape) in (2, 3) and shape[2:] in ((), shape[:1]) for shape in shapes):
        raise ValueError(f"reward and truth have shapes {shapes}; each must be (S, A) or (S, A, S)")
    if shapes[0][:2] != shapes[1][:2] or 0 in shapes[0]:
        raise ValueError(
            f"reward and truth have shapes {shapes}; S and A must be the same and at least 1"
        )
    n, m = shapes[0][:2]
    weight = distributions("over", np.full(n, 1 / n) if over is None else over, (n,))
    left, right = left / _largest(left), right / _largest(right)
    pair = np.repeat(weight[:, None] / m, m, axis=1)
    if left.ndim == right.ndim == 2:
        # Then C(s, a, s') is a function of (s, a) plus one of s', which are drawn independently.
        means = [r.mean(axis=1) for r in (left, right)]
        rho = _pearson(
            [left - means[0][:, None], discount * means[0]],
            [right - means[1][:, None], discount * means[1]],
            [pair, weight],
        )
    else:
        shaped = []
        for r in (left, right):
            r = np.broadcast_to(r if r.ndim == 3 else r[..., None], (n, m, n))
            mean = (r @ weight).mean(axis=1)
            shaped.append(r + discount * mean - mean[:, None, None])
        rho = _pearson(shaped[:1], shaped[1:], [pair[..., None] * weight])
    return float(np.sqrt((1 - rho) / 2))


def log_likelihood(demonstrations: Demonstrations, policy: npt.ArrayLike) -> float:
    r"""Mean of log π(a|s) over recorded steps, in nats; ask it of recordings held out.

    Parameters
    ----------
    demonstrations : Demonstrations
    policy : array (S, A)

    Returns
    -------
    float
        At most 0; −log A for a policy that acts at random, and minus infinity where an action was
        taken that the policy never takes.

    Examples
    --------
    >>> walks = Demonstrations.from_trajectories([[(0, 0), (0, 1)]])
    >>> round(log_likelihood(walks, [[0.25, 0.75]]), 4)
    -0.837
    """
    shape = np.shape(policy)
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"policy has shape {shape}; it must be (S, A)")
    policy = distributions("policy", policy, shape)
    require_steps(demonstrations)
    counts = demonstrations.counts(*shape)
    taken = counts > 0
    with np.errstate(divide="ignore"):
        return float(counts[taken] @ np.log(policy[taken]) / demonstrations.n_steps)


def _largest(reward: Array) -> float:
    """The unit in which squares of rewards neither overflow nor vanish."""
    return float(np.abs(reward).max()) or 1.0


def _pearson(left: list[Array], right: list[Array], weights: list[Array]) -> float:
    """Correlation of two sums of independent terms, each with probabilities of its own."""
    standard = []
    for terms in (left, right):
        terms = [a - (w * a).sum() for a, w in zip(terms, weights, strict=True)]
        spread = np.sqrt(sum((w * a**2).sum() for a, w in zip(terms, weights, strict=True)))
        if spread <= _NOISE:
            return float("nan")
        standard.append([a / spread for a in terms])
    rho = sum((w * a * b).sum() for a, b, w in zip(*standard, weights, strict=True))
    return float(np.clip(rho, -1, 1))
