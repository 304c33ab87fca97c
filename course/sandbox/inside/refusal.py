"""What of `rl_lib` answers an exercise, and refuses in the place of it.

One list, used on both sides. In the sandbox these modules are not there at all: what a notebook
takes from them raises when it is called, and so its first cell runs. In a notebook, where they are,
`course.exercise.guard` lets them refuse while a test calls a student's function.
"""

import importlib.util
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ANSWERS = ("rl_lib.policies", "rl_lib.planning", "rl_lib.learning", "rl_lib.inverse")
"""Modules and packages whose functions answer what students are asked."""

METHODS = (("rl_lib.mdp", "MDP", "action_values"),)
"""Module, class and name of methods elsewhere that do."""

PICTURES = ("rl_lib.plots", "course.pictures", "course.exercise.pictures")
"""Modules that draw: no mark depends on a picture, and in the sandbox they do nothing."""

TESTS = ("course.checks", "course.exercise.checks")
"""Modules of the tests, which in the sandbox do nothing: the grader's own are elsewhere."""

PACKAGES = ("rl_lib", "course")


def is_in(name: str, modules: tuple[str, ...]) -> bool:
    """Whether a module is one of `modules`, or inside one of them."""
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


def refuse(*args: Any, **kwargs: Any) -> None:
    """Raise, with the words that students see."""
    problem = RuntimeError("rl_lib can do this, but here it is what you are asked to write")
    # IPython shows what this returns, and no lines of the library.
    problem._render_traceback_ = lambda: [str(problem)]  # type: ignore[attr-defined]
    raise problem


class Nothing:
    """A picture that is not drawn, say: whatever is done to it is nothing, too."""

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> "Nothing":
        """Draw nothing."""
        return self


class Refusing(MetaPathFinder, Loader):
    """Finds every module of the course that nobody else finds; the last one to be asked."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Answer for modules of the course only."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Let every public name be a function that refuses, or, of pictures, does nothing."""
        stands_in = Nothing() if is_in(module.__name__, (*PICTURES, *TESTS)) else refuse

        def attribute(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return stands_in

        module.__dict__["__getattr__"] = attribute
