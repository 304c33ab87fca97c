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
    """Compile `function` on its first call and keep the result on disk."""
    return numba.njit(cache=True, nogil=True)(function) if COMPILED else function
