r"""NeuRL: from behaviour to a reward, from activity to that reward, and back to behaviour.

1. **Reward.** Releases of the training trials give r(release, t) in the gauge in which holding pays
   nothing (`release_reward`), and with it V(t), what going on is worth.
2. **Network.** It is trained to say r(release, t) from the activity before bin t, in every bin in
   which the lever was held. Left untold of the time, it decodes what the release would be worth
   at the time at which the *rat* seems to be.
3. **Policy.** With predicted rewards r̂, the Boltzmann policy releases with log-odds

       ℓ(t) = g · [r̂(t) − γ V(t + 1)] + b,

   g an inverse temperature, b an offset, both fitted on trials the network has not seen.

Two policies come of it, and they know different things. The *causal* one takes V(t + 1) from the
training trials: what is to come is not known yet. The other takes it from the trial's own future,
by a backward pass over r̂ of the bins that follow, V(u) = max(r̂(u), γ V(u + 1)), as far as a
recording goes on after a release; behind that stands V of the training trials. It has seen the
activity *after* the release (Kalweit et al. 2022).

A network that predicted r(release, t) without error would have learned to read the clock on the
wall, and the causal policy were the hazard of time alone. What it decodes beyond that is where the
rat's time is another than the clock's.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array
from rl_lib.neurl._training import (
    Configuration,
    reward_targets,
    same_shape,
    shape_of,
    standardised,
    train_twice,
    two_sets,
)
from rl_lib.neurl.activity import Floats, inputs
from rl_lib.neurl.calibration import Calibration, calibrate
from rl_lib.neurl.evaluation import EPSILON, tuned_threshold
from rl_lib.neurl.networks import Network
from rl_lib.neurl.recording import Recording
from rl_lib.neurl.reward import release_reward
from rl_lib.worlds.response_task import RELEASE


class Intrinsic(NamedTuple):
    """What releases of some trials say a release is worth."""

    reward: Array
    """r(release, t) in units of the temperature, shape (S,); NaN where it was seldom visited."""
    value: Array
    """V(t), what is to come as bin t begins, shape (S + 1,); 0 behind the last bin that is told."""
    discount: float
    """γ per bin."""


class NeuRL(NamedTuple):
    """A fitted decoder."""

    own_future: bool
    """Whether Q is taken from the trial's own future, which the animal has not seen."""
    intrinsic: Intrinsic
    network: Network
    mean: Floats
    """Of each input over the training trials, shape (F,)."""
    scale: Floats
    """Its standard deviation."""
    target: tuple[float, float]
    """Mean and standard deviation of the rewards that the network was trained on."""
    calibration: Calibration
    threshold: float
    """The tuned ε."""
    shape: tuple[int, int, int]
    """Decisions, units and bins after the release, as in the training trials."""

    def reward(self, recording: Recording) -> Array:
        """r̂(release | activity) of each bin, shape (trials, S)."""
        found = self.network(self._scaled(recording)).astype(np.float64)
        return self.target[0] + self.target[1] * found

    def embedding(self, recording: Recording) -> Floats:
        """Hidden layer of the network in each bin, shape (trials, S, H)."""
        return self.network.hidden(self._scaled(recording))

    def hazard(self, recording: Recording) -> Array:
        """P(release in a bin | held until then, activity), shape (trials, S).

        Parameters
        ----------
        recording : Recording
            Of as many bins and units as the training trials.
        """
        after = recording.after if self.own_future else 0
        return self.calibration.hazard(advantage(self.reward(recording), self.intrinsic, after))

    def _scaled(self, recording: Recording) -> Floats:
        same_shape(recording, self.shape)
        return standardised(inputs(recording, freeze=not self.own_future).x, self.mean, self.scale)


