r"""Inverse Q-learning: the reward of a Boltzmann agent from samples, without a model.

At each recorded step (s, a, s') tabular IQL (Kalweit et al. 2020, section 3.2) counts the action
and moves three tables towards their targets:

    Q^Sh(s, a)  →  γ max_a' Q(s', a')                          the shifted action value
    r(s, b)     →  η(s, b) + mean_{c≠b} [r(s, c) − η(s, c)]    with η = log π̃ − Q^Sh
    Q(s, a)     →  r(s, a) + γ max_a' Q(s', a')

where π̃ are the counts so far, smoothed. After an ending there is no s' to look at; a step whose
successor was not recorded only counts.

The paper moves only r(s, a), of the action taken. The level of the rewards of a state then depends
on how often each action came, and with it everything that looks at values; and an action never
taken keeps Q = r = Q^Sh = 0 beside others that may be worth ±100. Here all rewards of a state move
together, which keeps their sum at 0, the gauge of `iavi`, and costs no more; and an action never
taken is thought to lead where those that were taken lead on average.

Constrained IQL learns a fourth table to act by,

    Q^C(s, a)  →  r(s, a) + γ max_{a' safe in s'} Q^C(s', a').
"""

# mypy: disable-error-code="no-untyped-def"

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from rl_lib._check import (
    Array,
    discount_below_1,
    finite_array,
    first,
    generator,
    number,
    positive_distributions,
    whole,
)
from rl_lib._compiled import compiled
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps
from rl_lib.learning.schedules import ByVisits, at_visit, by_visits
from rl_lib.policies import boltzmann, greedy

StepSize = float | ByVisits


class IQL(NamedTuple):
    """What inverse Q-learning found, and how it went."""

    q: Array
    """Action values Q, shape (S, A)."""
    policy: Array
    """softmax(Q); of `ciql`: greedy in Q^C over safe actions. Shape (S, A)."""
    reward: Array
    """r(s, a), shape (S, A)."""
    q_shifted: Array
    """Q^Sh, shape (S, A)."""
    q_constrained: Array
    """Q^C, shape (S, A); without constraints Q itself."""
    changes: Array
    """Largest change of Q in each epoch, shape (epochs,)."""

    @property
    def n_iter(self) -> int:
        """Epochs."""
        return len(self.changes)


class _Steps(NamedTuple):
    """What was recorded, and in which order it is looked at."""

    states: Any
    actions: Any
    next_states: Any
    ended: Any
    order: Any


class _Rule(NamedTuple):
    """How the tables move."""

    discount: float
    smoothing: float
    base: float
    by_visits: ByVisits
    reward_base: float
    reward_by_visits: ByVisits
    safe: Any
    tried: Any
    together: bool
    """All rewards of the state, and not that of the action taken."""


class _Tables(NamedTuple):
    """What moves, each of shape (S, A)."""

    counts: Array
    visits: Array
    q: Array
    shifted: Array
    reward: Array
    acting: Array


