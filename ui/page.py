"""The conversation as HTML. Pure functions: whatever comes from a document or a reader is escaped here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from qa.types import Answer, Turn
from qa.wire import AnswerOut
from ui.answers import Documents, abstention, answered
from ui.why import why

SMALL_TALK = ("greeting", "thanks", "help")
"""Reasons for which there is nothing to look up."""
_REMEMBERED = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of the conversation and what came of it: an answer, a problem, or nothing yet.

    ``record`` is the answer as the endpoint would give it; ``meant`` the question without a likely misspelling;
    ``begun`` whether it is being answered or was; ``opens`` whether its answer opens the source.
    """

    question: str
    answer: Answer | None = None
    problem: str | None = None
    record: AnswerOut | None = None
    meant: str | None = None
    begun: bool = False
    opens: bool = True

    @property
    def settled(self) -> bool:
        """Whether something came of it."""
        return self.answer is not None or self.problem is not None


def history(entries: Sequence[Entry]) -> list[Turn]:
    """The latest turns, oldest first, without small talk and without what failed."""
    turns = [
        Turn(entry.question, entry.answer.text)
        for entry in entries
        if entry.answer is not None and entry.answer.reason not in SMALL_TALK
    ]
    return turns[-_REMEMBERED:]


def conversation(entries: Sequence[Entry], examples: Sequence[str], documents: Documents) -> str:
    """All turns, oldest first; before the first one, what this is and questions to begin with."""
    turns = "".join(_turn(entry, examples, documents) for entry in entries) or _welcome(examples)
    return (
        '<section class="log" aria-label="Conversation" tabindex="0">'
        f'<div role="log" aria-live="polite" aria-label="Questions and answers">{turns}</div></section>'
    )


def problem(message: str) -> str:
    """Why a question was not taken, to stand beside the question box."""
    return f'<p class="problem" role="alert">{escape(message)}</p>' if message else ""


def _welcome(examples: Sequence[str]) -> str:
    asked = "".join(f"<li>{_ask_button(example)}</li>" for example in examples)
    begin = f'<h3>Questions to begin with</h3><ul class="examples">{asked}</ul>' if asked else ""
    return (
        '<div class="welcome"><h2>What would you like to know?</h2><p>Every answer is a quotation from the documents, '
        "shown where it stands. If they do not say, you are told so.</p>"
        f"{begin}</div>"
    )


def _turn(entry: Entry, examples: Sequence[str], documents: Documents) -> str:
    link = "/?" + urlencode({"q": entry.question})
    asked = (
        f'<h2 class="question" dir="auto">{escape(entry.question)}</h2>'
        f'<a class="permalink" href="{escape(link)}" target="_blank" rel="noopener" '
        'aria-label="Link to this question" title="Link to this question">Link</a>'
    )
    return f'<article class="turn"><div class="asked">{asked}</div>{_outcome(entry, examples, documents)}</article>'


def _outcome(entry: Entry, examples: Sequence[str], documents: Documents) -> str:
    answer = entry.answer
    if entry.problem is not None:
        return f'<p class="problem">{escape(entry.problem)} {_ask_button(entry.question, "Ask again")}</p>'
    if answer is None:
        return f'<p class="waiting">{"Searching the documents…" if entry.begun else "Waiting for its turn…"}</p>'
    if answer.reason in SMALL_TALK:
        return f'<p class="reply">{_with_buttons(answer.message or "", examples)}</p>'
    told = abstention(answer, documents) if answer.text is None else answered(answer, documents)
    return _meant(entry.meant) + _searched(answer) + told + (why(entry.record, documents) if entry.record else "")


def _meant(question: str | None) -> str:
    return f'<p class="meant">Did you mean: {_ask_button(question)}</p>' if question else ""


def _searched(answer: Answer) -> str:
    if answer.query == answer.question:
        return ""
    return f'<p class="searched">searched for: <q dir="auto">{escape(answer.query)}</q></p>'


def _with_buttons(message: str, examples: Sequence[str]) -> str:
    """A message in which each example question that it names can be clicked."""
    if not examples:
        return escape(message)
    parts = re.split("“(" + "|".join(map(re.escape, examples)) + ")”", message)
    return "".join(_ask_button(part) if i % 2 else escape(part) for i, part in enumerate(parts))


def _ask_button(question: str, words: str | None = None) -> str:
    shown = escape(question if words is None else words)
    return f'<button type="button" class="ask" data-question="{escape(question)}" dir="auto">{shown}</button>'
