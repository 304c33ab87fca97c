"""The updates of deep inverse Q-learning as compiled functions: a start, many steps, a score."""

from functools import cache
from typing import Any, NamedTuple

from rl_lib.deep import targets
from rl_lib.deep.dqn import values
from rl_lib.neurl.networks import needs

_SMOOTHING = 0.01  # of π̃, so that no logarithm is too large


class Updates(NamedTuple):
    put: Any
    begin: Any
    run: Any
    likelihood: Any
    choose: Any


@cache
def updates() -> Updates:
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

    return Updates(
        jax.device_put,
        begin,
        jax.jit(run, static_argnums=4),
        jax.jit(likelihood),
        choose,
    )
