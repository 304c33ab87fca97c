"""Waiting for what must come: a limit that guards against hanging, and judges nobody's speed."""

import time

PATIENCE = 600
"""Seconds; what takes milliseconds here may take a minute on a machine with much else to do."""


def wait_until(condition):
    """What `condition()` returns once it is true, or at last when patience ends."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found
