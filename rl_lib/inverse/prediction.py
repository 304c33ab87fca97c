"""Predicting what comes next, by a model that is shown the past and nothing else.

Scores of sequence models are easily inflated: a posterior that has seen the action, or what came
after it, predicts it well. Here a model is handed, at each step, the states up to now and the
actions before, and cannot look further.
"""

from collections.abc import Callable

import numpy as np

from rl_lib._check import Array, Ints, at, finite_array, first, whole
from rl_lib.behaviour.demonstrations import Demonstrations, require_steps

Predict = Callable[[Ints, Ints], Array]
"""From states (n, t + 1) and actions (n, t) of n trajectories to probabilities (n, A)."""


def predict_ahead(
    fit: Callable[[Demonstrations], Predict],
    train: Demonstrations,
    test: Demonstrations,
    n_actions: int,
) -> Array:
    """Log p(a_t | a_{<t}, s_{≤t}) of each step of `test`, by a model of your own.

    Parameters
    ----------
    fit : function
        From demonstrations to a function `predict(states, actions)`. For each t it is called with
        the first t + 1 states and the first t actions of all n trajectories that have a step t,
        arrays (n, t + 1) and (n, t), and returns their probabilities of each action, (n, A).
    train, test : Demonstrations
        What it is fitted to, and what it predicts.
    n_actions : int ≥ 1

    Returns
    -------
    array (N,)
        In nats; minus infinity for what was thought impossible.

    Raises
    ------
    ValueError
        If what it returns are no probabilities.

    Examples
    --------
    Do what was done last; at first, guess.

    >>> def fit(train):
    ...     def predict(states, actions):
    ...         guess = np.full((len(states), 2), 0.5)
    ...         if actions.shape[1]:
    ...             guess = 0.1 + 0.8 * np.eye(2)[actions[:, -1]]
    ...         return guess
    ...     return predict
    >>> walk = Demonstrations.from_trajectories([[(0, 1), (0, 1), (0, 0)]])
    >>> np.exp(predict_ahead(fit, walk, walk, 2)).round(3)
    array([0.5, 0.9, 0.1])
    """
    require_steps(train)
    n_actions = whole("n_actions", n_actions, 1)
    predict, found = fit(train), np.empty(test.n_steps)
    for t in range(int(test.lengths.max(initial=0))):
        begins = test.offsets[:-1][test.lengths > t]
        past = begins[:, None] + np.arange(t + 1)
        states, actions = test.states[past], test.actions[past[:, :t]]
        shape = (len(begins), n_actions)
        policy = finite_array(f"the prediction of step {t}", predict(states, actions), shape)
        bad = first((policy < 0).any(axis=1) | (np.abs(policy.sum(axis=1) - 1) > 1e-6))
        if bad is not None:
            raise ValueError(
                f"{at(f'the prediction of step {t}', bad)} is {policy[bad]}; it must hold "
                "probabilities that sum to 1"
            )
        chosen = policy[np.arange(len(begins)), test.actions[begins + t]]
        with np.errstate(divide="ignore"):
            found[begins + t] = np.log(chosen)
    return found
