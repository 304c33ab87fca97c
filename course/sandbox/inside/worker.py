"""Run a student's cells, and answer calls of their functions, one message at a time.

Everything a student can do, they can do to this module too: it lives in their process. So nothing
here is relied upon for a mark. The grader checks what comes back, and the limits around this
process are set from outside.
"""

import contextlib
import os
import socket
import sys
from typing import Any

import numpy as np

from course.sandbox.inside import wire
from course.sandbox.inside.clock import TimeIsUp, computing_limit
from course.sandbox.inside.notebook import Notebook
from rl_lib import MDPEnv

TEXT = 600  # characters of an error


class Worker:
    """A namespace, and the requests that change it or look at it."""

    def __init__(self) -> None:
        self.notebook = Notebook()
        self.namespace = self.notebook.names

    def serve(self, end: socket.socket) -> None:
        """Answer until the grader hangs up."""
        process = os.getpid()
        while True:
            try:
                request, _ = wire.receive(end)
            except (EOFError, OSError):
                return
            reply = self.answer(request)
            if os.getpid() != process:
                os._exit(0)  # a student has forked, and the child came back here
            with contextlib.suppress(OSError):
                while os.waitpid(-1, os.WNOHANG)[0]:  # dead children count as processes
                    pass
            reply["id"] = request["id"]
            try:
                wire.send(end, reply)
            except wire.WireError as problem:
                wire.send(end, self._described(problem) | {"id": request["id"]})

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is requested, and describe what comes of it."""
        try:
            reply: dict[str, Any] = getattr(self, "_" + request["do"])(request)
        except TimeIsUp:
            reply = {"error": "time", "statement": self.notebook.statement}
        except BaseException as problem:
            reply = self._described(problem)
        return reply

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        self.notebook.statement = -1
        with computing_limit(request["seconds"]):
            self.notebook.run(
                **{name: request[name] for name in ("source", "label", "first", "without")}
            )
        return {}

    def _remember(self, request: dict[str, Any]) -> dict[str, Any]:
        self.notebook.remember()
        return {}

    def _differs(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"differs": self.notebook.differs(request["name"])}

    def _prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the lines of a notebook's first cell that can run here."""
        with contextlib.suppress(Exception):  # what asks rl_lib for an answer
            self.notebook.run(request["source"], "the first cell")
        return {}

    def _install(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put a correct function in the place of the student's."""
        module: dict[str, Any] = {"__name__": "correct"}
        exec(request["source"], module)
        for name, function in request["names"].items():
            self.namespace[name] = module[function]
        return {}

    def _defined(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"names": [n for n in request["names"] if callable(self.namespace.get(n))]}

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        arguments = [wire.unpack_in(value) for value in request["arguments"]]
        before = [a.tobytes() if isinstance(a, np.ndarray) else None for a in arguments]
        with computing_limit(request["seconds"]):
            result = wire.pack(self.namespace[request["name"]](*arguments))
        changed, states = {}, {}
        for i, argument in enumerate(arguments):
            if isinstance(argument, np.ndarray) and argument.tobytes() != before[i]:
                changed[i] = wire.pack(argument)
            elif isinstance(argument, np.random.Generator):
                states[i] = wire.state_of(argument)
            elif isinstance(argument, MDPEnv):
                states[i] = wire.state_of(argument.np_random)
        return {"result": result, "changed": changed, "generators": states}

    def _described(self, problem: BaseException) -> dict[str, Any]:
        """The kind of an error, its text, and the last line of the student's it came through."""
        kinds = {MemoryError: "memory", NotImplementedError: "unwritten"}
        error = next((word for kind, word in kinds.items() if isinstance(problem, kind)), "raised")
        reply = {"error": error, "name": type(problem).__name__, "text": "", "cell": "", "line": 0}
        with contextlib.suppress(Exception):
            if isinstance(problem, SyntaxError):
                return reply | {"text": str(problem.msg)[:TEXT], "line": problem.lineno or 0}
            reply["cell"], reply["line"] = self.notebook.place(problem)
            reply["text"] = str(problem)[:TEXT]
        return reply


def work(end: socket.socket) -> None:
    """Serve the grader at the other end, deaf and mute to everything else."""
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.path.insert(0, os.getcwd())  # for modules that a cell writes
    Worker().serve(end)
