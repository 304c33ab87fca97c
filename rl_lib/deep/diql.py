r"""Deep inverse Q-learning, without and with constraints: the whole training compiled.

A classifier π̃ of the demonstrated action, and networks for r, Q and Q^Sh (and Q^C and its own
Q^Sh), move towards the targets of `rl_lib.deep.targets`. These are computed from copies that
follow slowly, θ' ← (1 − τ) θ' + τ θ (Kalweit et al. 2020). Demonstrations are held where the
networks are; minibatches are drawn from them.

The published update changes r and Q at the action taken alone. Here all actions have a target by
default, which for r is the published equation read for each action, and for Q is r' + Q^Sh'. The
architecture and all numbers below are ours: those of the paper are not published.

This module needs jax and optax. They are imported when a network is first trained.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from tqdm.auto import tqdm

from rl_lib._check import Array, Ints, generator, number, shown, whole
from rl_lib.behaviour.demonstrations import Demonstrations
from rl_lib.deep import targets
from rl_lib.deep.dqn import Layers, values
from rl_lib.deep.transitions import Transitions
from rl_lib.neurl.networks import needs

Floats = npt.NDArray[np.float32]
_SMOOTHING = 0.01  # of π̃, so that no logarithm is too large
_CHUNKS = 20


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


def diql(
    transitions: Transitions | Demonstrations,
    n_actions: int,
    discount: float,
    *,
    features: npt.ArrayLike | None = None,
    update: Literal["all", "taken"] = "all",
    n_steps: int = 4000,
    hidden: tuple[int, ...] = (64, 64),
    batch: int = 64,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.01,
    tau: float = 0.01,
    held_out: float = 0.0,
    patience: int = 5,
    n_seeds: int = 1,
    progress: bool = False,
    rng: np.random.Generator,
) -> list[DeepIQL]:
    """Deep inverse Q-learning.

    Parameters
    ----------
    transitions : Transitions or Demonstrations
    n_actions : int ≥ 2
    discount : float in [0, 1]
    features : array (S, F), optional
        Of each state of the demonstrations; default: their observations.
    update : {"all", "taken"}
        Whether r and Q have targets for all actions, or, as published, for the one taken.
    n_steps : int ≥ 1
        Minibatches at most.
    hidden : tuple of int ≥ 1
        Units in each hidden layer; with `()` the networks are linear.
    batch : int ≥ 1
    learning_rate, weight_decay : float
        Of Adam with decoupled weight decay and a cosine schedule.
    tau : float in (0, 1]
        How fast the copies follow.
    held_out : float in [0, 1)
        Share of the transitions that say when to stop; 0 for none.
    patience : int ≥ 1
        Twentieths of the training without a better likelihood of what is held out, after which
        it ends. What is returned are the networks at the best.
    n_seeds : int ≥ 1
        Networks that are trained side by side from other starts and minibatches.
    progress : bool
        Whether a bar is shown.
    rng : numpy.random.Generator

    Returns
    -------
    list of DeepIQL
        One for each seed.

    Raises
    ------
    ModuleNotFoundError
        If jax is not installed: pip install "inverse-q-learning[deep]".
    ValueError
        If an action is outside 0 … n_actions − 1 or was never demonstrated, for then nothing says
        what it is worth.

    References
    ----------
    Kalweit, G., Huegle, M., Werling, M. & Boedecker, J. (2020). Deep inverse Q-learning with
    constraints. Advances in Neural Information Processing Systems 33.

    Examples
    --------
    >>> steps = Transitions(np.eye(2)[[0, 1]], [0, 1], np.eye(2)[[1, 0]], [False, False])
    >>> (found,) = diql(steps, 2, 0.5, n_steps=40, hidden=(), rng=np.random.default_rng(0))
    >>> found.policy(np.eye(2)).shape
    (2, 2)
    """
    return _train(_steps(transitions, features), None, n_actions, discount, update, n_steps,
                  hidden, batch, learning_rate, weight_decay, tau, held_out, patience, n_seeds,
                  progress, rng)  # fmt: skip


def dciql(
    transitions: Transitions | Demonstrations,
    next_safe: npt.ArrayLike,
    n_actions: int,
    discount: float,
    *,
    features: npt.ArrayLike | None = None,
    update: Literal["all", "taken"] = "all",
    n_steps: int = 4000,
    hidden: tuple[int, ...] = (64, 64),
    batch: int = 64,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.01,
    tau: float = 0.01,
    held_out: float = 0.0,
    patience: int = 5,
    n_seeds: int = 1,
    progress: bool = False,
    rng: np.random.Generator,
) -> list[DeepIQL]:
    """Deep constrained inverse Q-learning: `diql`, and Q^C, whose maximum is over safe actions.

    Parameters
    ----------
    next_safe : boolean array (N, n_actions)
        Which actions are safe in the next state of each transition. Not looked at where the
        episode has ended. With demonstrations, those that are safe in each state, (S, n_actions).

    Raises
    ------
    ValueError
        As `diql`; and if no action is safe after a transition, naming its row.

    Notes
    -----
    The other arguments are those of `diql`. Act with `DeepIQL.act(observation, safe)`.
    """
    safe, steps = np.asarray(next_safe), _steps(transitions, features)
    if isinstance(transitions, Demonstrations):
        following = transitions.next_states[transitions.known]
        if safe.ndim != 2 or len(safe) <= following.max(initial=0):
            raise ValueError(
                f"next_safe has shape {safe.shape}; it must have a row for each state, and there "
                f"is a state {following.max()}"
            )
        safe = safe[following]
    shape = (len(steps.actions), n_actions)
    if safe.shape != shape or safe.dtype != bool:
        raise ValueError(
            f"next_safe has shape {safe.shape} and type {safe.dtype}; it must be boolean and of "
            f"shape {shape}"
        )
    empty = np.flatnonzero(~safe.any(axis=1) & ~steps.terminated)
    if len(empty):
        where = f"after transition {empty[0]}"
        if isinstance(transitions, Demonstrations):
            where = f"in state {following[empty[0]]}"
        raise ValueError(f"next_safe has no action {where}; at least one must be safe")
    safe = safe | steps.terminated[:, None]
    return _train(steps, safe, n_actions, discount, update, n_steps, hidden, batch,
                  learning_rate, weight_decay, tau, held_out, patience, n_seeds, progress,
                  rng)  # fmt: skip


def _train(
    transitions: Transitions, safe: Any, n_actions: int, discount: float, update: str,
    n_steps: int, hidden: tuple[int, ...], batch: int, learning_rate: float, weight_decay: float,
    tau: float, held_out: float, patience: int, n_seeds: int, progress: bool,
    rng: np.random.Generator,
) -> list[DeepIQL]:  # fmt: skip
    n_actions, n_steps = whole("n_actions", n_actions, 2), whole("n_steps", n_steps, 1)
    batch, n_seeds = whole("batch", batch, 1), whole("n_seeds", n_seeds, 1)
    whole("patience", patience, 1)
    discount = number("discount", discount, 0, 1)
    tau = number("tau", tau, 0, 1, above=True)
    held_out = number("held_out", held_out, 0, 1)
    if update not in ("all", "taken"):
        raise ValueError(f'update is {update!r}; it must be "all" or "taken"')
    _check_actions(transitions.actions, n_actions)
    n = len(transitions.actions)
    order = generator(rng).permutation(n)
    n_kept = round(held_out * n)
    if n_kept == n:
        raise ValueError(f"held_out is {held_out}; it must leave a transition to train on")
    rest, rows = order[:n_kept], order[n_kept:]
    mean = transitions.observations.mean(axis=0)
    scale = transitions.observations.std(axis=0)
    scale = np.where(scale > 1e-6, scale, 1).astype(np.float32)
    x, following = (
        ((part - mean) / scale).astype(np.float32)
        for part in (transitions.observations, transitions.next_observations)
    )
    functions = _functions()
    data = functions.put(
        (x, transitions.actions.astype(np.int32), following,
         transitions.terminated.astype(np.float32),
         np.ones((1, n_actions), dtype=bool) if safe is None else safe)
    )  # fmt: skip
    names = ("policy", "reward", "shifted", "q") + (() if safe is None else ("shifted_c", "q_c"))
    sizes = (x.shape[1], *hidden, n_actions)
    networks = {name: _start(sizes, n_seeds, rng) for name in names}
    static = (update == "all", n_steps, float(learning_rate), float(weight_decay), float(tau))
    state = functions.begin(networks, static)
    best, likelihoods, losses = state, [], []
    best_step = np.full(n_seeds, n_steps)
    parts = list(_parts(n_steps))
    seen = np.full(n_seeds, -np.inf)
    since = 0
    for start, end in tqdm(parts, disable=not progress, desc="training", leave=False):
        chosen = rng.choice(rows, size=(n_seeds, end - start, batch)).astype(np.int32)
        state, loss = functions.run(state, data, chosen, discount, static)
        losses.append({name: np.asarray(each) for name, each in loss.items()})
        if n_kept:
            now = np.asarray(functions.likelihood(state[0]["policy"], x[rest], data[1][rest]))
            better = now > seen
            seen = np.maximum(seen, now)
            likelihoods.append(now)
            best = functions.choose(better, state, best) if len(likelihoods) > 1 else state
            since = 0 if better.any() else since + 1
            best_step[better] = end
            if since >= patience:
                break
    final = best if n_kept else state
    kept = {
        name: [tuple((np.asarray(w[i]), np.asarray(b[i])) for w, b in layers)
               for i in range(n_seeds)]
        for name, layers in final[1].items()
    }  # fmt: skip
    return [
        DeepIQL(
            {name: each[i] for name, each in kept.items()},
            mean.astype(np.float32), scale,
            {name: np.array([loss[name][i] for loss in losses]) for name in losses[0]},
            np.array([each[i] for each in likelihoods], dtype=np.float32),
            int(best_step[i]),
        )
        for i in range(n_seeds)
    ]  # fmt: skip


def _steps(given: Transitions | Demonstrations, features: npt.ArrayLike | None) -> Transitions:
    if isinstance(given, Demonstrations):
        return Transitions.of(given, features)
    if not isinstance(given, Transitions):
        raise TypeError(
            f"transitions is {shown(given)}; it must be a Transitions or a Demonstrations"
        )
    if features is not None:
        raise ValueError("features is given, but transitions has its own; it must be None")
    return given


def _check_actions(actions: Ints, n_actions: int) -> None:
    outside = np.flatnonzero((actions < 0) | (actions >= n_actions))
    if len(outside):
        raise ValueError(
            f"actions[{outside[0]}] is {actions[outside[0]]}; it must be in "
            f"{{0, …, {n_actions - 1}}}"
        )
    missing = np.flatnonzero(np.bincount(actions, minlength=n_actions) == 0)
    if len(missing):
        raise ValueError(
            f"action {missing[0]} was never demonstrated; each of the {n_actions} actions must be"
        )


def _parts(n_steps: int) -> Iterator[tuple[int, int]]:
    """Parts of at most two lengths, so that training is compiled at most twice."""
    length = max(1, n_steps // _CHUNKS)
    for start in range(0, n_steps, length):
        yield start, min(start + length, n_steps)


def _start(sizes: tuple[int, ...], n_seeds: int, rng: np.random.Generator) -> Layers:
    """He's start, the last layer near 0, with a leading axis for seeds."""
    last = len(sizes) - 2
    return tuple(
        (
            rng.normal(0, np.sqrt(2 / n) * (0.01 if i == last else 1), (n_seeds, n, m)).astype(
                np.float32
            ),
            np.zeros((n_seeds, m), dtype=np.float32),
        )
        for i, (n, m) in enumerate(pairwise(sizes))
    )