def fit_neurl(
    recording: Recording,
    configuration: Configuration | None = None,
    *,
    own_future: bool = False,
    n_steps: int = 600,
    batch: int = 256,
    min_visits: int = 5,
    rng: np.random.Generator,
) -> NeuRL:
    """Fit NeuRL to training trials.

    Four in five trials train a network, and the fifth says how its log-odds are to be scaled and
    which threshold is best. Then the network is trained again, on all of them.

    Parameters
    ----------
    recording : Recording
        The training trials: nothing else is looked at.
    configuration : Configuration, optional
        Of the network. `compare_decoders` searches for one.
    own_future : bool
        Whether Q is taken from the trial's own future.
    n_steps, batch : int ≥ 1
        Steps of training, and rows of a minibatch.
    min_visits : int ≥ 1
        Bins visited less often than that have no reward to be trained on.
    rng : numpy.random.Generator

    Returns
    -------
    NeuRL

    Raises
    ------
    ModuleNotFoundError
        If jax is not installed: pip install "inverse-q-learning[deep]".
    ValueError
        If there are fewer than 5 trials, or none with a release.

    References
    ----------
    Kalweit, G., Kalweit, M., Alyahyay, M., Jaeckel, Z., Steenbergen, F., Hardung, S., Diester, I.
    & Boedecker, J. (2022). NeuRL: Closed-form inverse reinforcement learning for neural decoding.
    arXiv:2204.04733.

    Examples
    --------
    >>> from rl_lib import Laboratory, laboratory_rat
    >>> rng = np.random.default_rng(0)
    >>> session = Laboratory(laboratory_rat("careful").policy).record(60, rng=rng).recording
    >>> decoder = fit_neurl(session.select(np.arange(50)), n_steps=20, rng=rng)
    >>> decoder.hazard(session.select(np.arange(50, 60))).shape
    (10, 30)
    """
    one = Configuration() if configuration is None else configuration
    sets, kept_out = two_sets(recording, rng)
    learned = [intrinsic(recording.select(s), one.discount, min_visits) for s in sets]
    targets = [
        reward_targets(recording, s, it.reward[None]) for s, it in zip(sets, learned, strict=True)
    ]
    networks, batches = train_twice(
        inputs(recording), targets, one, n_steps, batch, squared=True, rng=rng
    )
    first, final = (
        NeuRL(
            own_future,
            learned[i],
            networks[i],
            batches.mean[i],
            batches.scale[i],
            (float(targets[i].mean[0]), float(targets[i].scale[0])),
            Calibration(np.ones(()), np.zeros(())),
            EPSILON,
            shape_of(recording),
        )
        for i in range(2)
    )
    rest = recording.select(kept_out)
    after = recording.after if own_future else 0
    found = calibrate(advantage(first.reward(rest), first.intrinsic, after), rest)
    tuned = tuned_threshold(first._replace(calibration=found).hazard(rest), rest.release)
    return final._replace(calibration=found, threshold=tuned)


def intrinsic(recording: Recording, discount: float, min_visits: int = 5) -> Intrinsic:
    """What a release is worth in each bin, and V, from the releases of training trials.

    Raises
    ------
    ValueError
        If there is no release in them, or no bin is visited often enough.
    """
    if (recording.release < 0).all():
        raise ValueError("release is −1 in all training trials; it must be a bin in at least one")
    reward = release_reward(
        recording.release,
        recording.n_decisions,
        discount=discount,
        min_visits=min_visits,
        n_draws=1,  # no interval is needed
        rng=np.random.default_rng(0),
    ).reward[:, RELEASE]
    value = np.zeros(len(reward) + 1)
    for t in reversed(np.flatnonzero(~np.isnan(reward))):
        value[t] = max(reward[t], discount * value[t + 1])
    return Intrinsic(reward, value, discount)


def advantage(reward: npt.ArrayLike, learned: Intrinsic, after: int = 0) -> Array:
    """Q(release) − Q(hold) of each bin, given predicted rewards.

    Parameters
    ----------
    reward : array (…, S)
        r̂(release, t).
    learned : Intrinsic
        Of the training trials.
    after : int ≥ 0
        Bins of the trial's own future that Q(hold) is taken from, the training trials' V behind
        them. With 0, none: it is causal.

    Returns
    -------
    array (…, S)

    Examples
    --------
    >>> told = Intrinsic(np.array([0.0, 2.0]), np.array([2.0, 2.0, 0.0]), 1.0)
    >>> advantage([[0.0, 3.0]], told)
    array([[-2.,  3.]])
    >>> advantage([[0.0, 3.0]], told, after=1)
    array([[-3.,  3.]])
    """
    reward = np.asarray(reward, dtype=np.float64)
    n = reward.shape[-1]
    gamma = learned.discount
    value = np.zeros((*reward.shape[:-1], n + after + 1))
    value[..., : n + 1] = learned.value
    padded = np.zeros((*reward.shape[:-1], n + after))
    padded[..., :n] = reward
    padded[..., n:] = -np.inf  # no release is possible there
    ahead = value[..., after + 1 : after + n + 1]
    for k in reversed(range(1, after + 1)):
        ahead = np.maximum(padded[..., k : k + n], gamma * ahead)
    return reward - gamma * ahead
