import contextlib
import json
import socket
import struct
import time

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from patience import PATIENCE
from scipy import sparse

from course.sandbox.inside import wire
from rl_lib import MDP, GridWorld, MDPEnv, russell_norvig

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(code) for code in "?bhilBHILefdFD"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["array", "list"]), inner)
    ),
    max_leaves=20,
)


def through(value):
    """As it arrives, text and all."""
    return json.loads(json.dumps(value))


@given(st.recursive(NUMBERS, lambda inner: st.lists(inner) | st.tuples(inner, inner)))
def test_numbers_lists_and_tuples_arrive_as_they_were(value):
    assert wire.unpack(through(wire.pack(value))) == value


@given(ARRAYS)
def test_arrays_arrive_as_they_were(array):
    got = wire.unpack(through(wire.pack(array)))
    assert got.dtype == array.dtype
    assert np.array_equal(got, array, equal_nan=array.dtype.kind in "fc")
    assert got.flags.writeable
    for entry in array.ravel()[:3]:
        assert type(wire.unpack(through(wire.pack(entry)))) is type(entry)


@given(JSON)
def test_whatever_arrives_is_a_value_or_refused(message):
    with contextlib.suppress(wire.WireError):
        wire.unpack(message)


@pytest.mark.parametrize(
    "value",
    [
        print,
        object(),
        {"a": 1},
        {1, 2},
        np.array([print]),
        np.zeros(2, "M8[s]"),
        "x" * 9999,
        [["a"]],
        [object()],
        np.zeros((1,) * 9),
        np.zeros((0, 2**31)),
        np.zeros(2**20),
    ],
    ids=lambda value: repr(type(value)),
)
def test_what_cannot_cross_is_only_described(value):
    packed = wire.pack(value)
    assert len(json.dumps(packed)) < 3000
    got = wire.unpack(through(packed))
    assert isinstance(got, wire.Other | str)
    assert len(repr(got)) <= 2010


DATA = "AAAAAAAAAAA="  # eight bytes


@pytest.mark.parametrize(
    "message",
    [
        {"array": ["<f8", [2], DATA]},
        {"array": ["<f8", [2**62, 4], DATA]},
        {"array": ["<f8", [-1], DATA]},
        {"array": ["<f8", [True], DATA]},
        {"array": ["<f8", [1.0], DATA]},
        {"array": ["<f8", [1] * 9, DATA]},
        {"array": ["|O8", [1], DATA]},
        {"array": ["|V8", [1], DATA]},
        {"array": ["<U2", [1], DATA]},
        {"array": ["<f8", [1], "not base64"]},
        {"array": ["<f8", [0, 2**40], ""]},
        {"array": None},
        {"list": {}},
        {"list": [{"text": "a"}, {"text": "b"}]},
        {"text": "x" * 10**5},
        {"text": 3},
        {"mdp": {}},
        {"generator": {}},
        {"env": {}},
        {"unheard": 1},
        {"array": 1, "list": 2},
        [],
        "text",
    ],
)
def test_forgeries_are_refused(message):
    with pytest.raises(wire.WireError):
        wire.unpack(message)


def test_nesting_has_an_end():
    value = []
    for _ in range(200):
        value = [value]
    assert isinstance(wire.unpack(through(wire.pack(value))), wire.Other)
    message = 0
    for _ in range(200):
        message = {"list": [message]}
    with pytest.raises(wire.WireError):
        wire.unpack(message)


def test_a_byte_that_is_no_truth_value_becomes_one():
    (got,) = wire.unpack({"array": ["|b1", [1], "Ag=="]})  # the byte 2
    assert got.tobytes() == b"\x01"


def worlds():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), size=(3, 2)) * 0.9
    yield MDP(p, rng.normal(size=(3, 2)), 0.9)
    yield MDP(p, rng.normal(size=(3, 2, 4)), 0.9, start=[0.2, 0.3, 0.5])
    yield MDP(sparse.csr_array(p.reshape(6, 3)), rng.normal(size=(3, 2)), 1.0)
    yield russell_norvig().mdp
    yield GridWorld("..\nSG", -1.0, slip=0.3).mdp


@pytest.mark.parametrize("mdp", list(worlds()), ids=repr)
def test_models_arrive_as_they_were(mdp):
    got = wire.unpack_in(through(wire.pack_in(mdp)))
    assert repr(got) == repr(mdp)
    assert got.is_sparse == mdp.is_sparse
    for name in ("rewards", "start", "terminal", "end_probability"):
        assert np.array_equal(getattr(got, name), getattr(mdp, name))
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            for one, other in zip(got.outcomes(s, a), mdp.outcomes(s, a), strict=True):
                assert np.array_equal(one, other)
    if not mdp.is_sparse:
        assert not got.transitions.flags.writeable
        assert not got.rewards.flags.writeable


def test_generators_and_environments_go_on_where_they_were():
    rng = np.random.default_rng(5)
    rng.random(3)
    got = wire.unpack_in(through(wire.pack_in(rng)))
    env = MDPEnv(russell_norvig(), max_steps=7)
    env.reset(seed=1)
    env.step(0)
    there = wire.unpack_in(through(wire.pack_in(env)))
    assert got.random() == rng.random()
    for action in (1, 0, 1, 2, 3, 1):
        if env._over:
            break
        assert there.step(action) == env.step(action)


def test_what_a_test_may_not_send_is_named():
    with pytest.raises(TypeError, match="cannot cross into a student's process"):
        wire.pack_in(print)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", wire.LIMIT + 1),
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 5) + b"{'a'}",
        struct.pack(">I", 4) + b"\xff\xff\xff\xff",
        struct.pack(">I", 10**5) + b"[" * 10**5,
        struct.pack(">I", 5009) + b'{"a": ' + b"1" * 5002 + b"}",
    ],
)
def test_what_is_no_message_is_refused(ends, data):
    ours, theirs = ends
    theirs.sendall(data)
    with pytest.raises(wire.WireError):
        wire.receive(ours, time.monotonic() + PATIENCE)


def test_nobody_waits_for_ever(ends):
    ours, theirs = ends
    with pytest.raises(TimeoutError):
        wire.receive(ours, time.monotonic() + 0.05)
    theirs.sendall(struct.pack(">I", 100) + b"{")  # and then nothing
    with pytest.raises(TimeoutError):
        wire.receive(ours, time.monotonic() + 0.05)
    with pytest.raises(TimeoutError):
        wire.send(ours, {"text": "x" * 4 * 10**6}, time.monotonic() + 0.05)
    theirs.close()
    with pytest.raises((EOFError, ConnectionError)):
        wire.receive(ours, time.monotonic() + PATIENCE)


def test_a_message_has_a_largest_size(ends):
    with pytest.raises(wire.WireError, match="too many"):
        wire.send(ends[0], {"text": "x" * (wire.LIMIT + 1)})
