"""Read of a JSON text what is wanted, and pass over the rest.

The outputs of a notebook can be millions of numbers, which as Python objects would fill the memory.
Here they stay bytes: a pattern runs over them, and only what is wanted is ever decoded.

A reader takes a text and a place in it, and returns what it has read and where that ends.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Reader = Callable[[bytes, int], tuple[Any, int]]

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_DEPTH = 3  # brackets in brackets that one match sees through


class ScanError(ValueError):
    """The text is not what it should be."""


class Span(NamedTuple):
    """A value that was passed over: from where to where."""

    start: int
    end: int


def _inside(depth: int) -> bytes:
    inner = rb"|[\[{]" + _inside(depth - 1) + rb"[\]}]" if depth else b""
    return rb'(?:[^\[\]{}"]++|' + _STRING + inner + rb")*+"


_BLANK = re.compile(rb"[ \t\r\n]*+")
_TEXT = re.compile(_STRING, re.DOTALL)
_PLAIN = re.compile(rb'[^\[\]{}",:\s]++')
_INSIDE = re.compile(_inside(_DEPTH), re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]++|[\]}]++")


def whole(data: bytes, reader: Reader) -> Any:
    """What a text holds, if that is one value.

    Raises
    ------
    ScanError
        If it is not.
    """
    value, at = reader(data, _skip(data, 0))
    if _skip(data, at) != len(data):
        raise ScanError(f"something follows its end at byte {at}")
    return value


def object_of(readers: Mapping[str, Reader]) -> Reader:
    """Return a reader of objects, which become dictionaries; of names without one, only the place.

    What is no object is passed over.
    """

    def read(data: bytes, at: int) -> tuple[Any, int]:
        if not data.startswith(b"{", at):
            return passed_over(data, at)
        found = {}
        at = _skip(data, at + 1)
        while not data.startswith(b"}", at):
            key = _TEXT.match(data, at)
            if key is None:
                raise ScanError(f"a name is missing at byte {at}")
            name = key[0][1:-1].decode("utf8", "replace")
            at = _after(data, _skip(data, key.end()), b":")
            found[name], at = readers.get(name, passed_over)(data, at)
            at = _next(data, at, b"}")
        return found, at + 1

    return read


def array_of(reader: Reader, most: int) -> Reader:
    """Return a reader of arrays of at most so many values; what is no array is passed over."""

    def read(data: bytes, at: int) -> tuple[Any, int]:
        if not data.startswith(b"[", at):
            return passed_over(data, at)
        found: list[Any] = []
        at = _skip(data, at + 1)
        while not data.startswith(b"]", at):
            if len(found) == most:
                raise ScanError(f"it is a list of more than {most} parts")
            value, at = reader(data, at)
            found.append(value)
            at = _next(data, at, b"]")
        return found, at + 1

    return read


def passed_over(data: bytes, at: int) -> tuple[Span, int]:
    """Read any value as its `Span`."""
    if data[at : at + 1] in (b"{", b"["):
        end = _end(data, at)
    else:
        found = _TEXT.match(data, at) or _PLAIN.match(data, at)
        if found is None:
            raise ScanError(f"a value is missing at byte {at}")
        end = found.end()
    return Span(at, end), end


def _end(data: bytes, start: int) -> int:
    depth, at = 0, start
    while found := _BRACKETS.match(data, at):
        size = found.end() - at
        if data[at : at + 1] in (b"[", b"{"):
            depth += size
        elif size < depth:
            depth -= size
        else:
            return at + depth
        inside = _INSIDE.match(data, found.end())
        at = inside.end() if inside else found.end()
    raise ScanError(f"a bracket is not closed before byte {at}")


def _next(data: bytes, at: int, closes: bytes) -> int:
    at = _skip(data, at)
    return at if data.startswith(closes, at) else _after(data, at, b",")


def _after(data: bytes, at: int, sign: bytes) -> int:
    if not data.startswith(sign, at):
        raise ScanError(f"a {sign.decode()} is missing at byte {at}")
    return _skip(data, at + 1)


def _skip(data: bytes, at: int) -> int:
    found = _BLANK.match(data, at)
    return found.end() if found else at
