"""An answer, or that there is none, as HTML. Pure functions: whatever comes from a document is escaped here."""

from collections.abc import Sequence
from html import escape

from corpus import Span
from index import Hit
from qa.types import Answer, Citation
from qa.wire.links import version_of
from ui.chat.source import Place

_VERDICTS = {
    "no_evidence": "No answer found",
    "low_confidence": "No clear answer found",
    "computation": "Not said in the documents",
    "no_passages": "Nothing to search",
}
_RELATED = 3
_SNIPPET = 240
_CONFIDENCE = ((0.9, "Very likely right"), (0.7, "Likely right"), (0.5, "Possibly right"), (0.0, "Unsure"))


def answered(answer: Answer) -> str:
    """The quotations that answer, each once, how sure they are, and what else it might be if they are not."""
    several = len(answer.citations) > 1
    quotes = "".join(_quote(same) for same in _told_once(answer.citations))
    body = f"{quotes}{_confidence(answer.confidence)}{_also(answer.alternatives)}"
    return f'<div class="answer{" several" if several else ""}">{body}</div>'


def abstention(answer: Answer) -> str:
    """That there is no answer, and the nearest passages as plain links: nothing here looks like a quotation."""
    related = "".join(f"<li>{_related(hit, answer)}</li>" for hit in answer.hits[:_RELATED])
    nearest = f'<h3>Related passages</h3><ol class="related">{related}</ol>' if related else ""
    return (
        f'<div class="abstention"><p class="verdict">{_VERDICTS.get(answer.reason or "", "No answer")}</p>'
        f"<p>{escape(answer.message or '')}</p>{nearest}</div>"
    )


def place_of(citation: Citation) -> Place:
    """Where a citation stands."""
    answer = Span(citation.answer_start, citation.answer_end)
    version = version_of(citation.text_digest)
    return Place(citation.doc_id, Span(citation.start, citation.end), answer, version=version)


def confidence_words(confidence: float) -> str:
    """A probability in words."""
    return next(words for least, words in _CONFIDENCE if confidence >= least)


def _also(rivals: Sequence[Citation]) -> str:
    """Buttons that open the source at what may be the answer instead. Not quotations: less is claimed for them."""
    if not rivals:
        return ""
    items = "".join(
        f'<li><button type="button" class="ask" data-open {place_of(rival).attributes()} dir="auto" '
        f'title="Open the source">{escape(_snippet(rival.answer))}</button> '
        f'<span class="in">in <bdi>{escape(rival.heading or rival.title)}</bdi></span></li>'
        for rival in rivals
    )
    return f'<div class="also"><h3>Also possible</h3><ul>{items}</ul></div>'


def _told_once(citations: Sequence[Citation]) -> list[list[tuple[int, Citation]]]:
    """Citations with their numbers; those that quote the same words with the same answer stand together."""
    groups: dict[tuple[str, str], list[tuple[int, Citation]]] = {}
    for marker, citation in enumerate(citations, start=1):
        key = (" ".join(citation.quote.split()), " ".join(citation.answer.split()))
        groups.setdefault(key, []).append((marker, citation))
    return list(groups.values())


def _quote(same: Sequence[tuple[int, Citation]]) -> str:
    """The quoted sentences, the answer within in bold, and everywhere that they stand."""
    citation = same[0][1]
    before, answering, after = map(escape, citation.parts)
    entire = "" if before or after else ' class="entire"'
    return (
        f'<figure class="quote"><blockquote{entire} dir="auto">'
        f"{before}<strong>{answering}</strong>{after}</blockquote>"
        f"<figcaption>{''.join(_cited(*numbered) for numbered in same)}</figcaption></figure>"
    )


def _cited(marker: int, citation: Citation) -> str:
    """The numbered chip that opens the source, and the source's name."""
    label = f"Citation {marker}: open the source at {_where(citation)}"
    chip = (
        f'<button type="button" class="chip" data-open {place_of(citation).attributes()} '
        f'aria-label="{escape(label)}" title="Open the source">{marker}</button>'
    )
    named = [f'<bdi class="section">{escape(citation.heading)}</bdi>'] if citation.heading else []
    named += [f"page {citation.page}"] if citation.page is not None else []
    named += [f'<cite dir="auto">{escape(citation.title)}</cite>']
    return f'<span class="cited">{chip}<span>{" · ".join(named)}</span></span>'


def _where(citation: Citation) -> str:
    return f"{citation.heading}, in {citation.title}" if citation.heading else citation.title


def _confidence(confidence: float | None) -> str:
    if confidence is None:
        return ""
    words, share = confidence_words(confidence), f"{confidence:.0%}"
    level = sum(confidence >= least for least, _ in _CONFIDENCE)
    return (
        f'<p class="confidence level-{level}" title="{share} likely to be right"><span class="dots" aria-hidden="true">'
        f'</span>{words}<span class="unseen"> ({share})</span></p>'
    )


def _related(hit: Hit, answer: Answer) -> str:
    passage = hit.passage
    version = version_of(answer.digests.get(passage.doc_id, ""))
    place = Place(passage.doc_id, Span(passage.start, passage.end), version=version)
    title = passage.title or passage.doc_id
    named = passage.section if passage.section and passage.section != title else title
    told_apart = named != title and len(answer.digests) > 1
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
