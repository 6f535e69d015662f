"""An earlier turn as the rules of follow-ups read it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandaloneTurn:
    """One whose question stands alone; ``answer`` is empty where there was none."""

    question: str
    answer: str
