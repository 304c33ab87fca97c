"""Tables, environments and frames of odd kinds: read as they are meant, or refused in one line.

What is accepted is compared with a plain reading of the same input, written down here.
"""

import os
import warnings

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import MDP, Demonstrations, q_learning, value_iteration

EXAMPLES = settings(max_examples=2_000 if os.environ.get("SLOW") else 60)

WORDS = st.sampled_from(["no", "False", "yes", "", "0", "1", "left", None, np.nan, (), [0]])
TRUTH = st.sampled_from([True, False, 1, 0, 1.0, 0.0, np.True_, np.False_, np.int8(1)])
NUMBERS = st.one_of(
    st.integers(-2, 4),
    st.sampled_from([0.0, 1.0, 1.5, -1.0, np.inf, 2**63, 10**30, np.int8(2), np.uint64(3)]),
    st.sampled_from([np.float32(1), True, 1e300]),
)


def mostly(usual, odd):
    """Usually what is right, else what is odd."""
    return st.integers(0, 11).flatmap(lambda k: odd if k == 0 else usual)


def in_one_line(call):
    """What it returns, or None if it refuses: with one line that is not empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            return call()
        except (ValueError, TypeError) as refused:
            words = str(refused)
    assert words.strip()
    assert "\n" not in words
    return None


@st.composite
def frames(draw):
    n = draw(st.integers(0, 6))
    cells = mostly(st.integers(0, 3), st.one_of(NUMBERS, WORDS))
    columns = {
        "trajectory": draw(st.lists(mostly(st.integers(0, 2), WORDS), min_size=n, max_size=n)),
        "state": draw(st.lists(cells, min_size=n, max_size=n)),
        "action": draw(st.lists(cells, min_size=n, max_size=n)),
    }
    if draw(st.booleans()):
        truth = mostly(st.just(False), st.one_of(TRUTH, WORDS))
        columns["terminated"] = draw(st.lists(truth, min_size=n, max_size=n))
    if draw(st.integers(0, 3)) == 0:
        columns["step"] = [draw(mostly(st.just(k), NUMBERS)) for k in range(n)]
    if draw(st.integers(0, 3)) == 0:
        columns["next_state"] = draw(st.lists(cells, min_size=n, max_size=n))
    if draw(st.integers(0, 9)) == 0:
        del columns[draw(st.sampled_from(sorted(columns)))]
    return columns


@EXAMPLES
@given(frames())
def test_frames(columns):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    found = in_one_line(lambda: Demonstrations.from_pandas(frame))
    if found is None:
        return
    episodes: dict = {}
    for row, label in enumerate(columns["trajectory"]):
        episodes.setdefault(label, []).append(row)
    order = [row for rows in episodes.values() for row in rows]
    assert_array_equal(found.states, [columns["state"][row] for row in order])
    assert_array_equal(found.actions, [columns["action"][row] for row in order])
    assert_array_equal(found.lengths, [len(rows) for rows in episodes.values()])
    ends = columns.get("terminated", [False] * len(order))
    for k, rows in enumerate(episodes.values()):
        assert not any(ends[row] for row in rows[:-1])
        assert ends[rows[-1]] in (0, 1)
        assert bool(ends[rows[-1]]) == found.terminated[k]
        after = [columns["state"][row] for row in rows[1:]]
        assert found.next_states[found.offsets[k] : found.offsets[k + 1] - 1].tolist() == after
        if "step" in columns:
            assert [columns["step"][row] - columns["step"][rows[0]] for row in rows] == list(
                range(len(rows))
            )


@st.composite
def tables(draw):
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 2))

    def outcomes():
        k = draw(st.integers(1, 3))
        chances = np.array(draw(st.lists(st.integers(1, 4), min_size=k, max_size=k)), float)
        chances /= chances.sum()
        if draw(st.booleans()):
            chances = chances.astype(np.float32)
        return [
            (
                draw(mostly(st.just(p), st.sampled_from([0.3, -0.1, np.nan, "1", 2]))),
                draw(mostly(st.integers(0, n - 1), st.one_of(NUMBERS, WORDS))),
                draw(mostly(st.integers(-2, 2), st.sampled_from([np.nan, "x", None, np.inf, 0.5]))),
                draw(mostly(TRUTH, WORDS)),
            )
            for p in chances
        ]

    table = {s: {a: outcomes() for a in range(m)} for s in range(n)}
    spoilt = draw(st.integers(0, 12))
    s = draw(st.integers(0, n - 1))
    if spoilt == 0:
        del table[s][m - 1]
    elif spoilt == 1:
        table[s][0] = draw(st.sampled_from([[], None, [()], [(1, 2, 3)], [5], "ab"]))
    elif spoilt == 2:
        del table[s]
    elif spoilt == 3:
        table = [list(actions.values()) for actions in table.values()]
    return table, draw(st.sampled_from([None, *range(n)])), n, m


@EXAMPLES
@given(tables())
def test_tables(drawn):
    table, begin, n, m = drawn

    class World:
        P = table

    if begin is not None:
        World.initial_state_distrib = np.eye(n)[begin]
    mdp = in_one_line(lambda: MDP.from_gymnasium(World(), 0.8))
    if mdp is None:
        return
    n, m = mdp.n_states, mdp.n_actions  # where something was left out, all of its kind was
    # The same by the letter of the table: what is terminated is worth its reward alone.
    v = np.zeros(n)
    for _ in range(150):
        q = [
            [sum(p * (r + 0.8 * v[s2] * (not done)) for p, s2, r, done in table[s][a])
             for a in range(m)] for s in range(n)
        ]  # fmt: skip
        v = np.max(q, axis=1)
    # A state that only endings lead to is worth nothing where it is no start.
    outcomes = [x for s in range(n) for a in range(m) for x in table[s][a] if x[0] > 0]
    entered = {x[1] for x in outcomes if not x[3]} | {begin}
    over = {x[1] for x in outcomes if x[3]} - entered if begin is not None else set()
    alive = [s for s in range(n) if s not in over]
    assert_allclose(value_iteration(mdp, tol=1e-10).v[alive], v[alive], atol=1e-5)


class Odd(gymnasium.Env):
    """Answers as told, in turn."""

    def __init__(self, answers, resets, first):
        self.observation_space = gymnasium.spaces.Discrete(3, start=first)
        self.action_space = gymnasium.spaces.Discrete(2)
        self.answers, self.resets, self.given = answers, resets, []

    def reset(self, *, seed=None, options=None):
        return self.resets[len(self.given) % len(self.resets)], {}

    def step(self, action):
        answer = self.answers[len(self.given) % len(self.answers)]
        self.given.append(answer)
        return (*answer, {})


STATES = mostly(st.integers(0, 2), st.one_of(NUMBERS, WORDS, st.just(np.array([1]))))
FLAGS = mostly(st.sampled_from([True, False, np.True_]), st.one_of(TRUTH, WORDS))
REWARDS = mostly(st.integers(-2, 2), st.sampled_from([np.nan, np.inf, "1", None, np.float32(1)]))


@EXAMPLES
@given(
    st.lists(st.tuples(STATES, REWARDS, FLAGS, FLAGS), min_size=1, max_size=5),
    st.lists(STATES, min_size=1, max_size=3),
    st.sampled_from([0, 1, -1]),
)
def test_environments(answers, resets, first):
    env = Odd(answers, resets, first)
    options = {"episodes": 3, "step_size": 0.5, "epsilon": 0.5, "discount": 0.9, "max_steps": 4}
    found = in_one_line(lambda: q_learning(env, rng=np.random.default_rng(0), **options))
    if found is None:
        return
    for state, reward, *flags in env.given:
        assert not isinstance(state, (bool, float, str, np.floating))
        assert first <= int(state) < first + 3
        assert np.isfinite(float(reward))
        assert all(isinstance(flag, (bool, np.bool_)) for flag in flags)
    assert found.lengths.sum() == len(env.given)
    assert_allclose(found.returns.sum(), sum(float(reward) for _, reward, *_ in env.given))
    assert np.isfinite(found.q).all()
    assert np.abs(found.q).max() <= 2 * (1 + 0.9 + 0.81 + 0.729) / (1 - 0.9)
