"""Records to JSON: the one place where they take the shapes of ``qa.shapes``."""

from collections.abc import Collection
from urllib.parse import urlencode

from corpus import Document, PinciteError
from index import Hit, Index
from index.types import DocumentRecord
from qa.shapes import (
    AnswerOut,
    ChangeOut,
    CitationOut,
    DocumentOut,
    DocumentsOut,
    DocumentTextOut,
    ErrorOut,
    FailedFileOut,
    FailedOut,
    HitOut,
    IndexOut,
    PageOut,
    SearchOut,
    SectionOut,
)
from qa.types import Answer, Askable, Candidate, Citation


def answer_out(answer: Answer, answerer: Askable) -> AnswerOut:
    """An answer as the endpoint and ``--json`` give it."""
    best = {candidate.passage: candidate for candidate in reversed(answer.candidates)}
    return AnswerOut(
        question=answer.question,
        query=answer.query,
        answer=answer.text,
        abstained=answer.abstained,
        reason=answer.reason,
        message=answer.message,
        confidence=answer.confidence,
        citations=[_citation_out(marker, citation) for marker, citation in enumerate(answer.citations, start=1)],
        hits=[_hit_out(hit, best.get(hit.passage)) for hit in answer.hits],
        timings_ms={stage: round(value, 2) for stage, value in answer.timings.items()},
        index=IndexOut(
            generation=answerer.index.generation, encoder=answerer.index.encoder.name, reader=answerer.reader.name
        ),
    )


def failed_out(error: PinciteError) -> FailedOut:
    """An error in the place of an answer."""
    return FailedOut(error=ErrorOut(code=error.code, detail=str(error)))


def search_out(hits: list[Hit]) -> SearchOut:
    """Hits as the endpoint and ``--json`` give them."""
    return SearchOut(hits=[_hit_out(hit, None) for hit in hits])


def documents_out(index: Index) -> DocumentsOut:
    """The list of documents, by id."""
    return DocumentsOut(documents=[_record_out(record) for record in index.manifest.documents])


def change_out(index: Index, added: Collection[str], removed: list[str], failed: list[FailedFileOut]) -> ChangeOut:
    """What an update did to make this index; ``added`` are ids."""
    new = [_record_out(record) for record in index.manifest.documents if record.doc_id in added]
    return ChangeOut(added=new, removed=removed, failed=failed, generation=index.generation)


def failed_file_out(name: str, error: PinciteError) -> FailedFileOut:
    """An error of a file. A name may hold what JSON cannot."""
    shown = name.encode("utf-8", "replace").decode()
    return FailedFileOut(name=shown, error=failed_out(error).error)


def document_out(index: Index, document: Document) -> DocumentTextOut:
    """One document with its text, sections and pages."""
    return DocumentTextOut(
        doc_id=document.doc_id,
        title=document.title,
        characters=len(document.text),
        passages=sum(passage.doc_id == document.doc_id for passage in index.passages),
        text_digest=document.text_digest,
        text=document.text,
        sections=[SectionOut(heading=s.heading, start=s.start, body=s.body, end=s.end) for s in document.sections],
        pages=[PageOut(number=p.number, start=p.start, end=p.end) for p in document.pages],
    )


def link_to(citation: Citation) -> str:
    """The address, on the server of the chat, that opens the source at the citation."""
    return "/?" + urlencode({"doc": citation.doc_id, "start": citation.start, "end": citation.end})


def _record_out(record: DocumentRecord) -> DocumentOut:
    return DocumentOut(
        doc_id=record.doc_id,
        title=record.title,
        characters=record.characters,
        passages=record.passages,
        text_digest=record.text_digest,
    )


def _citation_out(marker: int, citation: Citation) -> CitationOut:
    return CitationOut(
        marker=marker,
        doc_id=citation.doc_id,
        title=citation.title,
        section=citation.section,
        page=citation.page,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        answer_start=citation.answer_start,
        answer_end=citation.answer_end,
        link=link_to(citation),
        text_digest=citation.text_digest,
    )


def _hit_out(hit: Hit, candidate: Candidate | None) -> HitOut:
    return HitOut(
        rank=hit.rank,
        doc_id=hit.passage.doc_id,
        start=hit.passage.start,
        end=hit.passage.end,
        text=hit.passage.text,
        section=hit.passage.section,
        score=hit.score,
        dense=hit.dense,
        lexical=hit.lexical,
        dense_rank=hit.dense_rank,
        lexical_rank=hit.lexical_rank,
        reader=candidate.score if candidate else None,
        null=candidate.null_score if candidate else None,
    )
