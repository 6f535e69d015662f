"""Waiting for what happens in another thread or process."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 240) -> None:
    """Return as soon as the condition holds; fail where it does not in time, which a busy machine may need."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
