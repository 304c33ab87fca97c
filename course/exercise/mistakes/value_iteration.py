"""Mistakes in the exercise on value iteration."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from course.exercise.mistakes.form import Mistake, mistake
from rl_lib import MDP, russell_norvig

LIMIT, HUGE = 3000, 1e9  # where what need not settle is stopped


def expected(mdp: MDP, v: Any) -> Any:
    """What follows each action, without discount."""
    return mdp.transitions @ np.asarray(v, dtype=float)


def action_values(mdp: MDP, v: Any) -> Any:
    """The right answer."""
    return mdp.rewards + mdp.discount * expected(mdp, v)


def _largest_next(mdp: MDP, v: Any) -> Any:
    reached = np.where(mdp.transitions > 0, np.asarray(v, dtype=float), -np.inf).max(axis=2)
    return mdp.rewards + mdp.discount * np.where(np.isfinite(reached), reached, 0)


def _most_likely(mdp: MDP, v: Any) -> Any:
    return mdp.rewards + mdp.discount * np.asarray(v)[mdp.transitions.argmax(axis=2)]


def _normalised(mdp: MDP, v: Any) -> Any:
    sums = mdp.transitions.sum(axis=2)
    return mdp.rewards + mdp.discount * expected(mdp, v) / np.where(sums > 0, sums, 1)


def _reward_inside(mdp: MDP, v: Any) -> Any:
    inside = mdp.rewards[:, :, None] + mdp.discount * np.asarray(v)
    return (mdp.transitions * inside).sum(axis=2)


def _swapped(mdp: MDP, v: Any) -> Any:
    return mdp.rewards + mdp.discount * np.einsum("tas,t->sa", mdp.transitions, v)


LOOKAHEAD = (
    mistake(
        "γ is left out",
        lambda mdp, v: mdp.rewards + expected(mdp, v),
        see="mdp#what-for-returns",
    ),
    mistake(
        "the reward is discounted, too",
        lambda mdp, v: mdp.discount * (mdp.rewards + expected(mdp, v)),
        see="mdp#what-for-returns",
    ),
    mistake("the reward is left out", lambda mdp, v: mdp.discount * expected(mdp, v)),
    mistake(
        "what follows is left out", lambda mdp, v: mdp.rewards + 0.0, see="values#action-values"
    ),
    mistake(
        "what follows is taken off, and not added",
        lambda mdp, v: mdp.rewards - mdp.discount * expected(mdp, v),
    ),
    mistake(
        "a maximum over s' stands where the equation has a sum",
        lambda mdp, v: mdp.rewards + mdp.discount * (mdp.transitions * v).max(axis=2),
        _largest_next,
        see="values#action-values",
    ),
    mistake("only the most likely next state counts", _most_likely),
    mistake(
        "the values of the next states are added up without their probabilities",
        lambda mdp, v: mdp.rewards + mdp.discount * ((mdp.transitions > 0) @ np.asarray(v)),
    ),
    mistake(
        "the reward stands inside the sum over s' and is multiplied by the probabilities, which sum "
        "to less than 1 where an episode may end",
        _reward_inside,
    ),
    mistake(
        "rows of probabilities are divided by their sum, so that nothing ends",
        _normalised,
        lambda mdp, v: mdp.rewards + mdp.discount * expected(mdp, v) / mdp.transitions.sum(axis=2),
        see="mdp#the-model",
    ),
    mistake(
        "the model is that of the notebook, and not the argument `mdp`",
        lambda mdp, v: action_values(russell_norvig().mdp, v),
    ),
    mistake("s and s' are swapped in the transitions", _swapped, see="mdp#the-model"),
    mistake(
        "the value of s itself stands in the place of what follows",
        lambda mdp, v: mdp.rewards + mdp.discount * np.asarray(v)[:, None],
    ),
    mistake(
        "the reward of the next state is added, too",
        lambda mdp, v: action_values(mdp, v + mdp.rewards.max(axis=1)),
    ),
    mistake(
        "exits get −∞: an action that leads nowhere is worth its reward alone",
        lambda mdp, v: np.where(mdp.transitions.sum(axis=2) == 0, -np.inf, action_values(mdp, v)),
    ),
    mistake(
        "the numbers are put into an array of whole numbers (dtype=int)",
        lambda mdp, v: action_values(mdp, v).astype(int),
    ),
    mistake(
        "the numbers are put into an array of dtype float32",
        lambda mdp, v: action_values(mdp, v).astype(np.float32),
    ),
)
"""Whoever writes the loop, or the policy, without the first step makes them there."""

ACTION_VALUES = (
    *LOOKAHEAD,
    mistake(
        "the best value of each state is returned, and not the value of each action",
        lambda mdp, v: action_values(mdp, v).max(axis=1),
    ),
    mistake(
        "one row is returned, and not one for each state",
        lambda mdp, v: action_values(mdp, v)[0],
    ),
)


def sweeps(
    mdp: MDP,
    theta: float,
    *,
    q: Callable[..., Any] = action_values,
    best: Callable[..., Any] = np.max,
    change: Callable[..., Any] = lambda old, new: np.abs(new - old).max(),
    synchronous: bool = True,
    start: float = 0.0,
    limit: int = LIMIT,
    dtype: Any = float,
) -> Any:
    """Value iteration, right where nothing else is asked for."""
    v = np.full(mdp.n_states, start).astype(dtype)
    for _ in range(limit):
        old = v.copy()
        if synchronous:
            v = best(q(mdp, v), axis=1).astype(dtype)
        else:
            for s in range(len(v)):
                v[s] = best(q(mdp, v)[s], axis=0)
        settled = np.array_equal(v, old) or not np.abs(v).max() < HUGE
        if change(old, v) < theta or settled:
            break
    return v


def _both(words: str, see: str = "", **wrong: Any) -> Mistake:
    """A mistake that gives other numbers where states are updated one by one."""
    ways = (partial(sweeps, synchronous=way, **wrong) for way in (True, False))
    return mistake(words, *ways, see=see)


def _at_least_zero(q: Any, axis: int) -> Any:
    return np.maximum(0, np.max(q, axis=axis))


def _never_updated(mdp: MDP, theta: float) -> Any:
    def q(mdp: MDP, v: Any) -> Any:
        return np.where(mdp.terminal[:, None], 1.0, action_values(mdp, v))

    return sweeps(mdp, theta, q=q, start=1.0)


VALUE_ITERATION = (
    *(
        mistake(known.words, *(partial(sweeps, q=wrong) for wrong in known.wrong), see=known.see)
        for known in LOOKAHEAD[:-2]
    ),
    _both(
        "the mean over actions is taken, and not the largest",
        best=np.mean,
        see="bellman#the-equation",
    ),
    _both("the smallest over actions is taken, and not the largest", best=np.min),
    _both(
        "the maximum over actions starts at 0, so that no value can be negative",
        best=_at_least_zero,
    ),
    _both(
        "the loop stops after the first sweep: the change is then 0, as where `v_old = v` gives one "
        "array two names (`v.copy()` makes a second), or it is not looked at",
        limit=1,
        see="value_iteration#the-algorithm",
    ),
    _both(
        "Δ takes no absolute value, and so the loop stops where values rise",
        change=lambda old, new: max(0, (old - new).max()),
        see="value_iteration#when-to-stop",
    ),
    _both(
        "Δ takes no absolute value, and so the loop stops where values fall",
        change=lambda old, new: max(0, (new - old).max()),
        see="value_iteration#when-to-stop",
    ),
    _both(
        "Δ is the change of the last state, and not the largest of the sweep",
        change=lambda old, new: abs(new - old)[-1],
        see="value_iteration#when-to-stop",
    ),
    _both(
        "Δ is the mean change of a sweep, and not the largest",
        change=lambda old, new: abs(new - old).mean(),
    ),
    *(
        _both(
            "the number of sweeps is fixed, whatever theta says",
            limit=n,
            change=lambda old, new: np.inf,
        )
        for n in (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
    ),
    mistake(
        "terminal states begin at another value than 0 and keep it",
        _never_updated,
        see="value_iteration#what-can-go-wrong",
    ),
    _both("the values are put into an array of whole numbers (dtype=int)", dtype=int),
    _both("the values are put into an array of dtype float32", dtype=np.float32),
    mistake(
        "action values are returned, and not the largest in each state",
        lambda mdp, theta: action_values(mdp, sweeps(mdp, theta)),
    ),
    mistake(
        "actions are returned, and not values",
        lambda mdp, theta: action_values(mdp, sweeps(mdp, theta)).argmax(axis=1),
    ),
    mistake(
        "the maximum is over states (axis 0), and not over actions",
        lambda mdp, theta: sweeps(
            mdp, theta, best=lambda q, axis: np.resize(np.max(q, axis=0), len(q)), limit=1000
        ),
    ),
    mistake(
        "only one number is returned, and not one for each state",
        lambda mdp, theta: sweeps(mdp, theta)[0],
    ),
    mistake(
        "the answer is the grid's, whatever model is given",
        lambda mdp, theta: sweeps(russell_norvig().mdp, theta),
    ),
)


def _choose(q: Callable[..., Any], choice: Any = np.argmax) -> Callable[..., Any]:
    return lambda mdp, v: choice(q(mdp, v), axis=1)


def _solved_again(mdp: MDP, v: Any) -> Any:
    return action_values(mdp, sweeps(mdp, 1e-9)).argmax(axis=1)


def _best_neighbour(mdp: MDP, v: Any) -> Any:
    return np.where(mdp.transitions > 0, v, -np.inf).max(axis=2).argmax(axis=1)


GREEDY_POLICY = (
    mistake("the worst action is taken, and not the best", _choose(action_values, np.argmin)),
    mistake("the best neighbour decides, however seldom one gets there", _best_neighbour),
    mistake(
        "the most likely next state decides alone",
        lambda mdp, v: np.asarray(v)[mdp.transitions.argmax(axis=2)].argmax(axis=1),
    ),
    *(mistake(known.words, *map(_choose, known.wrong), see=known.see) for known in LOOKAHEAD[:-2]),
    mistake("the given values are not looked at and the model is solved again", _solved_again),
    mistake(
        "the values of the best actions are returned, and not the actions: max in the place of argmax",
        lambda mdp, v: action_values(mdp, v).max(axis=1),
    ),
    mistake(
        "argmax goes over states (axis 0), and not over actions",
        lambda mdp, v: action_values(mdp, v).argmax(axis=0),
    ),
    mistake(
        "argmax has no axis, and finds one place in the whole table",
        lambda mdp, v: action_values(mdp, v).argmax(),
    ),
    mistake(
        "a table of probabilities is returned, and not an action for each state",
        lambda mdp, v: np.eye(mdp.n_actions)[action_values(mdp, v).argmax(axis=1)],
    ),
    mistake(
        "the actions are floats, which cannot be an index",
        lambda mdp, v: action_values(mdp, v).argmax(axis=1).astype(float),
    ),
    mistake(
        "only the action of the first state is returned",
        lambda mdp, v: int(action_values(mdp, v)[0].argmax()),
    ),
    mistake("actions are counted from 1", lambda mdp, v: action_values(mdp, v).argmax(axis=1) + 1),
    mistake(
        "the same action is returned in each state",
        *(lambda mdp, v, a=a: np.full(mdp.n_states, a) for a in range(4)),
    ),
)

MISTAKES = {
    "action_values": ACTION_VALUES,
    "value_iteration": VALUE_ITERATION,
    "greedy_policy": GREEDY_POLICY,
}
RIGHT = {
    "action_values": action_values,
    "value_iteration": sweeps,
    "greedy_policy": _choose(action_values),
}
