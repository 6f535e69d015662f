"""How long each stage of the path takes."""

import time


class Clock:
    """Milliseconds by stage, from its making on."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """The time since the last lap was this stage's, which may come more than once."""
        now = time.perf_counter()
        self._laps[stage] = self._laps.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

    def stages(self) -> dict[str, float]:
        """The laps so far, and ``total``; stages that were not reached took none."""
        none_yet = {"encode": 0.0, "retrieve": 0.0, "read": 0.0}
        return none_yet | self._laps | {"total": 1000 * (time.perf_counter() - self._start)}
