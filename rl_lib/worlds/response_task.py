r"""The response-preparation task: press a lever, wait for the cue, release in time for a treat.

A rat holds a lever down. A vibration comes after 1.6 s, and a release within the next 0.6 s is
rewarded; an earlier or a later one is not. Time runs in bins, so that a state is simply the number
of bins the lever has been held.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rl_lib._check import finite_array, number
from rl_lib._values import Value
from rl_lib.mdp import MDP

HOLD, RELEASE = 0, 1


@dataclass(frozen=True, eq=False)
class ResponseTask(Value):
    """The task as a model: state t is "held for t bins", actions are hold (0) and release (1).

    A release ends the trial at once and pays the reward if the cue has come and the window is
    still open. Holding beyond the last bin ends the trial without reward.

    Parameters
    ----------
    cue : float
        Time of the vibration after the press, in seconds.
    window : float
        Time after the cue in which a release is rewarded, in seconds.
    duration : float
        Length of a trial, in seconds.
    bin_width : float
        Length of one time step, in seconds.
    reward : float
        The treat.
    holding_cost : float
        Paid for each bin of holding; what impatience or effort may cost a rat.
    discount : float in [0, 1]
        γ per bin.

    Raises
    ------
    ValueError
        If a time is not positive, or the window closes after the trial.

    Examples
    --------
    >>> task = ResponseTask()
    >>> task.mdp.n_states
    30
    >>> task.times[task.rewarded]
    array([1.6, 1.7, 1.8, 1.9, 2. , 2.1])
    """

    cue: float = 1.6
    window: float = 0.6
    duration: float = 3.0
    bin_width: float = 0.1
    reward: float = 1.0
    holding_cost: float = 0.0
    discount: float = 1.0

    def __post_init__(self) -> None:
        for name in ("cue", "window", "duration", "bin_width"):
            number(name, getattr(self, name), 0, above=True)
        finite_array("reward", self.reward, ())
        finite_array("holding_cost", self.holding_cost, ())
        if self.cue + self.window > self.duration + 1e-9:
            raise ValueError(
                f"duration is {self.duration:g} s; it must be at least cue + window, "
                f"{self.cue + self.window:g} s"
            )

    @property
    def action_names(self) -> tuple[str, str]:
        """What the actions are called."""
        return ("hold", "release")

    @cached_property
    def times(self) -> np.ndarray:
        """Start of each bin after the press in seconds, shape (S,)."""
        return np.round(np.arange(round(self.duration / self.bin_width)) * self.bin_width, 9)

    @cached_property
    def rewarded(self) -> np.ndarray:
        """Whether a release in a bin is rewarded, shape (S,)."""
        since_cue = self.times - self.cue
        return (since_cue > -1e-9) & (since_cue < self.window - 1e-9)

    @cached_property
    def mdp(self) -> MDP:
        """The model, S bins and two actions, starting at the press."""
        n = len(self.times)
        transitions = np.zeros((n, 2, n))
        transitions[np.arange(n - 1), HOLD, np.arange(1, n)] = 1
        rewards = np.zeros((n, 2))
        rewards[:, HOLD] = -self.holding_cost
        rewards[:, RELEASE] = self.reward * self.rewarded
        return MDP(transitions, rewards, self.discount, start=0)
