"""Write a file whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path


def write(path: Path, data: str | bytes) -> None:
    """Put `data` in the place of what is at `path`, folders above it included.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is then still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with open(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
