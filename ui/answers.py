"""An answer, or that there is none, as HTML. Pure functions: whatever comes from a document is escaped here."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice

from corpus import Document, Span
from index import Hit
from qa.cite import cite
from qa.types import Answer, Citation
from ui.source import Place, emphasised

Documents = Mapping[str, Document]
"""Every document of the index, by its id."""

_RELATED = 3
_SNIPPET = 240
_RUNNERS_UP = 2
_UNSURE = 0.5  # a confidence below this offers runners-up,
_NARROW = 2.0  # and where none was fitted, a margin below this
_BEHIND = 3.0  # how far in margin a runner-up may lie behind: about a twentieth as likely
_CONFIDENCE = ((0.9, "Very likely right"), (0.7, "Likely right"), (0.5, "Possibly right"), (0.0, "Unsure"))


def answered(answer: Answer, documents: Documents) -> str:
    """The quotations that answer, each once, how sure they are, and what else it might be if they are not."""
    several = len(answer.citations) > 1
    quotes = "".join(_quote(same) for same in _told_once(answer.citations))
    told = f"{quotes}{_confidence(answer.confidence)}{_also(runners_up(answer, documents))}"
    return f'<div class="answer{" several" if several else ""}">{told}</div>'


def abstention(answer: Answer, documents: Documents) -> str:
    """That the documents do not say, and the nearest passages as plain links: nothing here looks like a quotation."""
    related = "".join(f"<li>{_related(hit, documents)}</li>" for hit in answer.hits[:_RELATED])
    nearest = f'<h3>Related passages</h3><ol class="related">{related}</ol>' if related else ""
    return (
        '<div class="abstention"><p class="verdict">No answer in the documents</p>'
        f"<p>{escape(answer.message or '')}</p>{nearest}</div>"
    )


def runners_up(answer: Answer, documents: Documents) -> list[Citation]:
    """The next best candidates that say something else, best first, where the answer is unsure; else none."""
    if answer.text is None or not answer.candidates or not _is_unsure(answer):
        return []
    return list(islice(_rivals(answer, documents), _RUNNERS_UP))


def place_of(citation: Citation) -> Place:
    """Where a citation stands."""
    answer = Span(citation.answer_start, citation.answer_end)
    return Place(citation.doc_id, Span(citation.start, citation.end), answer)


def confidence_words(confidence: float) -> str:
    """A probability in words."""
    return next(words for least, words in _CONFIDENCE if confidence >= least)


def _is_unsure(answer: Answer) -> bool:
    if answer.confidence is None:
        return answer.candidates[0].margin < _NARROW
    return answer.confidence < _UNSURE


def _rivals(answer: Answer, documents: Documents) -> Iterator[Citation]:
    best, *others = answer.candidates
    shown, said = list(answer.citations), {_words(answer.text or "")}
    for candidate in others:
        document = documents.get(candidate.passage.doc_id)
        if document is None or candidate.margin < best.margin - _BEHIND:
            continue
        rival = cite(candidate, document)
        words = _words(_span_of(rival))
        if words in said or any(rival.overlaps(other) for other in shown):
            continue
        shown.append(rival)
        said.add(words)
        yield rival


def _also(rivals: Sequence[Citation]) -> str:
    """Buttons that open the source at what may be the answer instead. Not quotations: less is claimed for them."""
    if not rivals:
        return ""
    items = "".join(
        f'<li><button type="button" class="ask" data-open {place_of(rival).attributes()} dir="auto" '
        f'title="Open the source">{escape(_snippet(_span_of(rival)))}</button> '
        f'<span class="in">in <bdi>{escape(_section(rival) or rival.title)}</bdi></span></li>'
        for rival in rivals
    )
    return f'<div class="also"><h3>Also possible</h3><ul>{items}</ul></div>'


def _span_of(citation: Citation) -> str:
    return citation.quote[citation.answer_start - citation.start : citation.answer_end - citation.start]


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


def _told_once(citations: Sequence[Citation]) -> list[list[tuple[int, Citation]]]:
    """Citations with their numbers; those that quote the same words with the same answer stand together."""
    found: dict[tuple[str, str], list[tuple[int, Citation]]] = {}
    for marker, citation in enumerate(citations, start=1):
        said = (" ".join(citation.quote.split()), " ".join(_span_of(citation).split()))
        found.setdefault(said, []).append((marker, citation))
    return list(found.values())


def _quote(same: Sequence[tuple[int, Citation]]) -> str:
    """The quoted sentences, the answer within in bold, and everywhere that they stand."""
    citation = same[0][1]
    span = Span(citation.answer_start - citation.start, citation.answer_end - citation.start)
    whole = Span(0, len(citation.quote))
    entire = ' class="entire"' if span == whole else ""
    return (
        f'<figure class="quote"><blockquote{entire} dir="auto">'
        f"{emphasised(citation.quote, whole, span)}</blockquote>"
        f"<figcaption>{''.join(_cited(*numbered) for numbered in same)}</figcaption></figure>"
    )


def _cited(marker: int, citation: Citation) -> str:
    """The numbered chip that opens the source, and the source's name."""
    section = _section(citation)
    label = f"Citation {marker}: open the source at {_where(citation)}"
    chip = (
        f'<button type="button" class="chip" data-open {place_of(citation).attributes()} '
        f'aria-label="{escape(label)}" title="Open the source">{marker}</button>'
    )
    named = [f'<bdi class="section">{escape(section)}</bdi>'] if section else []
    named += [f"page {citation.page}"] if citation.page is not None else []
    named += [f'<cite dir="auto">{escape(citation.title)}</cite>']
    return f'<span class="cited">{chip}<span>{" · ".join(named)}</span></span>'


def _section(citation: Citation) -> str | None:
    return citation.section if citation.section and citation.section != citation.title else None


def _where(citation: Citation) -> str:
    section = _section(citation)
    return f"{section}, in {citation.title}" if section else citation.title


def _confidence(confidence: float | None) -> str:
    if confidence is None:
        return ""
    words, share = confidence_words(confidence), f"{confidence:.0%}"
    level = sum(confidence >= least for least, _ in _CONFIDENCE)
    return (
        f'<p class="confidence level-{level}" title="{share} likely to be right"><span class="dots" aria-hidden="true">'
        f'</span>{words}<span class="unseen"> ({share})</span></p>'
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
