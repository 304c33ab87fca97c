"""Mistakes in the exercise on maximum entropy."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from course.exercise.answers import CORRECT
from course.exercise.mistakes.form import Function, mistake
from rl_lib import MDP

lookahead = CORRECT["action_values"]
right_backup, right_policies = CORRECT["soft_backup"], CORRECT["soft_policies"]
right_visits = CORRECT["visits"]


def log_sum(q: Any) -> Any:
    """The soft maximum over actions."""
    return np.logaddexp.reduce(q, axis=1)


def _backup(
    soft: Callable[..., Any] = log_sum,
    q: Callable[..., Any] = lookahead,
    exits: Callable[..., Any] = lambda mdp: mdp.terminal,
) -> Callable[..., Any]:
    """A soft backup with one thing exchanged."""
    return lambda mdp, v: np.where(exits(mdp), 0.0, soft(q(mdp, v)))


def _cut(q: Any, limit: float) -> Any:
    return np.log(np.exp(np.clip(q, -limit, limit)).sum(axis=1))


def _no_exits(mdp: MDP) -> Any:
    return np.zeros(mdp.n_states, dtype=bool)


SOFT_BACKUP = (
    mistake("an exit chooses among its actions: its value is 0", _backup(exits=_no_exits)),
    mistake("the largest q is taken where the equation has log Σ exp", _backup(lambda q: q.max(axis=1)), see="maxent#the-equation"),
    mistake("the mean over actions is taken where the equation has a sum", _backup(lambda q: log_sum(q) - np.log(q.shape[1])), _backup(lambda q: log_sum(q) - np.log(q.shape[1]), exits=_no_exits)),
    mistake("q itself is averaged, without exp and log", _backup(lambda q: q.mean(axis=1))),
    mistake("the soft mean Σ π q is taken, which lacks the entropy of the choice", _backup(lambda q: (np.exp(q - log_sum(q)[:, None]) * q).sum(axis=1))),
    mistake("γ is left out", _backup(q=lambda mdp, v: mdp.rewards + mdp.transitions @ v)),
    mistake("the reward is discounted, too", _backup(q=lambda mdp, v: mdp.discount * (mdp.rewards + mdp.transitions @ v))),
    mistake("the reward is left out", _backup(q=lambda mdp, v: mdp.discount * (mdp.transitions @ v))),
    mistake("what follows is left out", _backup(q=lambda mdp, v: mdp.rewards)),
    mistake("the logarithm is left out", _backup(lambda q: np.exp(q).sum(axis=1))),
    mistake("the logarithm is to base 2", _backup(lambda q: log_sum(q) / np.log(2)), _backup(lambda q: q.max(axis=1) + np.log2(np.exp(q - q.max(axis=1, keepdims=True)).sum(axis=1)))),
    mistake("the largest q is taken out and not put back after the logarithm", _backup(lambda q: log_sum(q) - q.max(axis=1)), _backup(lambda q: log_sum(q) - q.max(axis=1), exits=_no_exits)),
    mistake("the largest q is put back with the wrong sign", _backup(lambda q: log_sum(q) - 2 * q.max(axis=1))),
    mistake("every state whose rows are empty counts as an exit, even where its actions pay (mdp.terminal knows)", _backup(exits=lambda mdp: ~mdp.transitions.any(axis=(1, 2)))),
    mistake("exp comes before anything is taken out, and large rewards overflow or vanish", _backup(lambda q: np.log(np.exp(q).sum(axis=1))), see="maxent#what-can-go-wrong"),
    mistake("the largest value of *all* states is taken out, and those of others vanish", _backup(lambda q: q.max() + np.log(np.exp(q - q.max()).sum(axis=1)))),
    *(mistake(f"large values are cut off at ±{limit:g}", _backup(partial(_cut, limit=limit))) for limit in (20.0, 50.0, 100.0, 500.0, 700.0)),
    mistake("the sum is over states (axis 0), and not over actions", lambda mdp, v: np.logaddexp.reduce(lookahead(mdp, v), axis=0)),
    mistake("the action values are returned, and not one value for each state", lookahead),
    mistake("the probabilities of the actions are returned, and not values", lambda mdp, v: np.exp(lookahead(mdp, v) - log_sum(lookahead(mdp, v))[:, None])),
    mistake("the values are put into an array of whole numbers (dtype=int)", lambda mdp, v: right_backup(mdp, v).astype(int)),
    mistake("the values are put into an array of dtype float32", lambda mdp, v: right_backup(mdp, v).astype(np.float32)),
    mistake("what follows is taken off, and not added", _backup(q=lambda mdp, v: mdp.rewards - mdp.discount * (mdp.transitions @ v))),
)  # fmt: skip


def _backward(
    mdp: MDP,
    horizon: int,
    *,
    backup: Callable[..., Any] = right_backup,
    q: Callable[..., Any] = lookahead,
    policy: Callable[..., Any] = lambda q: np.exp(q - log_sum(q)[:, None]),
    backups_first: int = 0,
    reverse: bool = True,
) -> Any:
    v, policies = np.zeros(mdp.n_states), []
    for _ in range(backups_first):
        v = backup(mdp, v)
    for _ in range(horizon):
        policies.append(policy(q(mdp, v)))
        v = backup(mdp, v)
    return np.array(policies[::-1] if reverse else policies)


def _hard(q: Any) -> Any:
    return np.eye(q.shape[1])[q.argmax(axis=1)]


def _first_only(mdp: MDP, horizon: int) -> Any:
    return np.repeat(right_policies(mdp, horizon)[:1], horizon, axis=0)


def _last_only(mdp: MDP, horizon: int) -> Any:
    return np.repeat(right_policies(mdp, horizon)[-1:], horizon, axis=0)


def _plain(q: Any) -> Any:
    return np.exp(q) / np.exp(q).sum(axis=1, keepdims=True)


ORDER = "the policies stand in the wrong order: the loop begins at the end of the episode"
HARD = "the best action's value alone is backed up where the equation has log Σ exp"
_hard_backup = _backup(lambda q: q.max(axis=1))

SOFT_POLICIES = (
    mistake(f"{ORDER}, and {HARD}", partial(_backward, reverse=False, backup=_hard_backup), see="maxent#the-equation"),
    mistake(ORDER, partial(_backward, reverse=False), see="maxent#the-equation"),
    mistake(HARD, partial(_backward, backup=_hard_backup), see="maxent#the-equation"),
    mistake("the policy of the first step is repeated in all of them", _first_only),
    mistake("the policy of the last step is repeated in all of them", _last_only),
    mistake("one backup is done before the policy of the last step is taken", partial(_backward, backups_first=1)),
    mistake("the mean over actions is backed up where the equation has log Σ exp", partial(_backward, backup=_backup(lambda q: q.mean(axis=1)))),
    mistake("what follows is not discounted in the policy", partial(_backward, q=lambda mdp, v: mdp.rewards + mdp.transitions @ v)),
    mistake("what follows is not discounted", partial(_backward, q=lambda mdp, v: mdp.rewards + mdp.transitions @ v, backup=_backup(q=lambda mdp, v: mdp.rewards + mdp.transitions @ v))),
    mistake("what follows is left out of the policy, or v is never carried from one step to the next", partial(_backward, q=lambda mdp, v: mdp.rewards)),
    mistake("the reward is left out of the policy", partial(_backward, q=lambda mdp, v: mdp.discount * (mdp.transitions @ v))),
    mistake("the best action is taken with certainty, and not softly", partial(_backward, policy=_hard)),
    mistake("exp comes before anything is taken out, and large rewards overflow or vanish", partial(_backward, policy=_plain), see="maxent#what-can-go-wrong"),
    mistake("exp(q) is not divided by its sum, so that rows do not sum to 1", partial(_backward, policy=np.exp), partial(_backward, policy=lambda q: np.exp(q - q.max(axis=1, keepdims=True)))),
    mistake("the logarithms of the policies are returned", partial(_backward, policy=lambda q: q - log_sum(q)[:, None])),
    mistake("the division is by a sum over states (axis 0), and not over actions", partial(_backward, policy=lambda q: np.exp(q) / np.exp(q).sum(axis=0))),
    mistake("the division is by the sum of the whole table", partial(_backward, policy=lambda q: np.exp(q) / np.exp(q).sum())),
    mistake("exits choose among their actions in the backup", partial(_backward, backup=_backup(exits=_no_exits))),
    mistake("one policy is returned, and not one for each step", lambda mdp, horizon: right_policies(mdp, horizon)[0]),
    mistake("there is one step too few", lambda mdp, horizon: right_policies(mdp, horizon)[1:]),
    mistake("there is one step too many", lambda mdp, horizon: right_policies(mdp, horizon + 1)),
)  # fmt: skip


def _forward(
    mdp: MDP,
    policies: Any,
    *,
    start: Callable[..., Any] = lambda mdp: mdp.start,
    discount: Callable[..., float] = lambda mdp, t: mdp.discount**t,
    acts: Callable[..., Any] = lambda mdp: ~mdp.terminal,
    choose: Callable[..., Any] = lambda policies, t: policies[t],
    after: Callable[..., Any] = lambda mdp, taken: np.einsum("sa,sat->t", taken, mdp.transitions),
    add: Callable[..., Any] = lambda total, now: total + now,
) -> Any:
    state, total = start(mdp), np.zeros(np.shape(policies)[1:])
    for t in range(len(policies)):
        taken = np.where(acts(mdp), state, 0.0)[:, None] * choose(policies, t)
        total = add(total, discount(mdp, t) * taken)
        state = after(mdp, taken)
    return total


def _renormalised(mdp: MDP, taken: Any) -> Any:
    after = np.einsum("sa,sat->t", taken, mdp.transitions)
    return after / (after.sum() or 1)


def _likely(mdp: MDP, taken: Any) -> Any:
    after = np.zeros(mdp.n_states)
    np.add.at(after, mdp.transitions.argmax(axis=2), taken)
    return after


def _uniform(mdp: MDP) -> Any:
    return np.full(mdp.n_states, 1 / mdp.n_states)


def _uniform_alive(mdp: MDP) -> Any:
    return ~mdp.terminal / max(1, (~mdp.terminal).sum())


VISITS = (
    mistake("γ is left out", partial(_forward, discount=lambda mdp, t: 1.0)),
    mistake("γ is multiplied once too often", partial(_forward, discount=lambda mdp, t: mdp.discount ** (t + 1))),
    mistake("γ is applied twice in each step", partial(_forward, discount=lambda mdp, t: mdp.discount ** (2 * t))),
    mistake("it begins anywhere, and not as mdp.start says", partial(_forward, start=_uniform), partial(_forward, start=_uniform_alive)),
    mistake("it begins in state 0, and not as mdp.start says", partial(_forward, start=lambda mdp: np.eye(mdp.n_states)[0])),
    mistake("something is done in exits: D is 0 there", partial(_forward, acts=lambda mdp: np.ones(mdp.n_states, bool))),
    mistake("the first policy is used in every step", partial(_forward, choose=lambda policies, t: policies[0])),
    mistake("the last policy is used in every step", partial(_forward, choose=lambda policies, t: policies[-1])),
    mistake("the policies are used backwards", partial(_forward, choose=lambda policies, t: policies[-1 - t])),
    mistake("the policies are all used at once, by their mean", partial(_forward, choose=lambda policies, t: np.mean(policies, axis=0))),
    mistake("actions are drawn evenly, and the policies are not used", partial(_forward, choose=lambda policies, t: np.full(np.shape(policies[t]), 1 / np.shape(policies)[2]))),
    mistake("what has ended comes back, by a division by the sum", partial(_forward, after=_renormalised), see="mdp#the-model"),
    mistake("every step begins anew at mdp.start", lambda mdp, policies: _forward(mdp, policies, after=lambda m, taken: m.start)),
    mistake("only the most likely next state counts", partial(_forward, after=_likely)),
    mistake("s and s' are swapped in the transitions", partial(_forward, after=lambda mdp, taken: np.einsum("ta,sat->s", taken, mdp.transitions))),
    mistake("the last step is returned, and not the sum of all", partial(_forward, add=lambda total, now: now)),
    mistake("the mean over steps is returned, and not the sum", lambda mdp, policies: right_visits(mdp, policies) / len(policies)),
    mistake("the first step is left out", lambda mdp, policies: right_visits(mdp, policies) - _forward(mdp, policies[:1])),
    mistake("the last step is left out", lambda mdp, policies: right_visits(mdp, policies[:-1])),
    mistake("visits of states are returned, and not of actions in states", lambda mdp, policies: right_visits(mdp, policies).sum(axis=1)),
    mistake("D is divided by its sum", lambda mdp, policies: right_visits(mdp, policies) / right_visits(mdp, policies).sum()),
    mistake("the visits of each step are returned, and not their sum", lambda mdp, policies: np.array([_forward(mdp, policies[: t + 1], add=lambda total, now: now) for t in range(len(policies))])),
    mistake("D is put into an array of dtype float32", lambda mdp, policies: right_visits(mdp, policies).astype(np.float32)),
)  # fmt: skip


def slope(
    mdp: MDP,
    features: Any,
    observed: Any,
    theta: Any,
    horizon: int,
    *,
    rewards: Callable[..., Any] = lambda mdp, features, theta: features @ theta,
    visits: Callable[..., Any] = right_visits,
    seen: float = 1.0,
    expects: float = 1.0,
) -> Any:
    """The gradient, right where nothing else is asked for."""
    theirs = mdp.with_rewards(rewards(mdp, features, theta))
    expected = np.einsum("sa,saf->f", visits(theirs, right_policies(theirs, horizon)), features)
    return seen * observed - expects * expected


sloped: Function = slope

GRADIENT = (
    mistake("it is expected minus seen, which leads downhill", partial(slope, seen=-1.0, expects=-1.0)),
    mistake("the agent is that of θ = 0", partial(slope, rewards=lambda mdp, features, theta: 0 * (features @ theta))),
    mistake("the agent lives by the rewards of mdp, and not by θ·φ", partial(slope, rewards=lambda mdp, features, theta: mdp.rewards), see="maxent#the-equation"),
    mistake("θ·φ is added to the rewards that it should replace", partial(slope, rewards=lambda mdp, features, theta: mdp.rewards + features @ theta)),
    mistake("the weights are cut off at 0, so that nothing can cost", partial(slope, rewards=lambda mdp, features, theta: features @ np.maximum(theta, 0))),
    mistake("the absolute weights are used", partial(slope, rewards=lambda mdp, features, theta: features @ np.abs(theta))),
    mistake("the sign of θ is turned round", partial(slope, rewards=lambda mdp, features, theta: -features @ theta)),
    mistake("what was seen is left out", partial(slope, seen=0.0)),
    mistake("the expected features are left out", partial(slope, expects=0.0)),
    mistake("what was seen and what is expected are added", partial(slope, expects=-1.0)),
    mistake("the expected features are divided by the number of steps", lambda *given: sloped(*given, expects=1 / given[-1])),
    mistake("the horizon of the agent is one step only", lambda *given: sloped(*given[:-1], 1)),
    mistake("the horizon of the agent is a step too long", lambda *given: sloped(*given[:-1], given[-1] + 1)),
    mistake("the visits are not discounted", partial(slope, visits=partial(_forward, discount=lambda mdp, t: 1.0))),
    mistake("the visits begin anywhere", partial(slope, visits=partial(_forward, start=_uniform))),
    mistake("the gradient is divided by its length", lambda *given: sloped(*given) / np.linalg.norm(sloped(*given))),
    mistake("the gradient is cut off at 0", lambda *given: np.maximum(sloped(*given), 0)),
    mistake("visits are returned, and not features", lambda mdp, features, observed, theta, horizon: right_visits(mdp.with_rewards(features @ theta), right_policies(mdp.with_rewards(features @ theta), horizon))),
    mistake("one number is returned, and not one for each feature", lambda *given: sloped(*given).sum()),
    mistake("new weights are returned, and not the gradient", lambda *given: given[3] + sloped(*given)),
    mistake("the gradient is put into an array of dtype float32", lambda *given: sloped(*given).astype(np.float32)),
)  # fmt: skip

MISTAKES = {
    "soft_backup": SOFT_BACKUP,
    "soft_policies": SOFT_POLICIES,
    "visits": VISITS,
    "gradient": GRADIENT,
}
RIGHT = {
    "soft_backup": right_backup,
    "soft_policies": right_policies,
    "visits": right_visits,
    "gradient": slope,
}
