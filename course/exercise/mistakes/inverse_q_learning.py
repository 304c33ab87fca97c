"""Mistakes in the exercise on inverse Q-learning."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from course.exercise.answers import CORRECT
from course.exercise.mistakes.form import Mistake, mistake
from rl_lib import MDP

right_eta, right_reward = CORRECT["eta"], CORRECT["closed_form_reward"]

FOLLOWS_NOT = "what follows is left out"

ETA = (
    mistake("what follows is added, and not taken away", lambda policy, follows: np.log(policy) + follows),
    mistake("the logarithm is left out", lambda policy, follows: policy - follows),
    mistake("the logarithm is to base 2 (natural ones are meant)", lambda policy, follows: np.log2(policy) - follows),
    mistake("the logarithm is to base 10 (natural ones are meant)", lambda policy, follows: np.log10(policy) - follows),
    mistake(FOLLOWS_NOT, lambda policy, follows: np.log(policy) + 0 * follows),
    mistake("the sign is turned round", lambda policy, follows: follows - np.log(policy)),
    mistake("exp stands where log should", lambda policy, follows: np.exp(policy) - follows),
    mistake("log(1 + π) stands where log π should", lambda policy, follows: np.log1p(policy) - follows),
    mistake("the logarithm is taken of the difference, and not of the policy alone", lambda policy, follows: np.log(policy - follows)),
    mistake("the logarithm is multiplied by π", lambda policy, follows: policy * np.log(policy) - follows),
    mistake("the largest of what follows is taken off in each state, and not that of each action", lambda policy, follows: np.log(policy) - follows.max(axis=1, keepdims=True)),
    mistake("one state is returned, and not all", lambda policy, follows: (np.log(policy) - follows)[0]),
    mistake("the answer is put into an array of dtype float32", lambda policy, follows: right_eta(policy, follows).astype(np.float32)),
    mistake("the answer is put into an array of whole numbers (dtype=int)", lambda policy, follows: right_eta(policy, follows).astype(int)),
    *(mistake(f"probabilities below {least:g} are cut off", lambda policy, follows, least=least: np.log(np.maximum(policy, least)) - follows, see="iavi#what-can-go-wrong") for least in (0.01, 1e-3, 1e-6, 1e-8, 1e-10, 1e-12)),
    *(mistake(f"{little:g} is added to the probabilities before the logarithm", lambda policy, follows, little=little: np.log(policy + little) - follows) for little in (0.01, 1e-3, 1e-6, 1e-8, 1e-10, 1e-12)),
)  # fmt: skip


def _y(eta: Any) -> Any:
    n = np.shape(eta)[1]
    return (eta - np.mean(eta, axis=1, keepdims=True)) * n / (n - 1)


CLOSED_FORM_REWARD = (
    mistake("Y, the right-hand side, is returned, and not yet the solution of X r = Y", _y, see="boltzmann#many-actions"),
    mistake("the mean is taken over the whole table, and not within each state", lambda eta: eta - eta.mean()),
    mistake("the mean is taken over states (axis 0), and not over actions", lambda eta: eta - eta.mean(axis=0)),
    mistake("the largest η is taken off, and not the mean", lambda eta: eta - eta.max(axis=1, keepdims=True)),
    mistake("the smallest η is taken off, and not the mean", lambda eta: eta - eta.min(axis=1, keepdims=True)),
    mistake("the median is taken off, and not the mean", lambda eta: eta - np.median(eta, axis=1, keepdims=True)),
    mistake("the sum is taken off, and not the mean", lambda eta: eta - eta.sum(axis=1, keepdims=True)),
    mistake("the soft maximum is taken off, and not the mean", lambda eta: eta - np.logaddexp.reduce(eta, axis=1, keepdims=True)),
    mistake("the first action's η is taken off, and not the mean", lambda eta: eta - eta[:, :1]),
    mistake("the last action's η is taken off, and not the mean", lambda eta: eta - eta[:, -1:]),
    mistake("the mean is added, and not taken off", lambda eta: eta + eta.mean(axis=1, keepdims=True)),
    mistake("the sum is divided by n − 1, and not by n", lambda eta: eta - eta.sum(axis=1, keepdims=True) / (eta.shape[1] - 1)),
    mistake("the sign is turned round", lambda eta: -right_reward(eta)),
    mistake("the level of η is kept: the rewards of a state must sum to 0", lambda eta: eta + 0.0),
    mistake("the formula for two actions is used, whatever their number", lambda eta: (eta - eta[:, ::-1]) / 2),
    mistake("the rewards are divided by their spread", lambda eta: right_reward(eta) / eta.std(axis=1, keepdims=True)),
    mistake("the mean of each state is returned, and not the rewards", lambda eta: eta.mean(axis=1)),
    mistake("one state is returned, and not all", lambda eta: right_reward(eta)[0]),
    mistake("the answer is put into an array of dtype float32", lambda eta: right_reward(eta).astype(np.float32)),
    mistake("the answer is put into an array of whole numbers (dtype=int)", lambda eta: right_reward(eta).astype(int)),
)  # fmt: skip


def _expected_maximum(mdp: MDP, q: Any, reward: Any) -> Any:
    return mdp.transitions @ q.max(axis=1)


def sweep(
    mdp: MDP,
    policy: Any,
    *,
    follows: Callable[..., Any] = _expected_maximum,
    discount: float | None = None,
    eta: Callable[..., Any] = right_eta,
    reward_of: Callable[..., Any] = right_reward,
    tolerance: float = 1e-11,
    limit: int = 5000,
    give: str = "reward",
) -> Any:
    """IAVI, right where nothing else is asked for."""
    q = reward = np.zeros(np.shape(policy))
    gamma = mdp.discount if discount is None else discount
    for _ in range(limit):
        shifted = gamma * follows(mdp, q, reward)
        reward = reward_of(eta(policy, shifted))
        before, q = q, reward + shifted
        if np.abs(q - before).max() < tolerance:
            break
    return {"reward": reward, "q": q, "v": q.max(axis=1), "shifted": shifted}[give]


def _sweep(words: str, see: str = "", **wrong: Any) -> Mistake:
    return mistake(words, partial(sweep, **wrong), see=see)


def _outside(mdp: MDP, q: Any, reward: Any) -> Any:
    return np.einsum("sat,tb->sab", mdp.transitions, q).max(axis=2)


IAVI = (
    _sweep("γ is left out", discount=1.0, limit=500),
    _sweep("what follows is left out, or there is a single sweep", limit=1),
    _sweep("what follows is added in η, and not taken away", eta=lambda policy, shifted: np.log(policy) + shifted, limit=500),
    _sweep("the largest *reward* follows, and not the largest action value", follows=lambda mdp, q, reward: mdp.transitions @ reward.max(axis=1)),
    _sweep("a soft maximum follows, as in maximum entropy, and not the largest action value", follows=lambda mdp, q, reward: mdp.transitions @ np.logaddexp.reduce(q, axis=1)),
    _sweep("a mean over the next actions follows, and not the largest", follows=lambda mdp, q, reward: mdp.transitions @ q.mean(axis=1)),
    _sweep("the smallest of the next actions follows, and not the largest", follows=lambda mdp, q, reward: mdp.transitions @ q.min(axis=1)),
    mistake("the value of the policy follows, and not the largest action value", lambda mdp, policy: sweep(mdp, policy, follows=lambda m, q, r: m.transitions @ (policy * q).sum(axis=1))),
    _sweep("the maximum starts at 0", follows=lambda mdp, q, reward: mdp.transitions @ np.maximum(0, q.max(axis=1))),
    _sweep("the maximum is taken after the expectation: it belongs inside the sum over s'", follows=_outside),
    _sweep("only the most likely next state counts", follows=lambda mdp, q, reward: np.where(mdp.transitions.any(axis=2), q.max(axis=1)[mdp.transitions.argmax(axis=2)], 0), see="iavi#the-idea"),
    _sweep("q is returned, and not the reward", give="q"),
    _sweep("values are returned, and not rewards", give="v"),
    _sweep("what follows is returned, and not the reward", give="shifted"),
    *(_sweep(f"the sweeps stop at a change of {change:g}, before the answer is right", tolerance=change) for change in (0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)),
    *(_sweep("the number of sweeps is fixed", limit=n) for n in (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)),
    *(_sweep(known.words, reward_of=known.wrong[0], see=known.see, limit=500) for known in CLOSED_FORM_REWARD[:-4]),
    *(_sweep(known.words, eta=known.wrong[0], limit=500) for known in ETA[:9] if known.words != FOLLOWS_NOT),
    _sweep("logarithms of the policy are returned as rewards", limit=1, reward_of=lambda eta: eta),
    mistake("the answer is put into an array of dtype float32", lambda mdp, policy: sweep(mdp, policy).astype(np.float32)),
    mistake("one reward is returned for each state, and not for each action", lambda mdp, policy: sweep(mdp, policy).max(axis=1)),
)  # fmt: skip


class Step(NamedTuple):
    """One recorded step and the tables before it, as `iql_update` is given them."""

    q: Any
    q_shifted: Any
    reward: Any
    counts: Any
    state: int
    action: int
    next_state: int
    terminated: bool
    alpha: float
    alpha_r: float
    gamma: float
    smoothing: float


def _others(reward: Any, eta: Any, a: int) -> float:
    return float(np.mean(np.delete(reward - eta, a)))


def update(
    *given: Any,
    count: float = 1.0,
    follows: Callable[..., float] = lambda d: (
        0.0 if d.terminated else d.gamma * d.q[d.next_state].max()
    ),
    shifted_follows: Callable[..., float] | None = None,
    counts_of: Callable[..., Any] = lambda d, counts: counts + d.smoothing,
    eta_of: Callable[..., Any] = lambda d, policy, shifted: (np.log(policy) - shifted)[d.state],
    compare: Callable[..., float] = lambda d, reward, eta: (
        eta[d.action] + _others(reward, eta, d.action)
    ),
    step_q: Callable[..., float] = lambda d: d.alpha,
    step_r: Callable[..., float] = lambda d: d.alpha_r,
    reward_in_q: Callable[..., float] = lambda d, new: new,
    everyone: bool = False,
) -> Any:
    """The update of inverse Q-learning, right where nothing else is asked for."""
    d = Step(*given)
    q, shifted, reward, counts = (np.array(x, float) for x in given[:4])
    s, a = d.state, d.action
    counts[s, a] += count
    smooth = counts_of(d, counts)
    after = follows(d)
    shifted[s, a] += step_q(d) * ((shifted_follows or follows)(d) - shifted[s, a])
    eta = eta_of(d, smooth / smooth.sum(axis=1, keepdims=True), shifted)
    before = reward[s].copy()
    for b in range(q.shape[1]) if everyone else [a]:
        target = compare(d._replace(action=b), before, eta)
        reward[s, b] += step_r(d) * (target - reward[s, b])
    q[s, a] += step_q(d) * (reward_in_q(d, reward[s, a]) + after - q[s, a])
    return q, shifted, reward, counts


def _update(words: str, see: str = "", **wrong: Any) -> Mistake:
    return mistake(words, partial(update, **wrong), see=see)


def _beyond(d: Step) -> float:
    return float(d.gamma * d.q[d.next_state].max())


def _look(best: Callable[..., Any]) -> Callable[..., float]:
    return lambda d: 0.0 if d.terminated else float(d.gamma * best(d))


def _all(d: Step, reward: Any, eta: Any) -> float:
    return float(eta[d.action] + np.mean(reward - eta))


AMONG = "an action is compared with all actions, itself included, and not with the others"
BEYOND = "something follows after the end of a trial"

IQL_UPDATE = (
    _update(f"{AMONG}, and {BEYOND}", follows=_beyond, compare=_all, see="iql#the-idea"),
    _update(AMONG, compare=_all, see="iql#the-idea"),
    _update(BEYOND, follows=_beyond, see="iql#what-can-go-wrong"),
    _update(f"{BEYOND} in Q^Sh", shifted_follows=_beyond, see="iql#what-can-go-wrong"),
    mistake(f"{BEYOND} in Q", partial(update, follows=_beyond, shifted_follows=_look(lambda d: d.q[d.next_state].max())), see="iql#what-can-go-wrong"),
    _update("`terminated` is turned round", follows=lambda d: _beyond(d) if d.terminated else 0.0),
    _update("γ is left out", follows=lambda d: 0.0 if d.terminated else d.q[d.next_state].max()),
    _update("the largest value of the state itself follows, and not of the next one", follows=_look(lambda d: d.q[d.state].max())),
    _update("the same action is looked up in the next state, and not the best one", follows=_look(lambda d: d.q[d.next_state, d.action])),
    _update("the mean over the next actions follows, and not the largest", follows=_look(lambda d: d.q[d.next_state].mean())),
    _update("the maximum starts at 0, so that nothing negative can follow", follows=_look(lambda d: max(0, d.q[d.next_state].max()))),
    _update("the largest of Q^Sh follows, and not of Q", follows=_look(lambda d: d.q_shifted[d.next_state].max())),
    _update("the reward is part of Q^Sh: it holds what follows alone", shifted_follows=_look(lambda d: d.q[d.next_state].max() + d.reward[d.state, d.action] / (d.gamma or 1))),
    _update("what follows is left out of Q", follows=lambda d: 0.0, shifted_follows=_look(lambda d: d.q[d.next_state].max())),
    _update("the step is not counted", count=0.0),
    _update("the step is counted twice", count=2.0),
    _update("α is left out", step_q=lambda d: 1.0),
    _update("α_r is used where α should be", step_q=lambda d: d.alpha_r),
    _update("α is used where α_r should be", step_r=lambda d: d.alpha),
    _update("η̃ is that of the old Q^Sh", eta_of=lambda d, policy, shifted: (np.log(policy) - d.q_shifted)[d.state]),
    _update("η̃ is that of the old counts", counts_of=lambda d, counts: d.counts + d.smoothing),
    _update("η̃ is that of the next state, and not of the state", eta_of=lambda d, policy, shifted: (np.log(policy) - shifted)[d.next_state]),
    _update("η̃ adds what follows, and does not take it away", eta_of=lambda d, policy, shifted: (np.log(policy) + shifted)[d.state]),
    _update("η̃ lacks what follows", eta_of=lambda d, policy, shifted: np.log(policy)[d.state]),
    _update("η̃ lacks the logarithm", eta_of=lambda d, policy, shifted: (policy - shifted)[d.state]),
    _update("no smoothing is added: an action that was never seen has no logarithm", counts_of=lambda d, counts: counts),
    _update("the smoothing is added to the action that was taken only", counts_of=lambda d, counts: counts + d.smoothing * (np.arange(counts.size).reshape(counts.shape) == d.state * counts.shape[1] + d.action)),
    _update("a sum over the others stands where the equation has a mean", compare=lambda d, reward, eta: eta[d.action] + np.delete(reward - eta, d.action).sum()),
    _update("the rewards of the others are left out", compare=lambda d, reward, eta: eta[d.action] - np.delete(eta, d.action).mean()),
    _update("η̃ of the others is left out", compare=lambda d, reward, eta: eta[d.action] + np.delete(reward, d.action).mean()),
    _update("η̃ of the action itself is left out", compare=lambda d, reward, eta: _others(reward, eta, d.action)),
    _update("the gauge of IAVI is used, where the equation looks at the others", compare=lambda d, reward, eta: eta[d.action] - eta.mean()),
    _update("the rewards of all actions are moved, and not only that of the one taken", everyone=True),
    _update("Q learns from the reward before its update", reward_in_q=lambda d, new: d.reward[d.state, d.action]),
    _update("Q lacks the reward", reward_in_q=lambda d, new: 0.0),
    mistake("the table of rewards alone is returned", lambda *given: update(*given)[2]),
    mistake("q alone is returned", lambda *given: update(*given)[0]),
    mistake("the tables are returned in another order", lambda *given: tuple(update(*given)[i] for i in (1, 0, 2, 3)), lambda *given: tuple(update(*given)[i] for i in (2, 0, 1, 3)), lambda *given: tuple(update(*given)[i] for i in (3, 0, 1, 2))),
    mistake("the tables are put into arrays of dtype float32", lambda *given: tuple(np.float32(x) for x in update(*given))),
    mistake("the counts are left out of what is returned", lambda *given: update(*given)[:3]),
    mistake("the tables are put into arrays of whole numbers (dtype=int)", lambda *given: tuple(x.astype(int) for x in update(*given))),
)  # fmt: skip

MISTAKES = {
    "eta": ETA,
    "closed_form_reward": CLOSED_FORM_REWARD,
    "iavi": IAVI,
    "iql_update": IQL_UPDATE,
}
RIGHT = {
    "eta": right_eta,
    "closed_form_reward": right_reward,
    "iavi": sweep,
    "iql_update": lambda q, q_shifted, reward, counts, *step: update(
        q, q_shifted, reward, counts, *step
    ),
}
