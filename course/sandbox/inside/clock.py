"""A limit on the computing time of a block, as far as a process can set one for itself."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any


class TimeIsUp(BaseException):
    """Not an `Exception`, so that a student's `except Exception` does not catch it."""


def can_limit() -> bool:
    """Whether the platform can interrupt a block (Windows and browsers cannot)."""
    return hasattr(signal, "setitimer") and sys.platform != "emscripten"


@contextlib.contextmanager
def computing_limit(seconds: float, more: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
    """Raise `TimeIsUp` in the block after `seconds`, where the platform can.

    The clock counts computing and not waiting: a busy machine must not cost anybody points. When
    they are over, `more` may once give further seconds.
    """
    if not (can_limit() and threading.current_thread() is threading.main_thread()):
        yield
        return
    asked = False

    def stop(*_: Any) -> None:
        nonlocal asked
        if not asked:
            asked, further = True, more()
            if further > 0:
                signal.setitimer(signal.ITIMER_VIRTUAL, further, 0.5)
                return
        raise TimeIsUp

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        # It rings again and again, in case a bare `except:` swallows the first.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