def iql(
    demonstrations: Demonstrations,
    n_states: int,
    n_actions: int,
    discount: float,
    *,
    safe: npt.ArrayLike | None = None,
    policy: npt.ArrayLike | None = None,
    epochs: int = 100,
    step_size: StepSize | None = None,
    reward_step_size: StepSize | None = None,
    smoothing: float = 0.5,
    update: str = "state",
    rng: np.random.Generator | None = None,
    progress: bool = False,
) -> IQL:
    r"""Tabular inverse Q-learning (Kalweit et al. 2020).

    Parameters
    ----------
    demonstrations : Demonstrations
    n_states, n_actions : int
        `n_actions` ≥ 2.
    discount : float in [0, 1)
        γ.
    safe : bool array (S, A), optional
        Constraints on acting; see `ciql`.
    policy : array (S, A), optional
        π̃, where it is known better than by counting, every probability above 0. The steps then
        only show where actions lead, whoever took them.
    epochs : int ≥ 1
        Passes over all steps. Actions are counted in the first.
    step_size : number in (0, 1] or `by_visits(…)`, optional
        Of Q, Q^Sh and Q^C. Default: 1 / (1 + (1 − γ) n) at visit n of (s, a), which converges
        (Wainwright 2019); the paper's is 0.01.
    reward_step_size : number in (0, 1] or `by_visits(…)`, optional
        Of r, by visits of the action taken. Default: (A − 1) / A, which with `update="state"`
        solves the equations of the state at once; the paper's is 0.0001.
    smoothing : float > 0
        c in π̃ = (n + c) / Σ (n + c).
    update : {"state", "taken"}
        Move the rewards of all actions of the state, or those of the action taken (the paper).
    rng : numpy.random.Generator, optional
        Shuffles the steps of each epoch; default: as recorded.
    progress : bool
        Show a progress bar over epochs.

    Returns
    -------
    IQL

    Raises
    ------
    ValueError, TypeError
        If demonstrations hold no step or do not fit, or a number is out of range.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. NeurIPS 33.

    Wainwright, M. J. (2019). Stochastic approximation with cone-contractive operators: Sharp
    bounds for Q-learning. arXiv:1905.06265.

    Examples
    --------
    One state, two ways to end; the second is taken three times as often.

    >>> once = [[(0, 1, 0)]] * 3 + [[(0, 0, 0)]]
    >>> ends = Demonstrations.from_trajectories(once * 100, terminated=True)
    >>> iql(ends, 1, 2, 0.9).policy.round(2)
    array([[0.25, 0.75]])
    """
    n, m = whole("n_states", n_states, 1), whole("n_actions", n_actions, 2)
    allowed = np.ones((n, m), dtype=bool) if safe is None else _safe_sets(safe, n, m)
    require_steps(demonstrations)
    demonstrations.counts(n, m)  # refuses what does not fit
    discount = discount_below_1(discount)
    epochs = whole("epochs", epochs, 1)
    smoothing = number("smoothing", smoothing, 0, above=True)
    if update not in ("state", "taken"):
        raise ValueError(f'update is {update!r}; it must be "state" or "taken"')
    at_once = (m - 1) / m
    converging = by_visits(scale=1 / (1 - discount))
    sizes = (
        *_first_and_shrinking("step_size", converging if step_size is None else step_size),
        *_first_and_shrinking(
            "reward_step_size", at_once if reward_step_size is None else reward_step_size
        ),
    )
    ended, known, tried = demonstrations.ended, demonstrations.known, np.zeros((n, m), dtype=bool)
    tried[demonstrations.states[known], demonstrations.actions[known]] = True
    rule = _Rule(discount, smoothing, *sizes, allowed, tried, update == "state")
    order = np.arange(demonstrations.n_steps)
    tables = _Tables(*(np.zeros((n, m)) for _ in range(6)))
    if policy is not None:
        tables.counts[:] = positive_distributions("policy", policy, (n, m))
        rule = rule._replace(smoothing=0.0)
    changes = np.zeros(epochs)
    for epoch in tqdm(range(epochs), unit="epoch", disable=not progress):
        if rng is not None:
            order = generator(rng).permutation(demonstrations.n_steps)
        before = tables.q.copy()
        steps = _Steps(
            demonstrations.states, demonstrations.actions, demonstrations.next_states, ended, order
        )
        _epoch(steps, rule, tables, epoch == 0 and policy is None)
        changes[epoch] = np.abs(tables.q - before).max()
    best_allowed = np.where(allowed, tables.acting, np.finfo(np.float64).min)
    acting = boltzmann(tables.q) if safe is None else greedy(best_allowed)
    return IQL(tables.q, acting, tables.reward, tables.shifted, tables.acting, changes)


