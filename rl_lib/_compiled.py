"""`compiled` turns a textbook loop into machine code where numba is installed.

Without numba (in the browser) the same function runs as plain Python.
"""

from typing import Any

try:
    import numba

    COMPILED = True
except ImportError:
    COMPILED = False


def compiled(function: Any) -> Any:
    """Compile `function` on its first call and keep the result on disk, where there is a place."""
    if not COMPILED:
        return function
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the installation nor the home can be written
        return numba.njit(nogil=True)(function)


def inlined(function: Any) -> Any:
    """Compile `function` into every loop that calls it; left to itself, the compiler may not."""
    return numba.njit(inline="always", nogil=True)(function) if COMPILED else function


def plain(function: Any) -> Any:
    """The Python function behind a compiled one."""
    return getattr(function, "py_func", function)
