"""Episodes of temporal-difference learning: one loop on a model, compiled, one on an environment.

Both change `q`, `visits`, `returns` and `lengths` in place and draw all chance from `rng`.
"""

# mypy: disable-error-code="no-untyped-def"

import numpy as np

from rl_lib._compiled import compiled


@compiled
def choose(q, state, epsilon, rng):
    """An ε-greedy action; ties are broken at random."""
    n_actions = q.shape[1]
    if rng.random() < epsilon:
        return int(rng.random() * n_actions)
    best, ties, choice = q[state, 0], 1, 0
    for action in range(1, n_actions):
        value = q[state, action]
        if value > best:
            best, ties, choice = value, 1, action
        elif value == best:
            ties += 1
            if rng.random() * ties < 1:
                choice = action
    return choice


@compiled
def best_value(q, state):
    """max_a q(state, a), written out: several times as fast, compiled, as `q[state].max()`."""
    best = q[state, 0]
    for action in range(1, q.shape[1]):
        best = max(best, q[state, action])
    return best


@compiled
def update(q, visits, state, action, reward, bootstrap, alpha, power, scale, discount):
    """One step of q(state, action) towards reward + discount · bootstrap."""
    if power > 0:
        alpha *= (scale / (scale + visits[state, action])) ** power
        visits[state, action] += 1
    q[state, action] += alpha * (reward + discount * bootstrap - q[state, action])


@compiled
def in_model(
    start, offsets, next_states, cumulative, rewards, end_rewards, terminal,
    discount, q, visits, returns, lengths,
    alphas, power, scale, epsilons, on_policy, max_steps, rng,
):  # fmt: skip
    """Episodes drawn from a model's table of outcomes."""
    n_states, n_actions = q.shape
    for episode in range(len(alphas)):
        alpha, epsilon = alphas[episode], epsilons[episode]
        state = min(np.searchsorted(start, rng.random(), side="right"), n_states - 1)
        action = choose(q, state, epsilon, rng)
        for step in range(1, max_steps + 1):
            row = state * n_actions + action
            draw, k, last = rng.random(), offsets[row], offsets[row + 1]
            while k < last and cumulative[k] <= draw:
                k += 1
            if k < last:
                next_state, reward = next_states[k], rewards[k]
                terminated = terminal[next_state]
            else:
                next_state, reward, terminated = state, end_rewards[row], True
            next_action = choose(q, next_state, epsilon, rng) if on_policy else 0
            bootstrap = 0.0
            if not terminated:
                bootstrap = q[next_state, next_action] if on_policy else best_value(q, next_state)
            update(q, visits, state, action, reward, bootstrap, alpha, power, scale, discount)
            returns[episode] += reward
            lengths[episode] = step
            if terminated:
                break
            state = next_state
            action = next_action if on_policy else choose(q, state, epsilon, rng)


def in_environment(
    env, discount, q, visits, returns, lengths,
    alphas, power, scale, epsilons, on_policy, max_steps, rng,
):  # fmt: skip
    """Episodes in any Gymnasium environment; its own chance is seeded from `rng`."""
    seed = int(rng.integers(2**31))
    for episode in range(len(alphas)):
        alpha, epsilon = alphas[episode], epsilons[episode]
        state, _ = env.reset(seed=seed if episode == 0 else None)
        action = choose(q, state, epsilon, rng)
        for step in range(1, max_steps + 1):
            next_state, reward, terminated, truncated, _ = env.step(action)
            next_action = choose(q, next_state, epsilon, rng) if on_policy else 0
            bootstrap = 0.0
            if not terminated:
                bootstrap = q[next_state, next_action] if on_policy else best_value(q, next_state)
            update(q, visits, state, action, reward, bootstrap, alpha, power, scale, discount)
            returns[episode] += reward
            lengths[episode] = step
            if terminated or truncated:
                break
            state = next_state
            action = next_action if on_policy else choose(q, state, epsilon, rng)
