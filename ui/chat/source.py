"""The source panel as HTML: a document's text as paragraphs, with the cited range marked. Pure functions.

Offsets are code points of ``Document.text``, as everywhere; what is marked is sliced, never searched for.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from corpus import Document, Span
from corpus.splitting import blocks
from qa.wire.links import link_to, version_of

WHOLE = 200_000
"""Documents of up to this many characters are shown whole."""
AROUND = 30_000
"""How many characters on each side of a citation are shown of longer ones."""

_NOWHERE = Span(0, 0)
_SNAP = 2_000  # how far a window's edge may move to fall between paragraphs
_PROSE_LINE = 40  # lines at least this long were broken at a margin, shorter ones on purpose
_LINE_END = re.compile(r"\r\n?|\n")
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Place:
    """What to open: a document, from ``at`` or at a quote, with the answer's span within the quote.

    ``version`` is the beginning of the digest of the text that the characters are counted in; empty where any will do.
    """

    doc_id: str
    quote: Span = _NOWHERE
    answer: Span = _NOWHERE
    at: int = 0
    version: str = ""

    def link(self) -> str:
        """The address that opens the document at the quote, or at its beginning."""
        return link_to(self.doc_id, *self.quote, self.version)

    def attributes(self) -> str:
        """The ``data-`` attributes that the page's script sends back when the element is clicked."""
        numbers = (*self.quote, *self.answer, self.at)
        names = ("start", "end", "answer-start", "answer-end", "at")
        fields = {"doc": self.doc_id, "text": self.version, **dict(zip(names, map(str, numbers), strict=True))}
        return " ".join(f'data-{name}="{escape(value)}"' for name, value in fields.items())


class _Piece(NamedTuple):
    start: int
    end: int
    heading: bool


def place_from(fields: Mapping[str, object]) -> Place:
    """The place that a link or a click names; a range that makes no sense is left out."""
    start, end, answer_start, answer_end, at = (
        number(fields.get(name)) for name in ("start", "end", "answerStart", "answerEnd", "at")
    )
    quote = Span(start, end) if start < end else _NOWHERE
    answer = Span(answer_start, answer_end)
    within = quote.start <= answer.start < answer.end <= quote.end
    version = str(fields.get("text", ""))
    return Place(str(fields.get("doc", "")), quote, answer if within else _NOWHERE, at, version)


def source_panel(document: Document, place: Place, *, note: str = "") -> str:
    """The document at the place, whole or (if it is long) a window around it.

    Nothing is marked where the place is of another version of the text, or beyond its end.
    """
    if place.version and place.version != version_of(document.text_digest):
        place = Place(document.doc_id)
        note = note or "This document has changed since that was quoted, so nothing is highlighted."
    if place.quote.end > len(document.text):
        place = Place(document.doc_id)
        note = note or "The link points beyond the end of this document, so nothing is highlighted."
    shown = window(document.text, place)
    body = "".join(_body(document, place, shown))
    label = ", ".join(filter(None, (f"Text of {document.title}", _section(document, place))))
    return (
        f'<section class="panel" aria-label="Source" {place.attributes()}>'
        '<a class="back" href="#conversation" aria-keyshortcuts="Escape">Back to the answers</a>'
        f"{_head(document, place, note)}"
        f'<div class="text" role="group" aria-label="{escape(label)}" tabindex="0">'
        f"{_more(document, shown, later=False)}{body}{_more(document, shown, later=True)}</div></section>"
    )


def empty_panel(hint: str, *, note: str = "") -> str:
    """What stands there before a source is opened."""
    return f'<section class="panel" aria-label="Source">{_note(note)}<p class="hint">{escape(hint)}</p></section>'


def window(text: str, place: Place) -> Span:
    """The range of the text to show, its edges between paragraphs or at least between words."""
    if len(text) <= WHOLE:
        return Span(0, len(text))
    if place.quote == _NOWHERE:
        start = min(place.at, max(len(text) - AROUND, 0))
        end = start + 2 * AROUND
        keep = _NOWHERE
    else:
        keep = Span(place.quote.start, min(place.quote.end, place.quote.start + AROUND))
        start, end = keep.start - AROUND, keep.end + AROUND
    start = _snapped_start(text, start, keep.start or len(text)) if start > 0 else 0
    end = _snapped_end(text, end, max(keep.end, start + 1)) if end < len(text) else len(text)
    return Span(start, end)


def marked(text: str, shown: Span, quote: Span, answer: Span) -> str:
    """``text[shown]`` escaped, the part in ``quote`` in <mark>, the part in ``answer`` in <strong> within it."""
    quote = _clip(quote, shown)
    answer = _clip(answer, quote)
    before, after = text[shown.start : quote.start], text[quote.end : shown.end]
    inner = emphasised(text, quote, answer)
    return escape(before) + (f"<mark>{inner}</mark>" if inner else "") + escape(after)


