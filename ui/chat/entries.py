"""A reader's conversation: questions in the order asked, each with what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from qa.question.followup import TURNS
from qa.types import Answer, Turn
from qa.wire.schemas import AnswerOut

SMALL_TALK = ("greeting", "thanks", "help")
"""Reasons for which there is nothing to look up."""

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of the conversation and what came of it: an answer, a problem, or nothing yet.

    ``record`` is the answer as the endpoint would give it; ``begun`` whether it is being answered or was; ``opens``
    whether its answer opens the source; ``request_id`` is that of the log. ``rating`` and ``note`` are what the reader
    thinks of the answer, ``kept`` what became of that.
    """

    question: str
    answer: Answer | None = None
    problem: str | None = None
    record: AnswerOut | None = None
    begun: bool = False
    opens: bool = True
    request_id: str = ""
    rating: Rating | None = None
    note: str = ""
    kept: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def settled(self) -> bool:
        """Whether something came of it."""
        return self.answer is not None or self.problem is not None

    @property
    def looked_up(self) -> bool:
        """Whether the documents were asked."""
        return self.answer is not None and self.answer.reason not in SMALL_TALK


def history(entries: Sequence[Entry]) -> list[Turn]:
    """The latest turns, oldest first, without small talk and without what failed."""
    turns = [Turn(entry.question, entry.answer.text) for entry in entries if entry.answer and entry.looked_up]
    return turns[-TURNS:]
