"""Demonstrations as networks see them: features in the place of numbered states."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rl_lib._check import Ints, at, first, whole_array
from rl_lib.behaviour.demonstrations import Demonstrations

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Transitions:
    """Steps (s, a, s'), the states told by features.

    Parameters
    ----------
    observations : array (N, F)
        Features of the state of each step.
    actions : int array (N,)
    next_observations : array (N, F)
        Features of the state it led to. What stands there after an ending is not looked at, but it
        must be a number.
    terminated : boolean array (N,)
        Whether the episode ended with the step.

    Raises
    ------
    ValueError
        If shapes do not match, a feature is not finite, or there is no step.

    Examples
    --------
    >>> Transitions([[0.5], [0.7]], [1, 0], [[0.7], [0.0]], [False, True])
    Transitions(2 steps, 1 features)
    """

    observations: Floats
    actions: Ints
    next_observations: Floats
    terminated: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name in ("observations", "next_observations"):
            features = np.asarray(getattr(self, name), dtype=np.float32)
            if features.ndim != 2 or 0 in features.shape:
                raise ValueError(
                    f"{name} has shape {features.shape}; it must have shape (N, F), with steps and "
                    "features"
                )
            bad = first(~np.isfinite(features))
            if bad is not None:
                raise ValueError(f"{at(name, bad)} is {features[bad]}; it must be a finite number")
            object.__setattr__(self, name, features)
        object.__setattr__(self, "actions", whole_array("actions", self.actions))
        object.__setattr__(self, "terminated", np.asarray(self.terminated, dtype=bool))
        shape = self.observations.shape
        if self.next_observations.shape != shape:
            raise ValueError(
                f"next_observations has shape {self.next_observations.shape}; it must have that of "
                f"observations, {shape}"
            )
        for name in ("actions", "terminated"):
            if getattr(self, name).shape != shape[:1]:
                raise ValueError(
                    f"{name} has shape {getattr(self, name).shape}; it must have shape {shape[:1]}"
                )

    def __repr__(self) -> str:
        steps, features = self.observations.shape
        return f"Transitions({steps} steps, {features} features)"

    @classmethod
    def of(cls, demonstrations: Demonstrations, features: npt.ArrayLike) -> "Transitions":
        """Transitions of demonstrations in a table, whose states have features.

        A last step whose next state was not recorded, and that did not end the episode, is left
        out: nobody knows what follows it.

        Parameters
        ----------
        demonstrations : Demonstrations
        features : array (S, F)
            Of each state.

        Examples
        --------
        >>> walks = Demonstrations.from_trajectories([[(0, 1), (2, 0)]])
        >>> Transitions.of(walks, np.eye(3)).observations
        array([[1., 0., 0.]], dtype=float32)
        """
        table = np.asarray(features, dtype=np.float32)
        ended = np.zeros(demonstrations.n_steps, dtype=bool)
        some = np.diff(demonstrations.offsets) > 0
        last = demonstrations.offsets[1:][some] - 1
        ended[last] = demonstrations.terminated[some]
        kept = (demonstrations.next_states >= 0) | ended
        states, following = demonstrations.states[kept], demonstrations.next_states[kept]
        highest = max(int(states.max(initial=0)), int(following.max(initial=0)))
        if table.ndim != 2 or len(table) <= highest:
            raise ValueError(
                f"features has shape {table.shape}; it must have a row for each state, and there "
                f"is a state {highest}"
            )
        ahead = np.where((following >= 0)[:, None], table[following], 0)
        return cls(table[states], demonstrations.actions[kept], ahead, ended[kept])
