r"""Simulated rats whose reward is their own, and not that of the response-preparation task.

Holding pays them nothing. A release pays

    r(release, t) = −penalty                          before the cue,
                    (1 − urgency · t²) · felt(t)      in the window, times the treat,
                    0                                 after it,

t in seconds after the press. The treat is worth less the longer it took, and increasingly so; and
right after the cue the rat has hardly felt it, so that only a share felt(t) of the treat counts:
1/(g + 1) in the first bin, 2/(g + 1) in the second, all of it from bin g + 1 on, for a grading g.

With longer waits such rats release too early more often, and react faster: the treat ahead is worth
less, and falls more steeply. Real rats show that pattern, too.
"""

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, distributions, number, whole
from rl_lib.behaviour.agents import Agent, boltzmann_expert
from rl_lib.worlds.response_task import HOLD, RELEASE, ResponseTask

_RATS = {
    # penalty for a premature release, urgency per s², grading in bins, temperature
    "careful": (0.3, 0.05, 2, 0.22),
    "eager": (0.0, 0.06, 2, 0.18),
}
LABORATORY_RATS = tuple(_RATS)
"""Names of the rats of the laboratory."""


def intrinsic_reward(
    task: ResponseTask, *, penalty: float = 0.0, urgency: float = 0.0, grading: int = 0
) -> Array:
    """What holding (0) and releasing pay a rat in each bin; see the head of this module.

    Parameters
    ----------
    task : ResponseTask
        Its cue, window and treat; its holding cost is not the rat's.
    penalty : float ≥ 0
        Taken for a release before the cue.
    urgency : float ≥ 0
        Share of the treat that is lost in the first second, and grows with the square of time.
        A treat is never worth less than nothing.
    grading : int ≥ 0
        Bins of the window in which the cue is not yet fully felt.

    Returns
    -------
    array (S, 2)

    Examples
    --------
    >>> intrinsic_reward(ResponseTask(), penalty=0.5, grading=2)[15:20, 1].round(3)
    array([-0.5  ,  0.333,  0.667,  1.   ,  1.   ])
    """
    penalty, urgency = number("penalty", penalty, 0), number("urgency", urgency, 0)
    grading = whole("grading", grading, 0)
    rewards = np.zeros((len(task.times), 2))
    window = np.flatnonzero(task.rewarded)
    felt = np.minimum(1, np.arange(1, len(window) + 1) / (grading + 1))
    worth = np.maximum(0, 1 - urgency * task.times[window] ** 2)
    rewards[: window[0], RELEASE] = -penalty
    rewards[window, RELEASE] = task.reward * felt * worth
    return rewards


def laboratory_rat(name: str = "careful", task: ResponseTask | None = None) -> Agent:
    """A simulated rat at the lever: Boltzmann, with a reward of its own.

    Parameters
    ----------
    name : {"careful", "eager"}
        The careful one minds a premature release; the eager one does not, and feels more urgency.
    task : ResponseTask, optional

    Returns
    -------
    Agent

    Examples
    --------
    >>> laboratory_rat("careful").mdp.rewards[:2]
    array([[ 0. , -0.3],
           [ 0. , -0.3]])
    """
    if name not in _RATS:
        raise ValueError(f"name is {name!r}; it must be one of {', '.join(_RATS)}")
    task = ResponseTask() if task is None else task
    penalty, urgency, grading, temperature = _RATS[name]
    reward = intrinsic_reward(task, penalty=penalty, urgency=urgency, grading=grading)
    return boltzmann_expert(task.mdp.with_rewards(reward), temperature)


def release_distribution(policy: npt.ArrayLike) -> Array:
    r"""In which bin a rat lets go: f(t) = π(release|t) Π_{u<t} π(hold|u).

    Parameters
    ----------
    policy : array (S, 2)
        π(a|t), hold first; rows sum to 1.

    Returns
    -------
    array (S + 1,)
        The last entry is the probability that it holds to the end. They sum to 1.

    Examples
    --------
    >>> release_distribution([[0.5, 0.5], [0.2, 0.8]])
    array([0.5, 0.4, 0.1])
    """
    policy = distributions("policy", policy, (len(np.atleast_1d(policy)), 2))
    still = np.cumprod(np.append(1.0, policy[:, HOLD]))
    return np.append(still[:-1] * policy[:, RELEASE], still[-1])
