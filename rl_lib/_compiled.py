"""`compiled` turns a textbook loop into machine code where numba is installed.

Without numba (in the browser) the same function runs as plain Python.
"""

import contextlib
import hashlib
from pathlib import Path
from typing import Any

try:
    import numba

    COMPILED = True
except ImportError:
    COMPILED = False
"""Whether loops are compiled; where they are not, pages repeat long ones less often, and say so."""

_INLINED_FROM: dict[str, str] = {}
"""Hashes of the files that inlined functions stand in: compiled loops depend on them, too."""


def compiled(function: Any) -> Any:
    """Compile `function` on its first call and keep the result on disk, where there is a place."""
    if not COMPILED:
        return function
    try:
        loop = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the installation nor the home can be written
        return numba.njit(nogil=True)(function)
    with contextlib.suppress(AttributeError):  # numba itself looks at the loop's own file only
        file = loop._cache._cache_file  # type: ignore[attr-defined]
        file._source_stamp = (file._source_stamp, *sorted(_INLINED_FROM.items()))
    return loop


def inlined(function: Any) -> Any:
    """Compile `function` into every loop that calls it; left to itself, the compiler may not."""
    if not COMPILED:
        return function
    path = Path(function.__code__.co_filename)
    with contextlib.suppress(OSError):
        _INLINED_FROM[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return numba.njit(inline="always", nogil=True)(function)


def plain(function: Any) -> Any:
    """The Python function behind a compiled one."""
    return getattr(function, "py_func", function)
