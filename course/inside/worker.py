"""Run a student's cells, and answer calls of their functions, one message at a time.

Everything a student can do, they can do to this module too: it lives in their process. So nothing
here is relied upon for a mark. The grader checks what comes back, and the limits around this
process are set from outside.
"""

import ast
import contextlib
import os
import socket
import sys
import traceback
from typing import Any

import numpy as np

from course.inside import shell, wire
from course.inside.clock import TimeIsUp, computing_limit
from rl_lib import MDPEnv


class Worker:
    """A namespace, and the requests that change it or look at it."""

    def __init__(self, end: socket.socket) -> None:
        self.end, self.process = end, os.getpid()
        self.sources: dict[str, list[str]] = {}
        self.namespace = shell.namespace()

    def serve(self) -> None:
        """Answer until the grader hangs up."""
        while True:
            try:
                request = wire.receive(self.end)
            except (EOFError, OSError):
                return
            answer = getattr(self, "_" + request["do"])
            try:
                reply = answer(request)
            except TimeIsUp:
                reply = {"error": "time"}
            except MemoryError as problem:
                reply = {"error": "memory", "message": self._told(problem)}
            except NotImplementedError as problem:
                reply = {"error": "unwritten", "message": self._told(problem)}
            except BaseException as problem:
                reply = {"error": "raised", "message": self._told(problem)}
            if os.getpid() != self.process:
                os._exit(0)  # a student has forked, and the child came back here
            with contextlib.suppress(OSError):
                while os.waitpid(-1, os.WNOHANG)[0]:  # dead children count as processes
                    pass
            reply["id"] = request["id"]
            try:
                wire.send(self.end, reply)
            except wire.WireError as problem:
                wire.send(
                    self.end, {"id": request["id"], "error": "raised", "message": f"{problem}"}
                )

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        source, label = shell.plain(request["source"]), request["label"]
        self.sources[f"<{label}>"] = source.splitlines()
        with computing_limit(request["seconds"]):
            shell.execute(source, label, self.namespace)
        return {}

    def _prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the lines of a notebook's first cell that can run here."""
        for node in ast.parse(request["source"]).body:
            with contextlib.suppress(Exception):  # what asks rl_lib for an answer
                shell.execute(ast.unparse(node), "setup", self.namespace)
        return {}

    def _install(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put a correct function in the place of the student's."""
        module: dict[str, Any] = {"__name__": "correct"}
        exec(request["source"], module)
        for name in request["names"]:
            self.namespace[name] = module["CORRECT"][name]
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

    def _told(self, problem: BaseException) -> str:
        """What went wrong, and in which line of the student's."""
        try:
            name = type(problem).__name__
            if isinstance(problem, SyntaxError):
                return f"{name}: {problem.msg} (line {problem.lineno} of the cell)"
            text = f"{name}: {problem}"[:600] if str(problem) else name
            for frame in reversed(traceback.extract_tb(problem.__traceback__)):
                lines = self.sources.get(frame.filename)
                if lines and frame.lineno and frame.lineno <= len(lines):
                    line = lines[frame.lineno - 1].strip()[:200]
                    return f"{text} (line {frame.lineno} of the cell: {line})"
            return text
        except Exception:
            return type(problem).__name__


def work(end: socket.socket) -> None:
    """Serve the grader at the other end, deaf and mute to everything else."""
    sys.stdin = open(os.devnull)  # noqa: SIM115
    Worker(end).serve()