def ciql(
    demonstrations: Demonstrations,
    n_states: int,
    n_actions: int,
    discount: float,
    safe: npt.ArrayLike,
    *,
    epochs: int = 100,
    step_size: StepSize | None = None,
    reward_step_size: StepSize | None = None,
    smoothing: float = 0.5,
    update: str = "state",
    rng: np.random.Generator | None = None,
    progress: bool = False,
) -> IQL:
    r"""Constrained inverse Q-learning: the same reward, and a policy that keeps the rules.

    Parameters
    ----------
    demonstrations, n_states, n_actions, discount, and what follows `safe` : as in `iql`
    safe : bool array (S, A)
        safe(s) = {a : c_i(s, a) ≤ β_i for all constraints i}; each state has at least one.

    Returns
    -------
    IQL
        Its policy is greedy in Q^C and never takes an action that is not safe; in a state never
        met it takes the first that is.

    Raises
    ------
    ValueError, TypeError
        As `iql`, and if a state has no safe action, naming it.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. NeurIPS 33.

    Examples
    --------
    >>> once = [[(0, 1, 0)]] * 3 + [[(0, 0, 0)]]
    >>> ends = Demonstrations.from_trajectories(once * 100, terminated=True)
    >>> ciql(ends, 1, 2, 0.9, safe=[[True, False]]).policy
    array([[1., 0.]])
    """
    if safe is None:
        raise TypeError("safe is None; it must be a bool array (S, A)")
    return iql(
        demonstrations, n_states, n_actions, discount, safe=safe, epochs=epochs,
        step_size=step_size, reward_step_size=reward_step_size, smoothing=smoothing,
        update=update, rng=rng, progress=progress,
    )  # fmt: skip


def _safe_sets(safe: npt.ArrayLike, n: int, m: int) -> npt.NDArray[np.bool_]:
    finite_array("safe", safe)  # rows of one length
    allowed = np.asarray(safe)
    if allowed.shape != (n, m) or allowed.dtype != bool:
        raise ValueError(
            f"safe has shape {allowed.shape} and type {allowed.dtype}; it must be bool of shape "
            f"{(n, m)}"
        )
    empty = first(np.asarray(~allowed.any(axis=1)))
    if empty is not None:
        raise ValueError(f"safe[{empty[0]}] allows no action; each state needs at least one")
    return allowed


def _first_and_shrinking(name: str, step: Any) -> tuple[float, ByVisits]:
    """A step size at the first visit, and how it shrinks."""
    if isinstance(step, ByVisits):
        return 1.0, by_visits(step.power, step.scale)
    return number(name, step, 0, 1, above=True), ByVisits(0.0, 1.0)


@compiled
def _epoch(steps, rule, tables, counting):
    states, actions, next_states, ended, order = steps
    discount, smoothing, safe, tried = rule.discount, rule.smoothing, rule.safe, rule.tried
    counts, visits, q, shifted, reward, acting = tables
    together = rule.together
    n_actions = q.shape[1]
    eta = np.empty(n_actions)
    target = np.empty(n_actions)
    for i in order:
        s, a, t = states[i], actions[i], next_states[i]
        if counting:
            counts[s, a] += 1
        if t < 0 and not ended[i]:
            continue
        best, best_safe = 0.0, 0.0
        if not ended[i]:
            best, best_safe = -np.inf, -np.inf
            for b in range(n_actions):
                best = max(best, q[t, b])
                if safe[t, b]:
                    best_safe = max(best_safe, acting[t, b])
        alpha = at_visit(rule.base, rule.by_visits, visits[s, a])
        alpha_r = at_visit(rule.reward_base, rule.reward_by_visits, visits[s, a])
        visits[s, a] += 1
        shifted[s, a] += alpha * (discount * best - shifted[s, a])
        total, others, ahead, usual, usual_safe = 0.0, 0, 0.0, 0.0, 0.0
        for b in range(n_actions):
            total += counts[s, b] + smoothing
            if tried[s, b]:
                others += 1
                ahead += shifted[s, b]
                usual += q[s, b] - reward[s, b]
                usual_safe += acting[s, b] - reward[s, b]
        gap = 0.0
        for b in range(n_actions):
            if together and not tried[s, b]:
                shifted[s, b] = ahead / others
            eta[b] = np.log((counts[s, b] + smoothing) / total) - shifted[s, b]
            gap += reward[s, b] - eta[b]
        for b in range(n_actions):
            target[b] = eta[b] + (gap - (reward[s, b] - eta[b])) / (n_actions - 1)
        for b in range(n_actions):
            if b == a or together:
                reward[s, b] += alpha_r * (target[b] - reward[s, b])
            if b == a:
                q[s, b] += alpha * (reward[s, b] + discount * best - q[s, b])
                acting[s, b] += alpha * (reward[s, b] + discount * best_safe - acting[s, b])
            elif together and not tried[s, b]:
                q[s, b] += alpha * (reward[s, b] + usual / others - q[s, b])
                acting[s, b] += alpha * (reward[s, b] + usual_safe / others - acting[s, b])
