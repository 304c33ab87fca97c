"""Trajectories drawn from a model: all of them take their next step together."""

import numpy as np
import numpy.typing as npt

from rl_lib._check import Array, Ints
from rl_lib.mdp import MDP


def walk(
    mdp: MDP, policy: Array, start: Array, n: int, max_steps: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints, npt.NDArray[np.bool_]]:
    """States, actions, next states, offsets and endings of `n` trajectories.

    `policy` is (S, A), or (max_steps, S, A).
    """
    cumulative = np.cumsum(policy, axis=-1)
    state = np.searchsorted(np.cumsum(start), rng.random(n), side="right")
    state = np.minimum(state, np.flatnonzero(start)[-1])
    terminated = mdp.terminal[state]
    who = np.flatnonzero(~terminated)  # the trajectories that still go on
    nobody = np.zeros(0, dtype=np.intp)
    steps = [(nobody, nobody, nobody, nobody)]
    for time in range(max_steps):
        if not len(who):
            break
        here = state[who]
        chances = (cumulative[time] if cumulative.ndim == 3 else cumulative)[here]
        action = (chances[:, :-1] <= rng.random(len(who))[:, None]).sum(axis=1)
        there, over = _outcomes(mdp, here * mdp.n_actions + action, rng.random(len(who)))
        # Where no exit state is entered, the last thing seen is the state that was left.
        there = np.where(over, here, there)
        over |= mdp.terminal[there]
        steps.append((who, here, action, there))
        state[who], terminated[who] = there, over
        who = who[~over]
    owner, states, actions, next_states = map(np.concatenate, zip(*steps, strict=True))
    order = np.argsort(owner, kind="stable")
    offsets = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=n))))
    return states[order], actions[order], next_states[order], offsets, terminated


def _outcomes(mdp: MDP, row: Ints, draw: Array) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Successors of many rows s·A + a at once, and whether the episode ended instead."""
    table = mdp.table
    k, last = table.offsets[row].astype(np.intp), table.offsets[row + 1]
    searching = np.arange(len(row))
    while len(searching):
        further = k[searching] < last[searching]
        searching = searching[further]
        searching = searching[table.cumulative[k[searching]] <= draw[searching]]
        k[searching] += 1
    over = k >= last
    if not len(table.next_state):  # every action ends the episode
        return np.zeros_like(row), over
    inside = np.minimum(k, len(table.next_state) - 1)
    return table.next_state[inside].astype(np.intp), over
