"""What may cross between the grader and a student's process: JSON, and nothing that can run.

A message is a length and a JSON object. Numbers, short strings, lists and arrays of plain numbers
cross both ways; models, generators and environments only into the sandbox. Whatever else a student
returns arrives as an `Other`, which has a description and nothing more. The grader takes every
message for hostile: sizes, types, shapes and nesting are checked before anything is made of it.
"""

import base64
import contextlib
import json
import math
import socket
import struct
import time
from typing import Any

import numpy as np
from scipy import sparse

from rl_lib import MDP, MDPEnv

LIMIT = 4 * 2**20
"""Bytes of one message."""

REPLY = 2**20
"""Bytes of one message out of the sandbox."""

DTYPES = {np.dtype(code).str for code in "?bBhHiIlLqQefdgFDG"}
"""Plain numbers of any size."""

DIMENSIONS, LONGEST = 8, 2**31 - 1  # of an array
DEPTH = 16  # lists in lists
LENGTH = 2000  # characters of a string


class WireError(Exception):
    """A message that is too large, malformed, or holds what may not cross."""


class Other:
    """Stands for a value that cannot cross."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __repr__(self) -> str:
        return self.what

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(self.what)


def send(end: socket.socket, message: dict[str, Any], deadline: float | None = None) -> None:
    """Send one message before `deadline` on the monotonic clock."""
    data = json.dumps(message).encode()
    if len(data) > LIMIT:
        raise WireError(f"{len(data)} bytes are too many for one message")
    end.settimeout(_left(deadline))
    end.sendall(struct.pack(">I", len(data)) + data)


def receive(
    end: socket.socket, deadline: float | None = None, limit: int = LIMIT
) -> tuple[dict[str, Any], int]:
    """Receive one message of at most `limit` bytes; returns it, and how many they were.

    Raises
    ------
    WireError
        If it is too large, or no JSON object.
    TimeoutError, EOFError
    """
    (size,) = struct.unpack(">I", _exactly(end, 4, deadline))
    if size > limit:
        raise WireError(f"{size} bytes are too many for one message")
    try:
        message = json.loads(_exactly(end, size, deadline))
    except (ValueError, RecursionError) as problem:
        raise WireError(f"it is no JSON: {problem}") from None
    if not isinstance(message, dict):
        raise WireError("it is no JSON object")
    return message, size


def _exactly(end: socket.socket, size: int, deadline: float | None) -> bytes:
    pieces = []
    while size:
        end.settimeout(_left(deadline))
        piece = end.recv(min(size, 2**20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def pack(value: Any, depth: int = 0, most: int = REPLY // 2) -> Any:
    """What stands for `value` in a message; an `Other` for what cannot cross."""
    if isinstance(value, np.ndarray | np.generic):
        return _pack_array(value, most)
    if hasattr(value, "__array__"):  # a table of pandas', say
        return _pack_array(np.asarray(value), most)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return {"text": str(value[:LENGTH])}
    if isinstance(value, list | tuple) and depth < DEPTH:
        items = [pack(item, depth + 1, most) for item in value]
        if any(isinstance(item, dict) and {"text", "other"} & set(item) for item in items):
            return {"other": f"a {type(value).__name__} that holds more than numbers"}
        return {"tuple" if isinstance(value, tuple) else "list": items}
    if hasattr(value, "__len__") and not isinstance(value, list | tuple | bytes):
        with contextlib.suppress(Exception):  # a deque, an array of the standard library's
            array = np.asarray(value)
            if array.dtype.kind in "biufc":
                return _pack_array(array, most)
    return {"other": f"a value of type {type(value).__name__}"[:100]}


def pack_in(value: Any) -> Any:
    """What stands for `value` on its way into the sandbox.

    Raises
    ------
    TypeError
        If it cannot cross.
    """
    if isinstance(value, MDP):
        return {"mdp": _pack_model(value)}
    if isinstance(value, np.random.Generator):
        return {"generator": state_of(value)}
    if isinstance(value, MDPEnv):
        moment, generator = list(value.moment), state_of(value.np_random)
        parts = {"max_steps": value.max_steps, "generator": generator, "moment": moment}
        return {"env": parts | {"mdp": _pack_model(value.mdp)}}
    packed = pack(value, most=LIMIT // 2)
    if isinstance(packed, dict) and "other" in packed:
        raise TypeError(f"{value!r:.80} cannot cross into a student's process")
    return packed


def unpack(value: Any, depth: int = 0) -> Any:
    """Make of a message what `pack` was given, trusting nothing.

    Raises
    ------
    WireError
        If it is nothing that `pack` can have made.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if not (isinstance(value, dict) and len(value) == 1 and depth <= DEPTH):
        raise WireError("it holds a value of no known kind")
    ((kind, content),) = value.items()
    if kind in ("array", "scalar"):
        array = _unpack_array(content)
        return array[()] if kind == "scalar" and array.shape == () else array
    if kind in ("list", "tuple") and isinstance(content, list):
        items = [unpack(item, depth + 1) for item in content]
        # One long string among many short ones would fill the memory as an array of strings.
        if any(isinstance(item, str | Other) for item in items):
            raise WireError("it holds a list of more than numbers")
        return tuple(items) if kind == "tuple" else items
    if kind in ("text", "other") and isinstance(content, str) and len(content) <= LENGTH:
        return content if kind == "text" else Other(content)
    raise WireError(f"it holds a value of the kind {kind!r:.20}")


