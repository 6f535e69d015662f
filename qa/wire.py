"""Records to JSON and back: the one shape that the endpoint and the command line's ``--json`` share.

Offsets are half-open ranges of Unicode code points in the document's text.
"""

from collections.abc import Collection
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from corpus import Document, PinciteError
from index import Hit, Index
from index.types import DocumentRecord
from qa.answerer import MAX_QUESTION, TOP_K
from qa.types import Answer, Askable, Candidate, Citation, Turn

_EXAMPLE_QUESTION = "Who is Meta's spokesperson?"


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)


TopK = Annotated[int, Field(ge=1, le=50, description="How many passages are read and returned.")]
DocIds = Annotated[
    list[str] | None, Field(max_length=1000, description="Search these documents alone; null searches all.")
]


class TurnBody(_Request):
    """An earlier turn of the conversation."""

    question: str = Field(max_length=MAX_QUESTION, examples=["Who is Francis Brennan?"])
    answer: str | None = Field(default=None, max_length=20_000, examples=["A Meta spokesperson"])


class AskBody(_Request):
    """A question, with the turns before it: the server keeps no conversation."""

    question: str = Field(description=f"At most {MAX_QUESTION} characters.", examples=[_EXAMPLE_QUESTION])
    history: list[TurnBody] = Field(default=[], max_length=50, examples=[[]])
    top_k: TopK = TOP_K
    doc_ids: DocIds = None
    min_confidence: float | None = Field(
        default=None, ge=0, le=1, description="Abstain below this probability; null takes the fitted threshold."
    )

    def turns(self) -> tuple[Turn, ...]:
        """The history as records."""
        return tuple(Turn(turn.question, turn.answer) for turn in self.history)


MAX_BATCH = 32


class BatchBody(_Request):
    """Several questions, each with its own conversation."""

    questions: list[AskBody] = Field(min_length=1, max_length=MAX_BATCH)


class SearchBody(_Request):
    """A query for passages alone."""

    query: str = Field(examples=["export controls"])
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"
    top_k: TopK = 10
    doc_ids: DocIds = None


class CitationOut(_Response):
    """A quote and where it stands: ``quote == text[start:end]`` of the document."""

    marker: int = Field(examples=[1])
    doc_id: str = Field(examples=["the-last-holdout.txt"])
    title: str
    section: str | None
    page: int | None
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    link: str = Field(description="Opens the chat at the quote.", examples=["/?doc=the-last-holdout.txt&start=0&end=9"])
    text_digest: str


class HitOut(_Response):
    """A passage that was searched and read; ``reader`` and ``null`` are the reader's raw scores."""

    rank: int
    doc_id: str
    start: int
    end: int
    text: str
    section: str | None
    score: float
    dense: float | None
    lexical: float | None
    dense_rank: int | None
    lexical_rank: int | None
    reader: float | None = None
    null: float | None = None


class IndexOut(_Response):
    """Which index and models answered."""

    generation: str
    encoder: str
    reader: str


class AnswerOut(_Response):
    """An answer in the corpus's words, or an abstention (``answer`` null) with its reason."""

    question: str
    query: str = Field(description="The standalone question that was searched.")
    answer: str | None = Field(description="A verbatim span, or null.")
    abstained: bool
    reason: str | None = Field(description="A stable code: why there is no answer.")
    message: str | None = Field(description="The reason as a sentence.")
    confidence: float | None = Field(
        description="The probability that the answer is right; null where none was fitted."
    )
    citations: list[CitationOut]
    hits: list[HitOut]
    timings_ms: dict[str, float] = Field(examples=[{"encode": 6.1, "retrieve": 0.9, "read": 48.0, "total": 55.3}])
    index: IndexOut


class ErrorOut(_Response):
    """What went wrong, as the endpoint's problem details name it."""

    code: str = Field(description="Stable: programs may match on it.", examples=["empty_question"])
    detail: str = Field(examples=["The question is empty; type one."])


class FailedOut(_Response):
    """A question of a batch that could not be answered."""

    error: ErrorOut


class BatchOut(_Response):
    """An answer or an error for each question, in their order."""

    results: list[AnswerOut | FailedOut]


class SearchOut(_Response):
    """Hits in order."""

    hits: list[HitOut]


class DocumentOut(_Response):
    """One document of the list."""

    doc_id: str
    title: str
    characters: int
    passages: int
    text_digest: str


class DocumentsOut(_Response):
    """All documents."""

    documents: list[DocumentOut]


class FailedFileOut(_Response):
    """A file of an upload that could not be added."""

    name: str = Field(examples=["broken.pdf"])
    error: ErrorOut


class ChangeOut(_Response):
    """What changed, and the index that answers from now on."""

    added: list[DocumentOut]
    removed: list[str] = Field(description="Ids.", examples=[[]])
    failed: list[FailedFileOut]
    generation: str


class SectionOut(_Response):
    """A heading; its text runs from ``body`` to ``end``."""

    heading: str
    start: int
    body: int
    end: int


class PageOut(_Response):
    """A page of the source."""

    number: int
    start: int
    end: int


class DocumentTextOut(DocumentOut):
    """One document with its text."""

    text: str
    sections: list[SectionOut]
    pages: list[PageOut]


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
