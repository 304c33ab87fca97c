"""What predicts a mouse in the labyrinth: each model a function from training to predicting.

`fit(train)` returns a function of demonstrations that gives log p(a_t | a_{<t}, s_{≤t}) of each
step, in nats. To this format, models of the library and of a reader are brought.
"""

import warnings
from collections.abc import Callable

import numpy as np

from rl_lib import (
    Demonstrations,
    Intentions,
    Labyrinth,
    counting,
    multi_intention_irl,
    predict_ahead,
    remember,
)

LogProbabilities = Callable[[Demonstrations], np.ndarray]
Fit = Callable[[Demonstrations], LogProbabilities]
RESTARTS = 16
_NEVER = 1e-6  # what is left for a move that was never made


def models(world: Labyrinth) -> dict[str, Fit]:
    """Every model by its name; those with intentions are called by how many there are."""
    found: dict[str, Fit] = {
        "any move that was ever made": tried(world),
        "turning back, by depth": turning(world),
        "counts of the node": counts(world),
        "counts of the node and the time": counts(world, by_time=True, concentration=10.0),
    }
    for n in (1, 2, 3, 4):
        found[f"counts of the last {n + 1} nodes"] = counts(
            world, memory=n, concentration=1.0 if n == 1 else 10.0
        )
    for k in range(1, 7):
        found[f"K = {k}"] = Intending(world, k)
    for k in range(2, 5):
        found[f"K = {k}, two nodes"] = Intending(world, k, memory=True)
    return found


def tried(world: Labyrinth) -> Fit:
    """Uniform over the actions that were ever taken in a node."""

    def fit(train: Demonstrations) -> LogProbabilities:
        chance = np.where(train.counts(len(world.depth), 4) > 0, 1.0, _NEVER)
        chance /= chance.sum(axis=1, keepdims=True)
        return lambda test: np.log(chance[test.states, test.actions])

    return fit


def turning(world: Labyrinth) -> Fit:
    """At each depth one probability of turning back; else any of the other moves, which are alike.

    It knows no place.
    """

    def backward(walks: Demonstrations) -> np.ndarray:
        """Whether each action leads back to the node before, (N, 4)."""
        previous = np.roll(walks.states, 1)
        previous[walks.begins] = -1
        return world.targets[walks.states] == previous[:, None]

    def fit(train: Demonstrations) -> LogProbabilities:
        taken = train.counts(len(world.depth), 4) > 0
        back = backward(train)
        turned, can = back[np.arange(train.n_steps), train.actions], back.any(axis=1)
        n, k = (
            np.bincount(world.depth[train.states[which]], minlength=7) for which in (can, turned)
        )
        share = (k + 0.5) / (n + 1)

        def score(test: Demonstrations) -> np.ndarray:
            here, back = taken[test.states], backward(test)
            back &= here
            on = here & ~back
            chance = np.where(back.any(axis=1), share[world.depth[test.states]], 0.0)
            chance = np.where(on.any(axis=1), chance, 1.0)[:, None]
            policy = back * chance / np.maximum(back.sum(axis=1, keepdims=True), 1)
            policy += on * (1 - chance) / np.maximum(on.sum(axis=1, keepdims=True), 1) + _NEVER
            policy /= policy.sum(axis=1, keepdims=True)
            return np.log(policy[np.arange(test.n_steps), test.actions])

        return score

    return fit


def counts(world: Labyrinth, **options: float) -> Fit:
    """What was done at the last nodes, or at this time."""
    return lambda train: counting(train, len(world.depth), 4, **options).log_probabilities


class Intending:
    """K intentions, each a policy of the node, or of this node and the one before.

    The model fitted last is kept as `model`.
    """

    def __init__(self, world: Labyrinth, k: int, *, memory: bool = False) -> None:
        self.mdp, self.told, self.k = world.mdp, _as_it_is, k
        if memory:
            pairs = remember(world.mdp)
            self.mdp, self.told = pairs.mdp, pairs.demonstrations

    def __call__(self, train: Demonstrations) -> LogProbabilities:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what a reward cannot be told for
            self.model: Intentions = multi_intention_irl(
                self.mdp,
                self.told(train),
                self.k,
                restarts=RESTARTS,
                rng=np.random.default_rng(self.k),
            )
        model = self.model
        return lambda test: model.log_probabilities(self.told(test))


def of_a_reader(fit: Callable) -> Fit:
    """A model in the format of `predict_ahead`: it is shown the past and nothing else."""

    def scored(train: Demonstrations) -> LogProbabilities:
        return lambda test: predict_ahead(fit, train, test, 4)

    return scored


def _as_it_is(walks: Demonstrations) -> Demonstrations:
    return walks
