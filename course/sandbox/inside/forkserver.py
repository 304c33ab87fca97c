"""Import the libraries once, then fork a child for each worker: imports take seconds, a fork none.

The grader starts it in the sandbox and asks it for workers over a socket. Nothing of any student's
ever runs in the fork server itself, and so what it forks is always clean.
"""

import gc
import json
import os
import shutil
import signal
import socket
import sys

from course.sandbox.inside import namespaces
from course.sandbox.inside.refusal import METHODS, Refusing, refuse


def main(isolation: str, control: socket.socket) -> None:
    """Get ready, say so, and fork until the grader hangs up."""
    _import_everything()
    if isolation != namespaces.NONE:  # caches of libraries; whoever comes finds nothing
        for entry in os.scandir(namespaces.SCRATCH):
            shutil.rmtree(entry) if entry.is_dir(follow_symlinks=False) else os.unlink(entry)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the supervisors
    nested = isolation != namespaces.NONE and _can_leave(isolation)
    control.sendall(json.dumps({"nested": nested}).encode() + b"\n")
    while True:
        message, handles, _, _ = socket.recv_fds(control, 4096, 4)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            line, end = (socket.socket(fileno=handle) for handle in handles[:2])
            _leave_nothing_open(*handles)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                from course.sandbox.inside.supervisor import supervise

                supervise(line, end, json.loads(message), isolation, handles[2:])
            except OSError as problem:
                line.sendall(json.dumps({"reason": f"sandbox: {problem}"}).encode() + b"\n")
            finally:
                os._exit(0)
        for handle in handles:
            os.close(handle)


def _import_everything() -> None:
    # An editable installation would lead to the whole course; in the sandbox it leads nowhere.
    sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in str(one).lower()]
    sys.meta_path.append(Refusing())
    import gymnasium  # noqa: F401
    import matplotlib.pyplot  # noqa: F401

    import course.sandbox.inside.supervisor  # noqa: F401
    import rl_lib

    for name in dir(rl_lib):  # public names are loaded when they are first used: now
        getattr(rl_lib, name)
    for module, owner, method in METHODS:
        setattr(getattr(sys.modules[module], owner), method, refuse)
    gc.collect()
    gc.freeze()  # so that children do not copy all of this when they collect


def _can_leave(isolation: str) -> bool:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            namespaces.leave(isolation)
            inner = os.fork()
            if inner == 0:
                namespaces.furnish(isolation, 2**20, namespaces.NOBODY)
                os._exit(0)
            os._exit(0 if os.waitpid(inner, 0)[1] == 0 else 1)
        except OSError:
            pass
        finally:
            os._exit(1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    able = os.waitpid(child, 0)[1] == 0
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return able


def _leave_nothing_open(*but: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    low = 3
    for handle in [*sorted(but), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(low, min(handle, 4096))
        low = handle + 1