def _softmax(x: Floats) -> Array:
    # In double precision, so that rows sum to 1 for whoever takes them as a policy.
    return softmax(x.astype(np.float64), axis=-1)


class _Functions(NamedTuple):
    put: Any
    begin: Any
    run: Any
    likelihood: Any
    choose: Any


@cache
def _functions() -> _Functions:
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ModuleNotFoundError as missing:
        raise needs(missing.name or "jax") from None

    def out(layers: Any, x: Any) -> Any:
        return values(layers, x, jnp.maximum)

    def aims(copy: Any, transition: Any, discount: Any, everywhere: bool) -> dict[str, Any]:
        x, action, following, terminated, safe = transition
        reward, n = out(copy["reward"], x), safe.shape[-1]
        taken = jax.nn.one_hot(action, n)
        policy = jax.nn.softmax(out(copy["policy"], x))
        log_policy = jnp.log((1 - _SMOOTHING) * policy + _SMOOTHING / n)
        shifted = out(copy["shifted"], x)
        found = {"reward": targets.reward_target(targets.eta(log_policy, shifted), reward)}
        for q, sh in (("q", "shifted"), ("q_c", "shifted_c")):
            if q in copy:
                ahead = out(copy[q], following)
                if q == "q_c":
                    ahead = jnp.where(safe, ahead, -jnp.inf)
                found[sh] = targets.shifted_target(ahead, terminated, discount)
                found[q] = targets.value_target(
                    reward, out(copy[sh], x), taken, found[sh], everywhere
                )
        return found

    def loss(
        networks: Any, copy: Any, transition: Any, discount: Any, everywhere: bool
    ) -> tuple[Any, dict[str, Any]]:
        x, action = transition[:2]
        taken = jax.nn.one_hot(action, transition[4].shape[-1])
        log_policy = jax.nn.log_softmax(out(networks["policy"], x))
        each = {"policy": -(log_policy * taken).sum(axis=1).mean()}
        for name, aim in aims(copy, transition, discount, everywhere).items():
            found = out(networks[name], x)
            if name.startswith("shifted"):
                each[name] = targets.at_taken(found, aim, taken)
            elif everywhere:
                each[name] = jnp.mean((found - aim) ** 2)
            else:
                each[name] = targets.at_taken(found, (aim * taken).sum(axis=1), taken)
        return sum(each.values()), each

    def adam(static: Any) -> Any:
        _, n_steps, rate, decay, _ = static
        schedule = optax.cosine_decay_schedule(rate, n_steps)
        # All weights as one vector: a single loop in the place of one for each array.
        return optax.flatten(optax.adamw(schedule, weight_decay=decay))

    def begin(networks: Any, static: Any) -> Any:
        # Networks and copies are arrays of their own; nothing is ever changed in place.
        return networks, jax.tree.map(jnp.array, networks), jax.vmap(adam(static).init)(networks)

    def run(state: Any, data: Any, rows: Any, discount: Any, static: Any) -> Any:
        everywhere, tau = static[0], static[4]
        optimiser = adam(static)

        def one_seed(state: Any, rows: Any) -> Any:
            def update(state: Any, chosen: Any) -> Any:
                networks, copy, memory = state
                *parts, safe = data
                transition = [part[chosen] for part in parts]
                transition.append(safe[chosen] if len(safe) > 1 else safe)
                slope, each = jax.grad(loss, has_aux=True)(
                    networks, copy, transition, discount, everywhere
                )
                step, memory = optimiser.update(slope, memory, networks)
                networks = optax.apply_updates(networks, step)
                copy = jax.tree.map(lambda old, new: targets.follow(old, new, tau), copy, networks)
                return (networks, copy, memory), each

            state, each = jax.lax.scan(update, state, rows)
            return state, jax.tree.map(jnp.mean, each)

        return jax.vmap(one_seed)(state, rows)

    def likelihood(layers: Any, x: Any, actions: Any) -> Any:
        def one(layers: Any) -> Any:
            log_policy = jax.nn.log_softmax(out(layers, x))
            return jnp.take_along_axis(log_policy, actions[:, None], axis=1).mean()

        return jax.vmap(one)(layers)

    def choose(better: Any, new: Any, old: Any) -> Any:
        def pick(a: Any, b: Any) -> Any:
            return jnp.where(better.reshape(-1, *[1] * (a.ndim - 1)), a, b)

        return jax.tree.map(pick, new, old)

    return _Functions(
        jax.device_put,
        begin,
        jax.jit(run, static_argnums=4),
        jax.jit(likelihood),
        choose,
    )
