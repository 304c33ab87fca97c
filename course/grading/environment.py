"""What a mark depends on besides the submission and the tests: our code, and others' versions."""

import hashlib
import shutil
import sys
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from course.sandbox.bubblewrap import package, staged

JUDGES = ("assignment", "judge", "notebooks", "results", "session", "submission", "words")
"""Modules of this folder that a mark depends on."""

LIBRARIES = ("numpy", "scipy", "gymnasium", "IPython", "numba")


@cache
def environment() -> dict[str, str]:
    """The versions of Python and of libraries, and a hash of our code, by name."""
    digest = hashlib.sha256()
    for file in judging_code():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    versions = {name: version(name) for name in LIBRARIES if find_spec(name) is not None}
    return {"Python": sys.version, **versions, "course": digest.hexdigest()[:16]}


def judging_code() -> list[Path]:
    """Files of ours that a mark can depend on: in the sandbox, and on this side of it."""
    library, course = package("rl_lib"), package("course")
    judges = ("exercise/*.py", "sandbox/**/*.py", *(f"grading/{name}.py" for name in JUDGES))
    files = {*library.rglob("*.py"), course / "checks.py"}
    files |= {file for file in staged() if file.suffix == ".py"}
    files |= {file for pattern in judges for file in course.glob(pattern)}
    pictures = {*(library / "plots").rglob("*.py"), course / "exercise" / "pictures.py"}
    return sorted(files - pictures)


def unfit(theirs: dict[str, str], unsafe: bool) -> str:
    """Why a machine that has `here()` cannot grade for this one; nothing if it can."""
    ours = environment()
    for name, value in ours.items():
        if theirs.get(name) != value:
            there = theirs.get(name, "none").split()[0]
            return f"it has {name} {there}, and here is {value.split()[0]}"
    if not unsafe and not theirs["bubblewrap"]:
        return "bubblewrap is missing there"
    return ""


def here() -> dict[str, str]:
    """The environment, and whether there is a sandbox."""
    return environment() | {"bubblewrap": shutil.which("bwrap") or ""}
