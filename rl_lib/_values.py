"""Frozen dataclasses that can be copied, pickled and compared by value, arrays among their fields.

A copy is made by calling the class again, so that checks run and arrays stay read-only; what was
computed on the way (a `cached_property`) is computed anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np


class Value:
    """Base of a dataclass with `frozen=True, eq=False` whose fields say all that it is."""

    def _parts(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        pairs = zip(self._parts(), other._parts(), strict=True)
        return all(np.array_equal(mine, theirs) for mine, theirs in pairs)

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, self._parts())))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._parts()


class FrozenMapping(Mapping[str, float]):
    """A mapping that cannot be written to, and so can be hashed."""

    def __init__(self, pairs: Any = ()) -> None:
        self._pairs = dict(pairs)

    def __getitem__(self, key: str) -> float:
        return self._pairs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return hash(frozenset(self._pairs.items()))

    def __repr__(self) -> str:
        return repr(self._pairs)


def _hashable(part: Any) -> Any:
    return (part.shape, part.tobytes()) if isinstance(part, np.ndarray) else part
