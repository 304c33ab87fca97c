"""Episodes of temporal-difference learning: one loop on a model, compiled, one on an environment.

Both change the tables in place and draw all chance from `rng`.
"""

# mypy: disable-error-code="no-untyped-def"

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, finite_number, index, shown, truth_value
from rl_lib._compiled import compiled, inlined, plain
from rl_lib.learning.schedules import ByVisits, at_visit


class Rule(NamedTuple):
    """How to learn, and for how long."""

    alphas: Array
    """Step size of each episode."""
    by_visits: ByVisits
    """How it shrinks, besides, with visits."""
    epsilons: Array
    discount: float
    on_policy: bool
    """SARSA, and not Q-learning."""
    max_steps: int


class Tables(NamedTuple):
    """What is learned, and how it went."""

    q: Array
    visits: Array
    returns: Array
    lengths: npt.NDArray[np.intp]


@inlined
def choose(q, epsilon, rng):
    """An ε-greedy action given the action values of a state; ties are broken at random."""
    n_actions = len(q)
    if rng.random() < epsilon:
        return int(rng.random() * n_actions)
    best, ties, choice = q[0], 1, 0
    for action in range(1, n_actions):
        value = q[action]
        if value > best:
            best, ties, choice = value, 1, action
        elif value == best:
            ties += 1
            if rng.random() * ties < 1:
                choice = action
    return choice


@inlined
def best_value(q):
    """max_a q(a), written out: several times as fast, compiled, as `q.max()`."""
    best = q[0]
    for action in range(1, len(q)):
        best = max(best, q[action])
    return best


@inlined
def update(q, visits, action, target, alpha, by_visits):
    """One step of q(action) towards the target; `visits` of the same state."""
    q[action] += at_visit(alpha, by_visits, visits[action]) * (target - q[action])
    visits[action] += 1


@compiled
def in_model(start, table, rule, tables, rng):
    """Episodes drawn from a model's table of outcomes; `start` is cumulative."""
    offsets, next_states, cumulative, rewards, end_rewards, terminal = table
    alphas, by_visits, epsilons, discount, on_policy, max_steps = rule
    q, visits, returns, lengths = tables
    n_states, n_actions = q.shape
    for episode in range(len(alphas)):
        alpha, epsilon = alphas[episode], epsilons[episode]
        state = min(np.searchsorted(start, rng.random(), side="right"), n_states - 1)
        action = choose(q[state], epsilon, rng)
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
            next_action = choose(q[next_state], epsilon, rng) if on_policy else 0
            target = reward
            if not terminated:
                follows = q[next_state, next_action] if on_policy else best_value(q[next_state])
                target += discount * follows
            update(q[state], visits[state], action, target, alpha, by_visits)
            returns[episode] += reward
            lengths[episode] = step
            if terminated:
                break
            state = next_state
            action = next_action if on_policy else choose(q[state], epsilon, rng)


def in_environment(env, rule, tables, rng):
    """Episodes in any Gymnasium environment; its own chance is seeded from `rng`.

    What it returns is checked in each step: a state that is none would be written beside the table.
    """
    seed, n_states = int(rng.integers(2**31)), len(tables.q)
    first_state, first_action = int(env.observation_space.start), int(env.action_space.start)
    # Calls one at a time are quicker as plain Python, on lists.
    pick, best, move = plain(choose), max, plain(update)
    q, visits = tables.q.tolist(), tables.visits.tolist()
    on_policy = rule.on_policy
    for episode, (alpha, epsilon) in enumerate(zip(rule.alphas, rule.epsilons, strict=True)):
        observation, _ = _parts("reset", env.reset(seed=None if episode else seed), 2)
        state = index("the observation of env.reset()", observation, first_state, n_states)
        action = pick(q[state], epsilon, rng)
        for step in range(1, rule.max_steps + 1):
            answer = _parts("step", env.step(first_action + action), 5)
            observation, reward, terminated, truncated, _ = answer
            next_state = index("the observation of env.step()", observation, first_state, n_states)
            reward = finite_number("the reward of env.step()", reward)
            terminated = truth_value("terminated of env.step()", terminated)
            truncated = truth_value("truncated of env.step()", truncated)
            next_action = pick(q[next_state], epsilon, rng) if on_policy else 0
            target = reward
            if not terminated:
                follows = q[next_state][next_action] if on_policy else best(q[next_state])
                target += rule.discount * follows
            move(q[state], visits[state], action, target, alpha, rule.by_visits)
            tables.returns[episode] += reward
            tables.lengths[episode] = step
            if terminated or truncated:
                break
            state = next_state
            action = next_action if on_policy else pick(q[state], epsilon, rng)
    tables.q[:], tables.visits[:] = q, visits


def _parts(method, answer, n):
    if isinstance(answer, tuple) and len(answer) == n:
        return answer
    raise TypeError(f"env.{method}() returned {shown(answer)}; it must return {n} values")
