"""Records to JSON: the one place where they take the shapes of ``qa.wire.schemas``."""

from collections.abc import Collection, Mapping

from corpus import Document, PinciteError
from index import Hit, Index
from index.types import DocumentRecord
from qa.types import Answer, Candidate, Citation
from qa.wire.links import link_to, version_of
from qa.wire.schemas import (
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


def answer_out(answer: Answer) -> AnswerOut:
    """An answer as the endpoint and ``--json`` give it. Raises ValueError for one that nothing has answered."""
    if answer.source is None:
        raise ValueError("An answer that is shown names the index that it came from.")
    best = {candidate.passage: candidate for candidate in reversed(answer.candidates)}
    return AnswerOut(
        question=answer.question,
        query=answer.query,
        did_you_mean=answer.did_you_mean,
        answer=answer.text,
        abstained=answer.abstained,
        reason=answer.reason,
        message=answer.message,
        confidence=answer.confidence,
        citations=[_citation_out(marker, citation) for marker, citation in enumerate(answer.citations, start=1)],
        alternatives=[_citation_out(marker, citation) for marker, citation in enumerate(answer.alternatives, start=1)],
        hits=[_hit_out(hit, best.get(hit.passage), answer.digests) for hit in answer.hits],
        timings_ms={stage: round(value, 2) for stage, value in answer.timings.items()},
        index=IndexOut(generation=answer.source.generation, encoder=answer.source.encoder, reader=answer.source.reader),
    )


def failed_out(error: PinciteError) -> FailedOut:
    """An error in the place of an answer."""
    return FailedOut(error=ErrorOut(code=error.code, detail=str(error)))


def search_out(hits: list[Hit], index: Index) -> SearchOut:
    """Hits of an index as the endpoint and ``--json`` give them."""
    digests = {hit.passage.doc_id: index.document(hit.passage.doc_id).text_digest for hit in hits}
    return SearchOut(hits=[_hit_out(hit, None, digests) for hit in hits])


def documents_out(index: Index) -> DocumentsOut:
    """The list of documents, by id."""
    return DocumentsOut(documents=[_record_out(record) for record in index.manifest.documents])


def change_out(
    index: Index, added: Collection[str], replaced: Collection[str], removed: list[str], failed: list[FailedFileOut]
) -> ChangeOut:
    """What an update did to make this index; ``added``, ``replaced`` and ``removed`` are ids."""
    new, anew = (
        [_record_out(record) for record in index.manifest.documents if record.doc_id in ids]
        for ids in (added, replaced)
    )
    return ChangeOut(added=new, replaced=anew, removed=removed, failed=failed, generation=index.generation)


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
        link=link_to(citation.doc_id, citation.start, citation.end, version_of(citation.text_digest)),
        text_digest=citation.text_digest,
    )


def _hit_out(hit: Hit, candidate: Candidate | None, digests: Mapping[str, str]) -> HitOut:
    return HitOut(
        rank=hit.rank,
        doc_id=hit.passage.doc_id,
        title=hit.passage.title,
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
        text_digest=digests[hit.passage.doc_id],
    )
