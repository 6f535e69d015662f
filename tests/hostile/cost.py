"""What hostile input may cost: processor time, the least of some tries, since what else runs only ever lengthens it."""

import time
from collections.abc import Callable

import pytest

ALLOWED = 1.0
"""Seconds that the worst may cost above the plain, on a machine that counts to `_COUNTED` in `_NOMINAL` seconds."""
TRIES = 3
_COUNTED, _NOMINAL = 2_000_000, 0.1


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of all threads of this process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def slowness() -> float:
    """How much slower than the machine of the bar this one is, at least 1."""
    return max(1.0, seconds(lambda: sum(range(_COUNTED))) / _NOMINAL)


def check_cost(worst: Callable[[], object], plain: Callable[[], object]) -> None:
    """The worst costs at most a second more than the plain."""
    plain()  # what is done once is nobody's
    usual = seconds(plain)
    tries = []
    for _ in range(TRIES):
        tries.append(seconds(worst))
        if min(tries) <= usual + ALLOWED * slowness():
            return
    pytest.fail(f"{min(tries):.2f} s, and {usual:.2f} s for what is plain")
