"""Candidates into citations, each proven against its document before it leaves."""

from corpus import Document, sentences
from qa.errors import CitationBroken
from qa.types import Candidate, Citation


def cite(candidate: Candidate, document: Document) -> Citation:
    """The whole sentence or sentences around the candidate's span. Raises CitationBroken, which would be a bug."""
    passage = candidate.passage
    around = [
        sentence
        for sentence in sentences(passage.text)
        if passage.start + sentence.end > candidate.start and passage.start + sentence.start < candidate.end
    ]
    if not around:
        raise CitationBroken(f"No sentence of {document.doc_id!r} holds the span at {candidate.start}.")
    start = passage.start + around[0].start
    end = passage.start + around[-1].end
    quote = passage.text[around[0].start : around[-1].end]
    if document.text[start:end] != quote or not start <= candidate.start < candidate.end <= end:
        raise CitationBroken(f"The quote at {start} is not in {document.doc_id!r}; build the index again.")
    return Citation(
        doc_id=document.doc_id,
        title=document.title,
        section=passage.section,
        page=document.page_at(candidate.start),
        start=start,
        end=end,
        quote=quote,
        answer_start=candidate.start,
        answer_end=candidate.end,
        text_digest=document.text_digest,
    )
