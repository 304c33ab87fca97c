"""A limit on the computing time of a block, as far as a process can set one for itself."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class TimeIsUp(BaseException):
    """Not an `Exception`, so that a student's `except Exception` does not catch it."""


@contextlib.contextmanager
def computing_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeIsUp` in the block after `seconds`, where the platform can (not on Windows).

    The clock counts computing and not waiting: a busy machine must not cost anybody points.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        # It rings again and again, in case a bare `except:` swallows the first.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