def emphasised(text: str, shown: Span, answer: Span) -> str:
    """``text[shown]`` escaped, the part in ``answer`` in <strong>."""
    answer = _clip(answer, shown)
    answer_html = escape(text[slice(*answer)])
    bold = f"<strong>{answer_html}</strong>" if answer_html else ""
    return escape(text[shown.start : answer.start]) + bold + escape(text[answer.end : shown.end])


def _head(document: Document, place: Place, note: str) -> str:
    where = [escape(document.doc_id)]
    if place.quote != _NOWHERE:
        section, page = _section(document, place), document.page_at(_at(place))
        where += [f"<bdi>{escape(section)}</bdi>"] if section else []
        where += [f"page {page}"] if page is not None else []
    named = "Link to this passage" if place.quote != _NOWHERE else "Link to this document"
    return (
        f'<header><h2 dir="auto">{escape(document.title)}</h2><p class="where"><span>{" · ".join(where)}</span> '
        f'<a class="permalink" href="{escape(place.link())}" target="_blank" rel="noopener">{named}</a></p>'
        f"{_note(note)}</header>"
    )


def _at(place: Place) -> int:
    return place.answer.start or place.quote.start


def _section(document: Document, place: Place) -> str:
    """The heading above the quote; empty where there is none but the title, or nothing is quoted."""
    if place.quote == _NOWHERE:
        return ""
    heading = next((s.heading for s in document.sections if s.start <= _at(place) < s.end), "")
    return heading if heading != document.title else ""


def _note(note: str) -> str:
    return f'<p class="note" role="status">{escape(note)}</p>' if note else ""


def _more(document: Document, shown: Span, *, later: bool) -> str:
    """A button to what the window leaves out before or after, if anything."""
    if (shown.end == len(document.text)) if later else (shown.start == 0):
        return ""
    at = shown.end if later else max(0, shown.start - 2 * AROUND)
    left_out = len(document.text) - shown.end if later else shown.start
    words = f"{'Later' if later else 'Earlier'} text ({left_out:,} characters)"
    attributes = Place(document.doc_id, at=at).attributes()
    return f'<button type="button" class="more" data-open {attributes}>{words}</button>'


def _body(document: Document, place: Place, shown: Span) -> Iterator[str]:
    for piece in _pieces(document, shown):
        inner = marked(document.text, Span(piece.start, piece.end), place.quote, place.answer)
        if piece.heading:
            kind = "title" if document.text[piece.start : piece.end] == document.title else "section"
            yield f'<h3 class="{kind}" dir="auto">{inner}</h3>'
        else:
            kind = "prose" if _flows(document.text[piece.start : piece.end]) else "lines"
            yield f'<p class="{kind}" dir="auto">{inner}</p>'


def _pieces(document: Document, shown: Span) -> Iterator[_Piece]:
    """Headings and paragraphs within the range, in the order of the text."""
    position = shown.start
    for section in document.sections:
        if section.body <= shown.start or section.start >= shown.end:
            continue
        yield from (_Piece(*block, False) for block in blocks(document.text, position, max(section.start, position)))
        heading = _heading(document, max(section.start, shown.start), min(section.body, shown.end), section.heading)
        position = min(section.body, shown.end)
        # The title is the panel's own heading already; front matter and the like is no heading at all.
        if heading is None:
            yield from (_Piece(*block, False) for block in blocks(document.text, section.start, position))
        else:
            yield _Piece(*heading, True)
    yield from (_Piece(*block, False) for block in blocks(document.text, position, shown.end))


def _heading(document: Document, start: int, end: int, heading: str) -> Span | None:
    """Where the heading's words stand, without Markdown's marks around them; None if it holds more than a line."""
    raw = document.text[start:end]
    offset = raw.find(heading) if heading else -1
    if offset >= 0:
        return Span(start + offset, start + offset + len(heading))
    lines = list(blocks(document.text, start, end))
    return lines[0] if len(lines) == 1 and not _LINE_END.search(raw.strip()) else None


def _flows(paragraph: str) -> bool:
    """Whether line ends in it are those of a margin, to be read as blanks, and not those of a list or a poem."""
    return all(len(line) >= _PROSE_LINE for line in _LINE_END.split(paragraph)[:-1])


def _clip(span: Span, outer: Span) -> Span:
    """The common part, empty at the end of ``outer`` where there is none."""
    start, end = max(span.start, outer.start), min(span.end, outer.end)
    return Span(start, end) if start < end else Span(outer.end, outer.end)


def _snapped_start(text: str, start: int, latest: int) -> int:
    latest = min(start + _SNAP, latest)
    for gap in ("\n\n", "\n", " "):
        offset = text.find(gap, start, latest)
        if offset >= 0:
            return offset + len(gap)
    return start


def _snapped_end(text: str, end: int, earliest: int) -> int:
    earliest = max(end - _SNAP, earliest)
    for gap in ("\n\n", "\n", " "):
        offset = text.rfind(gap, earliest, end)
        if offset >= 0:
            return offset
    return end


def number(value: object) -> int:
    """A plain decimal number, else 0: both a link's text and a click's data may hold anything."""
    return int(value) if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value) else 0
