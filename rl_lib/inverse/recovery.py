r"""Does what was fitted come back? Simulate from it, fit again, and compare.

A model of hidden intentions is only as good as its recovery: on recordings of the same size, made
by the fitted model itself, where the truth is known. It bounds from below what goes wrong on real
recordings, which no model of ours has made.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from tqdm.auto import tqdm

from rl_lib._check import Array, Ints, distributions, whole, whole_array
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.inverse.intentions import Intentions, multi_intention_irl
from rl_lib.mdp import MDP


class SimulatedIntentions(NamedTuple):
    """Behaviour of known intentions."""

    demonstrations: Demonstrations
    intentions: Ints
    """What was intended in each step, shape (N,)."""


class IntentionRecovery(NamedTuple):
    """What came back. Errors are 0 at best; accuracies have those of the truth beside them."""

    fitted: Intentions
    """What was fitted to the simulation, labelled like the truth."""
    policy_error: Array
    """Total variation ½ Σ_a |π̂_z − π_z| in the steps that intended z, on average, shape (K,)."""
    transition_error: float
    """Largest |Λ̂ − Λ|."""
    filtered_accuracy: float
    """How often the most probable intention, given the steps so far, is the true one."""
    best_filtered_accuracy: float
    """Of the model that simulated: nothing can be expected to do better."""
    smoothed_accuracy: float
    """As `filtered_accuracy`, given all steps."""
    best_smoothed_accuracy: float


class IntentionConfusion(NamedTuple):
    """How often each number of intentions was chosen, (true, chosen)."""

    bic: Ints
    """By the lowest `Intentions.bic`, parameters counted where something was observed."""
    bic_of_all: Ints
    """By the lowest with all parameters."""
    held_out: Ints
    """By the highest predictive log-likelihood of a second simulation as large as the first."""


def simulate_intentions(
    mdp: MDP, intentions: Intentions, lengths: npt.ArrayLike, *, rng: np.random.Generator
) -> SimulatedIntentions:
    """Let an agent walk that switches between intentions.

    Parameters
    ----------
    mdp : MDP
        Where trajectories start and actions lead.
    intentions : Intentions
        Only `policy`, `start` and `transition` are looked at.
    lengths : int array (n,)
        Steps of each trajectory, as `Demonstrations.lengths`; one that ends stops before.
    rng : numpy.random.Generator

    Returns
    -------
    SimulatedIntentions

    Examples
    --------
    >>> mdp = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.9)
    >>> walk = Demonstrations.from_trajectories([[(0, t // 50 % 2) for t in range(1_000)]])
    >>> rng = np.random.default_rng(0)
    >>> fitted = multi_intention_irl(mdp, walk, 2, rng=rng)
    >>> simulate_intentions(mdp, fitted, walk.lengths, rng=rng).demonstrations
    Demonstrations(n_trajectories=1, n_steps=1000)
    """
    lengths = whole_array("lengths", lengths)
    whole("the number of lengths", len(lengths), 1)
    whole("the least of lengths", lengths.min(), 0)
    n_intentions, n_states, n_actions = len(intentions.start), mdp.n_states, mdp.n_actions
    policy = distributions("policy", intentions.policy, (n_intentions, n_states, n_actions))
    # A state and an intention are one state, s · K + z, of a larger model.
    rows = sparse.csr_array(sparse.kron(mdp.transition_matrix, intentions.transition))
    order = np.arange(rows.shape[0]).reshape(n_states, n_actions, -1).swapaxes(1, 2).ravel()
    rewards = np.repeat(mdp.rewards, n_intentions, axis=0)  # an exit that pays is one more step
    walks = Demonstrations.sample(
        MDP(rows[order], rewards, mdp.discount, start=np.kron(mdp.start, intentions.start)),
        policy.swapaxes(0, 1).reshape(-1, n_actions),
        len(lengths),
        max_steps=max(int(lengths.max()), 1),
        rng=rng,
    )
    kept = walks.times < np.repeat(lengths, walks.lengths)
    cut = Demonstrations(
        walks.states[kept] // n_intentions,
        walks.actions[kept],
        walks.next_states[kept] // n_intentions,
        np.concatenate(([0], np.cumsum(np.minimum(lengths, walks.lengths)))),
        walks.terminated & (walks.lengths <= lengths),
    )
    return SimulatedIntentions(cut, walks.states[kept] % n_intentions)


def recover_intentions(
    mdp: MDP,
    intentions: Intentions,
    lengths: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    **fitting: Any,
) -> IntentionRecovery:
    """Simulate, fit as many intentions again, and compare with the truth.

    Parameters
    ----------
    mdp, intentions, lengths, rng : as in `simulate_intentions`
    **fitting
        Passed on to `multi_intention_irl`.

    Returns
    -------
    IntentionRecovery

    Examples
    --------
    >>> mdp = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.9)
    >>> walk = Demonstrations.from_trajectories([[(0, t // 50 % 2) for t in range(1_000)]])
    >>> rng = np.random.default_rng(0)
    >>> fitted = multi_intention_irl(mdp, walk, 2, rng=rng)
    >>> back = recover_intentions(mdp, fitted, walk.lengths, rng=rng)
    >>> bool(back.policy_error.max() < 0.01), back.filtered_accuracy > 0.99
    (True, True)
    """
    walks, true = simulate_intentions(mdp, intentions, lengths, rng=rng)
    fitted = multi_intention_irl(mdp, walks, len(intentions.start), rng=rng, **fitting)
    fitted = fitted.like(intentions)
    apart = np.abs(fitted.policy - intentions.policy).sum(axis=2) / 2
    visits = np.bincount(true * mdp.n_states + walks.states, minlength=apart.size)
    visits = visits.reshape(apart.shape)
    # An intention that never came up is compared where the others have been.
    visits = np.where(visits.any(axis=1, keepdims=True), visits, visits.sum(axis=0))
    posteriors = [
        infer(model, walks)
        for infer in (Intentions.filtered, Intentions.smoothed)
        for model in (fitted, intentions)
    ]
    return IntentionRecovery(
        fitted,
        np.average(apart, axis=1, weights=visits),
        float(np.abs(fitted.transition - intentions.transition).max()),
        *(float((each.argmax(axis=1) == true).mean()) for each in posteriors),
    )


def intention_confusion(
    mdp: MDP,
    fits: Sequence[Intentions],
    lengths: npt.ArrayLike,
    *,
    repeats: int = 1,
    rng: np.random.Generator,
    progress: bool = False,
    **fitting: Any,
) -> IntentionConfusion:
    """Simulate with each number of intentions, fit every number, and count which is chosen.

    Parameters
    ----------
    mdp, lengths, rng : as in `simulate_intentions`
    fits : list of Intentions
        The truths: one for each number of intentions that may be chosen.
    repeats : int ≥ 1
        Simulations of each.
    progress : bool
        Show a progress bar over simulations.
    **fitting
        Passed on to `multi_intention_irl`.

    Returns
    -------
    IntentionConfusion
        Rows and columns in the order of `fits`; each row sums to `repeats`.

    Examples
    --------
    >>> mdp = MDP(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.9)
    >>> walk = Demonstrations.from_trajectories([[(0, t // 50 % 2) for t in range(1_000)]])
    >>> rng = np.random.default_rng(0)
    >>> fits = [multi_intention_irl(mdp, walk, k, rng=rng) for k in (1, 2)]
    >>> intention_confusion(mdp, fits, walk.lengths, rng=rng).bic
    array([[1, 0],
           [0, 1]])
    """
    repeats = whole("repeats", repeats, 1)
    chosen = np.zeros((3, len(fits), len(fits)), dtype=np.intp)
    truths = np.repeat(np.arange(len(fits)), repeats)
    for i in tqdm(truths, unit="simulation", disable=not progress):
        train, test = (
            simulate_intentions(mdp, fits[i], lengths, rng=rng).demonstrations for _ in range(2)
        )
        models = [
            multi_intention_irl(mdp, train, len(each.start), rng=rng, **fitting) for each in fits
        ]
        costs = [
            (model.bic(train), model.bic(train, observed=False),
             -model.predictive_log_likelihood(test))
            for model in models
        ]  # fmt: skip
        chosen[range(3), i, np.argmin(costs, axis=0)] += 1
    return IntentionConfusion(*chosen)
