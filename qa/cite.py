"""Candidates into citations, each proven against its document before it leaves."""

from corpus import Document, Passage, Span, sentences
from qa.errors import CitationBroken
from qa.types import Candidate, Citation

_MORE = 2000
"""How many characters further the end of a sentence is looked for."""


def cite(candidate: Candidate, document: Document, answer: Span | None = None) -> Citation:
    """The whole sentences around the candidate's span, or around the ``answer`` that it is a part of or leads to.

    Raises CitationBroken, which would be a bug.
    """
    passage = candidate.passage
    within = passage.start <= candidate.start < candidate.end <= passage.end
    if not within or document.text[passage.start : passage.end] != passage.text:
        raise CitationBroken(f"The span at {candidate.start} is not in {document.doc_id!r}; build the index again.")
    answer = answer or Span(candidate.start, candidate.end)
    first, last = _lines_of(document.text, passage, answer)
    around = [s for s in sentences(document.text, first, last) if s.end > answer.start and s.start < answer.end]
    if not around:
        raise CitationBroken(f"No sentence of {document.doc_id!r} holds the span at {candidate.start}.")
    start, end = around[0].start, around[-1].end
    if not start <= answer.start < answer.end <= end:
        raise CitationBroken(f"The answer at {answer.start} is not in the quote at {start}.")
    return Citation(
        doc_id=document.doc_id,
        title=document.title,
        section=passage.section,
        page=document.page_at(answer.start),
        start=start,
        end=end,
        quote=document.text[start:end],
        answer_start=answer.start,
        answer_end=answer.end,
        text_digest=document.text_digest,
    )


def _lines_of(text: str, passage: Passage, answer: Span) -> Span:
    """The passage, and where the answer goes beyond it the lines and the paragraph that it begins and ends in."""
    first, last = passage.start, passage.end
    if answer.start < first:
        first = max(text.rfind("\n", 0, answer.start) + 1, answer.start - _MORE)
    if answer.end > last:
        end = text.find("\n\n", answer.end, answer.end + _MORE)
        last = (
            end if end >= 0 else min(len(text), answer.end + _MORE) if answer.end + _MORE >= len(text) else answer.end
        )
    return Span(first, last)
