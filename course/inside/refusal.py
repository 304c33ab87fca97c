"""In the place of what students are asked to write: functions that refuse.

A module of `rl_lib` or `course` that was not copied into the sandbox can still be imported there,
so that the notebooks' first cells run. Whatever is taken from it raises when it is called.
"""

import importlib.util
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGES = ("rl_lib", "course")


def refuse(*args: Any, **kwargs: Any) -> None:
    """Raise, with the words that students see."""
    raise RuntimeError("rl_lib can do this, but here it is what you are asked to write")


class Refusing(MetaPathFinder, Loader):
    """Finds every module of the course that nobody else finds; the last one to be asked."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Answer for modules of the course only."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Let every public name be a function that refuses."""

        def attribute(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return refuse

        module.__dict__["__getattr__"] = attribute