def unpack_in(value: Any) -> Any:
    """Make of a message what `pack_in` was given; only for what the grader sends."""
    if isinstance(value, dict):
        if "mdp" in value:
            return _unpack_model(value["mdp"])
        if "generator" in value:
            return generator(value["generator"])
        if "env" in value:
            parts = value["env"]
            env = MDPEnv(_unpack_model(parts["mdp"]), max_steps=parts["max_steps"])
            env.np_random = generator(parts["generator"])
            env.moment = tuple(parts["moment"])
            return env
    return unpack(value)


def state_of(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a generator as plain numbers."""
    return dict(rng.bit_generator.state)


def generator(state: dict[str, Any]) -> np.random.Generator:
    """A generator in the given state."""
    bits = np.random.PCG64(0)  # without a seed it would ask the system for one
    bits.state = state  # type: ignore[assignment]
    return np.random.Generator(bits)


def _pack_array(value: Any, most: int) -> Any:
    array = np.asarray(value)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.str not in DTYPES:
        return {"other": f"an array of {array.dtype}"[:100]}
    if array.ndim > DIMENSIONS or max(array.shape, default=0) > LONGEST:
        return {"other": f"an array of the shape {array.shape}"[:100]}
    if array.nbytes > most:
        return {"other": f"an array of {array.nbytes} bytes"}
    data = base64.b64encode(array.tobytes()).decode("ascii")
    kind = "scalar" if isinstance(value, np.generic) else "array"
    return {kind: [array.dtype.str, list(array.shape), data]}


def _unpack_array(content: Any) -> np.ndarray[Any, Any]:
    try:
        code, shape, data = content
        raw = base64.b64decode(data, validate=True)
        if code not in DTYPES or len(shape) > DIMENSIONS:
            raise ValueError
        if not all(type(n) is int and 0 <= n <= LONGEST for n in shape):
            raise ValueError
        if math.prod(shape) * np.dtype(code).itemsize != len(raw):
            raise ValueError
        array = np.frombuffer(raw, "u1" if code == "|b1" else code).reshape(shape)
    except (TypeError, ValueError):
        raise WireError("it holds an array that does not fit its own shape and type") from None
    # A byte that is neither 0 nor 1 would be a truth value unlike any other.
    return array.astype(bool) if code == "|b1" else array.copy()


def _pack_model(mdp: MDP) -> dict[str, Any]:
    return {name: _pack_part(part) for name, part in mdp.to_parts().items()}


def _pack_part(value: Any) -> Any:
    if sparse.issparse(value):
        parts = (value.data, value.indices, value.indptr)
        return {"csr": [*(_pack_array(p, LIMIT) for p in parts), list(value.shape)]}
    return pack(value, most=LIMIT // 2)


def _unpack_model(parts: dict[str, Any]) -> MDP:
    return MDP.from_parts({name: _unpack_part(part) for name, part in parts.items()})


def _unpack_part(part: Any) -> Any:
    if isinstance(part, dict) and "csr" in part:
        *arrays, shape = part["csr"]
        return sparse.csr_array(tuple(map(unpack, arrays)), shape=tuple(shape))
    return unpack(part)
