"""How often somebody may do something: token buckets, of which only those that are not full take memory."""

import time
from collections import OrderedDict

_MOST = 10_000
"""Names that are remembered at once; beyond them the one that was heard of longest ago is forgotten."""


class Rates:
    """So many times in a row, and as many a minute from then on, for each name. For use in one thread."""

    def __init__(self, a_minute: int) -> None:
        """With 0 nothing is limited."""
        self._a_minute = a_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what was left, and when that was

    def wait(self, name: str) -> float:
        """Take one of the name's times; else the seconds until there is one again."""
        if not self._a_minute:
            return 0.0
        now = time.monotonic()
        left, then = self._left.pop(name, (float(self._a_minute), now))
        left = min(float(self._a_minute), left + (now - then) * self._a_minute / 60)
        taken = left >= 1
        self._left[name] = (left - taken, now)
        if len(self._left) > _MOST:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) * 60 / self._a_minute
