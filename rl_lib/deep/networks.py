"""What networks have learned: the reward, the values and the behaviour, kept and asked."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from rl_lib._check import Array
from rl_lib.deep.dqn import Layers, values

Floats = npt.NDArray[np.float32]


class DeepIQL(NamedTuple):
    """What networks have learned."""

    layers: dict[str, Layers]
    """By name: "policy", "reward", "shifted", "q"; with constraints also "shifted_c", "q_c"."""
    mean: Floats
    """Of each feature over the demonstrations, shape (F,)."""
    scale: Floats
    """Its standard deviation; 1 where it never changes."""
    losses: dict[str, Floats]
    """Mean loss of each network in each part of the training, shape (parts,)."""
    held_out: Floats
    """Log-likelihood a step of actions not trained on, after each part, in nats; empty if none."""
    n_steps: int
    """Steps of training, after which the networks are as they are."""

    def reward(self, observations: npt.ArrayLike) -> Floats:
        """r(s, ·), shape (…, n_actions)."""
        return self._values("reward", observations)

    def q(self, observations: npt.ArrayLike) -> Floats:
        """Q(s, ·), or Q^C(s, ·) if it was learned, shape (…, n_actions)."""
        return self._values("q_c" if "q_c" in self.layers else "q", observations)

    def policy(self, observations: npt.ArrayLike) -> Array:
        """Softmax of Q, shape (…, n_actions)."""
        return _softmax(self._values("q", observations))

    def cloned(self, observations: npt.ArrayLike) -> Array:
        """π̃, the classifier of the demonstrated actions, shape (…, n_actions)."""
        return _softmax(self._values("policy", observations))

    def act(self, observation: npt.ArrayLike, safe: npt.ArrayLike | None = None) -> int:
        """Best action of one observation, among the safe ones.

        Parameters
        ----------
        observation : array (F,)
        safe : boolean array (n_actions,), optional

        Raises
        ------
        ValueError
            If no action is safe.
        """
        q = self.q(observation)
        if safe is not None:
            if not np.any(safe):
                raise ValueError("safe has no action; at least one must be safe")
            q = np.where(safe, q, -np.inf)
        return int(q.argmax())

    def save(self, path: str | Path) -> None:
        """Write all of it to a file of NumPy's, `.npz`."""
        arrays: dict[str, Any] = {"mean": self.mean, "scale": self.scale, "n_steps": self.n_steps}
        arrays["held_out"] = self.held_out
        for name, layers in self.layers.items():
            for i, (w, b) in enumerate(layers):
                arrays[f"{name}/{i}/w"], arrays[f"{name}/{i}/b"] = w, b
        arrays |= {f"losses/{name}": loss for name, loss in self.losses.items()}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "DeepIQL":
        """Read what `save` has written."""
        with np.load(path, allow_pickle=False) as kept:
            layers: dict[str, list[Any]] = {}
            for key in kept.files:
                name, _, rest = key.rpartition("/")[0].partition("/")
                if key.endswith("/w"):
                    layers.setdefault(name, []).append((kept[key], kept[f"{name}/{rest}/b"]))
            losses = {k.partition("/")[2]: kept[k] for k in kept.files if k.startswith("losses/")}
            return cls(
                {name: tuple(each) for name, each in layers.items()},
                kept["mean"], kept["scale"], losses, kept["held_out"], int(kept["n_steps"]),
            )  # fmt: skip

    def _values(self, name: str, observations: npt.ArrayLike) -> Floats:
        x = (np.asarray(observations, dtype=np.float32) - self.mean) / self.scale
        found: Floats = values(self.layers[name], x)
        return found


def _softmax(x: Floats) -> Array:
    # In double precision, so that rows sum to 1 for whoever takes them as a policy.
    return softmax(x.astype(np.float64), axis=-1)
