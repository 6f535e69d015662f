"""The conversation as HTML. Pure functions: whatever comes from a document or a reader is escaped here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from corpus import Document, Span
from index import Hit
from qa.types import Answer, Citation, Turn
from ui.source import Place, emphasised

Documents = Mapping[str, Document]
"""Every document of the index, by its id."""

SMALL_TALK = ("greeting", "thanks", "help")
"""Reasons for which there is nothing to look up."""
_RELATED = 3
_SNIPPET = 240
_REMEMBERED = 10
_CONFIDENCE = ((0.9, "Very likely right"), (0.7, "Likely right"), (0.5, "Possibly right"), (0.0, "Unsure"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of the conversation and what came of it: an answer, a problem, or nothing yet."""

    question: str
    answer: Answer | None = None
    problem: str | None = None


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


def place_of(citation: Citation) -> Place:
    """Where a citation stands."""
    answer = Span(citation.answer_start, citation.answer_end)
    return Place(citation.doc_id, Span(citation.start, citation.end), answer)


def confidence_words(confidence: float) -> str:
    """A probability in words."""
    return next(words for least, words in _CONFIDENCE if confidence >= least)


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
        return '<p class="waiting">Searching the documents…</p>'
    if answer.reason in SMALL_TALK:
        return f'<p class="reply">{_with_buttons(answer.message or "", examples)}</p>'
    return _searched(answer) + (_abstention(answer, documents) if answer.text is None else _answer(answer))


def _searched(answer: Answer) -> str:
    if answer.query == answer.question:
        return ""
    return f'<p class="searched">searched for: <q dir="auto">{escape(answer.query)}</q></p>'


def _answer(answer: Answer) -> str:
    several = len(answer.citations) > 1
    quotes = "".join(_quote(marker, citation) for marker, citation in enumerate(answer.citations, start=1))
    return f'<div class="answer{" several" if several else ""}">{quotes}{_confidence(answer.confidence)}</div>'


def _quote(marker: int, citation: Citation) -> str:
    """The quoted sentences, the answer within in bold, and where they stand."""
    place = place_of(citation)
    span = Span(citation.answer_start - citation.start, citation.answer_end - citation.start)
    whole = Span(0, len(citation.quote))
    section = citation.section if citation.section and citation.section != citation.title else None
    where = f"{section}, in {citation.title}" if section else citation.title
    chip = (
        f'<button type="button" class="chip" data-open {place.attributes()} '
        f'aria-label="{escape(f"Citation {marker}: open the source at {where}")}" title="Open the source">'
        f"{marker}</button>"
    )
    named = [f'<bdi class="section">{escape(section)}</bdi>'] if section else []
    named += [f"page {citation.page}"] if citation.page is not None else []
    named += [f'<cite dir="auto">{escape(citation.title)}</cite>']
    entire = ' class="entire"' if span == whole else ""
    return (
        f'<figure class="quote"><blockquote{entire} dir="auto">'
        f"{emphasised(citation.quote, whole, span)}</blockquote>"
        f"<figcaption>{chip}<span>{' · '.join(named)}</span></figcaption></figure>"
    )


def _confidence(confidence: float | None) -> str:
    if confidence is None:
        return ""
    words, share = confidence_words(confidence), f"{confidence:.0%}"
    level = sum(confidence >= least for least, _ in _CONFIDENCE)
    return (
        f'<p class="confidence level-{level}" title="{share} likely to be right"><span class="dots" aria-hidden="true">'
        f'</span>{words}<span class="unseen"> ({share})</span></p>'
    )


def _abstention(answer: Answer, documents: Documents) -> str:
    """That the documents do not say, and the nearest passages as plain links: nothing here looks like a quotation."""
    related = "".join(f"<li>{_related(hit, documents)}</li>" for hit in answer.hits[:_RELATED])
    nearest = f'<h3>Related passages</h3><ol class="related">{related}</ol>' if related else ""
    return (
        '<div class="abstention"><p class="verdict">No answer in the documents</p>'
        f"<p>{escape(answer.message or '')}</p>{nearest}</div>"
    )


def _related(hit: Hit, documents: Documents) -> str:
    passage = hit.passage
    place = Place(passage.doc_id, Span(passage.start, passage.end))
    document = documents.get(passage.doc_id)
    title = document.title if document else passage.doc_id
    named = passage.section if passage.section and passage.section != title else title
    told_apart = named != title and len(documents) > 1
    in_title = f' <span class="in">in <bdi>{escape(title)}</bdi></span>' if told_apart else ""
    return (
        f'<a href="{escape(place.link())}" data-open {place.attributes()}><bdi>{escape(named)}</bdi></a>{in_title}'
        f'<span class="snippet" dir="auto">{escape(_snippet(passage.text))}</span>'
    )


def _snippet(text: str) -> str:
    """The beginning of a passage, cut between words."""
    plain = " ".join(text.split())
    if len(plain) <= _SNIPPET:
        return plain
    return plain[: plain.rfind(" ", _SNIPPET // 2, _SNIPPET) + 1 or _SNIPPET].rstrip(" .,;:–—") + "…"


def _with_buttons(message: str, examples: Sequence[str]) -> str:
    """A message in which each example question that it names can be clicked."""
    if not examples:
        return escape(message)
    parts = re.split("“(" + "|".join(map(re.escape, examples)) + ")”", message)
    return "".join(_ask_button(part) if i % 2 else escape(part) for i, part in enumerate(parts))


def _ask_button(question: str, words: str | None = None) -> str:
    shown = escape(question if words is None else words)
    return f'<button type="button" class="ask" data-question="{escape(question)}" dir="auto">{shown}</button>'
