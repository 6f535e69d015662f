"""The shapes of JSON, in and out, that the endpoint and the command line's ``--json`` share.

Offsets are half-open ranges of Unicode code points in the document's text. The examples are one true answer about the
built-in article, so that what they quote stands where they say.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainValidator, ValidationError
from pydantic_core import PydanticCustomError

from index import Mode
from qa.answerer import MAX_QUESTION, TOP_K
from qa.question.followup import ANSWER_CHARACTERS, TURNS
from qa.types import Turn

MAX_BATCH = 32
_QUESTION = "Who is Meta's spokesperson?"
_DOC = "the-last-holdout.txt"
_TITLE = "The Last Holdout: Washington Presses Meta to Open Its AI to Federal Security Review"
_QUOTE = (
    "A Meta spokesperson, Francis Brennan, told the paper that the company supports the goal of keeping the United "
    "States ahead on secure frontier AI and expects to finalize an agreement before long."
)
_PASSAGE = (
    f"{_QUOTE} That puts the matter on a clock of Meta's own setting, even as the gap between the request and a "
    "signature stays open."
)
_DIGEST = "sha256:ce8bbc0246a80bad422ef1558243a41f2fb6ba0d95e64e1974747ff46719731c"
_GENERATION = "71c5ffd56c8afe42616563523d2b0c055f42b1729701f653ef255c9f6690ec07"


def _number(value: object) -> object:
    """JSON's ``false`` and ``"8"`` are none, whatever Python makes of them; ``8.0`` is the integer 8."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number_type", "Input should be a number")
    return value


DocId = Annotated[
    str, Field(description="The document's id: the path of its file, from the folder that was added.", examples=[_DOC])
]
Title = Annotated[str, Field(description="The document's title, or its file's name.", examples=[_TITLE])]
Heading = Annotated[
    str | None,
    Field(description="The heading that it stands under; null under none.", examples=[None, "A request, not a rule"]),
]
TextDigest = Annotated[
    str, Field(description="The SHA-256 of the document's text, in which the offsets hold.", examples=[_DIGEST])
]
Generation = Annotated[
    str, Field(description="The version of the index; it changes with the documents.", examples=[_GENERATION])
]
TopK = Annotated[
    int,
    Field(ge=1, le=50, description="How many passages are returned; at least as many are read.", examples=[TOP_K]),
    BeforeValidator(_number),
]
DocIds = Annotated[
    list[str] | None,
    Field(max_length=1000, description="Search these documents alone; null searches all.", examples=[[_DOC], None]),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)


_RULES: dict[str, JsonValue] = {"minLength": 1, "maxLength": MAX_QUESTION, "pattern": r"\S"}
"""What ``check_question`` asks of a question, for the schema: its errors have codes of their own."""


class TurnBody(_Request):
    """An earlier turn of the conversation."""

    question: str = Field(
        max_length=MAX_QUESTION, description="What was asked, as it was asked.", examples=["Who is Francis Brennan?"]
    )
    answer: str | None = Field(
        default=None,
        max_length=20_000,
        description="What was answered; null where nothing was.",
        examples=["A Meta spokesperson"],
    )


class AskBody(_Request):
    """A question, with the turns before it: the server keeps no conversation."""

    question: str = Field(
        description=f"At most {MAX_QUESTION:,} characters, not all blank.",
        examples=[_QUESTION],
        json_schema_extra=_RULES,
    )
    history: list[TurnBody] = Field(
        default=[],
        max_length=50,
        description="The turns before, oldest first: they complete a question that leans on them. "
        f"The last {TURNS} are read, and {ANSWER_CHARACTERS:,} characters of each answer.",
        examples=[[]],
    )
    top_k: TopK = TOP_K
    doc_ids: DocIds = None
    min_confidence: Annotated[float, Field(ge=0, le=1), BeforeValidator(_number)] | None = Field(
        default=None,
        description="Abstain below this probability; null takes the fitted threshold.",
        examples=[0.5, None],
    )

    def turns(self) -> tuple[Turn, ...]:
        """The history as records."""
        return tuple(Turn(turn.question, turn.answer) for turn in self.history)


def _each_alone(value: object) -> AskBody | ValidationError:
    try:
        return AskBody.model_validate(value)
    except ValidationError as error:
        return error


class BatchBody(_Request):
    """Several questions, each with its own conversation."""

    questions: list[
        Annotated[AskBody | ValidationError, PlainValidator(_each_alone, json_schema_input_type=AskBody)]
    ] = Field(
        min_length=1,
        max_length=MAX_BATCH,
        description=f"From one to {MAX_BATCH}; one that is wrong gets an error in its place, the others an answer.",
    )


class SearchBody(_Request):
    """A query for passages alone."""

    query: str = Field(
        description=f"At most {MAX_QUESTION:,} characters, not all blank.",
        examples=["export controls"],
        json_schema_extra=_RULES,
    )
    mode: Mode = Field(
        default="hybrid",
        description="By meaning (`dense`), by words (`lexical`), or both together.",
        examples=["hybrid"],
    )
    top_k: TopK = 10
    doc_ids: DocIds = None


class CitationOut(_Response):
    """A quote and where it stands: ``quote == text[start:end]`` of the document."""

    marker: int = Field(description="The number of the citation in its answer, from 1.", examples=[1])
    doc_id: DocId
    title: Title
    section: Heading
    page: int | None = Field(description="The page, from 1, where the source has pages.", examples=[None, 3])
    start: int = Field(description="Where the quote begins.", examples=[1394])
    end: int = Field(description="Where the quote ends.", examples=[1588])
    quote: str = Field(description="The whole sentences around the answer.", examples=[_QUOTE])
    answer_start: int = Field(description="Where the answer begins, in the document.", examples=[1415])
    answer_end: int = Field(description="Where the answer ends, in the document.", examples=[1430])
    link: str = Field(
        description="Opens the chat at the quote, or says that the document has changed since.",
        examples=[f"/?doc={_DOC}&start=1394&end=1588&text=ce8bbc0246a8"],
    )
    text_digest: TextDigest


class HitOut(_Response):
    """A passage that was searched and read; ``text`` is the document's ``text[start:end]``."""

    rank: int = Field(description="The place in the final order, from 1.", examples=[1])
    doc_id: DocId
    title: Title
    start: int = Field(description="Where the passage begins.", examples=[1394])
    end: int = Field(description="Where the passage ends.", examples=[1707])
    text: str = Field(description="The passage.", examples=[_PASSAGE])
    section: Heading
    score: float = Field(description="What the order goes by; higher is better.", examples=[1.13])
    dense: float | None = Field(
        description="The mean of its and its nearest sentence's cosine; null where it was not near.", examples=[0.36]
    )
    lexical: float | None = Field(description="BM25; null where no word is shared.", examples=[1.22])
    dense_rank: int | None = Field(description="The place by meaning alone, from 1.", examples=[5])
    lexical_rank: int | None = Field(description="The place by words alone, from 1.", examples=[1])
    reader: float | None = Field(
        default=None,
        description="The reader's raw score for its best span; null where none was read.",
        examples=[13.55],
    )
    null: float | None = Field(
        default=None, description="The reader's raw score for the passage not answering.", examples=[0.54]
    )
    text_digest: TextDigest


class IndexOut(_Response):
    """Which index and models answered."""

    generation: Generation
    encoder: str = Field(description="The model that made the vectors.", examples=["all-MiniLM-L6-v2"])
    reader: str = Field(description="The model that found the span.", examples=["pincite-reader/a608188f"])


class AnswerOut(_Response):
    """An answer in the corpus's words, or an abstention (``answer`` null) with its reason."""

    question: str = Field(description="The question as it was asked.", examples=[_QUESTION])
    query: str = Field(
        description="What was searched for: the question, or how it was meant: spelt right, completed from the turns "
        "before, or beside the questions before that it leans on.",
        examples=[_QUESTION],
    )
    did_you_mean: str | None = Field(
        description="What the question may have meant too, where another form of it was answered better; else null.",
        examples=[None, _QUESTION],
    )
    answer: str | None = Field(description="A verbatim span, or null.", examples=["Francis Brennan", None])
    abstained: bool = Field(description="Whether there is no answer.", examples=[False])
    reason: str | None = Field(
        description="A stable code: why there is no answer. `computation` where no sentence says what would have to be "
        "counted, added up or compared; `greeting`, `thanks` and `help` where nothing was asked.",
        examples=[None, "no_evidence", "low_confidence", "computation", "no_passages"],
    )
    message: str | None = Field(
        description="The reason as a sentence.",
        examples=[None, "The documents may touch on this, but no passage answers it clearly enough."],
    )
    confidence: float | None = Field(
        description="The probability that the answer is right; null where none was fitted.", examples=[0.73, None]
    )
    citations: list[CitationOut] = Field(description="Where the answer stands, best first; at most three.")
    alternatives: list[CitationOut] = Field(
        description="What else it might be, best first, where the answer is unsure; at most two."
    )
    hits: list[HitOut] = Field(description="The best of the passages that were read, in their final order.")
    timings_ms: dict[str, float] = Field(
        description="Milliseconds: `encode`, `retrieve`, `read` and `total`.",
        examples=[{"encode": 6.1, "retrieve": 0.9, "read": 48.0, "total": 55.3}],
    )
    index: IndexOut = Field(description="What the answer came from.")


class ErrorOut(_Response):
    """What went wrong, as the endpoint's problem details name it."""

    code: str = Field(description="Stable: programs may match on it.", examples=["empty_question"])
    detail: str = Field(
        description="What is wrong, and what to do next.", examples=["The question is empty; type one."]
    )


class FailedOut(_Response):
    """A question of a batch that could not be answered."""

    error: ErrorOut = Field(description="Why.")


class BatchOut(_Response):
    """An answer or an error for each question, in their order."""

    results: list[AnswerOut | FailedOut] = Field(description="As many as questions, in their order.")


class SearchOut(_Response):
    """Hits in order."""

    hits: list[HitOut] = Field(description="The best passages, best first; fewer than asked for where there are fewer.")


class DocumentOut(_Response):
    """One document of the list."""

    doc_id: DocId
    title: Title
    characters: int = Field(description="The length of its text.", examples=[9651])
    passages: int = Field(description="How many passages of it are searched.", examples=[23])
    text_digest: TextDigest


class DocumentsOut(_Response):
    """All documents."""

    documents: list[DocumentOut] = Field(description="By id.")


class FailedFileOut(_Response):
    """A file of an upload that could not be added."""

    name: str = Field(description="Its name, as it was sent.", examples=["broken.pdf"])
    error: ErrorOut = Field(description="Why.")


class ChangeOut(_Response):
    """What changed, and the index that answers from now on."""

    added: list[DocumentOut] = Field(description="The documents that are new.")
    replaced: list[DocumentOut] = Field(description="Those that were there under the same id, as they are now.")
    removed: list[str] = Field(description="The ids of documents that are gone.", examples=[[]])
    failed: list[FailedFileOut] = Field(description="The files that could not be added.")
    generation: Generation


class SectionOut(_Response):
    """A heading; its text runs from ``body`` to ``end``."""

    heading: str = Field(description="The heading.", examples=["A request, not a rule"])
    start: int = Field(description="Where the heading begins.", examples=[1709])
    body: int = Field(description="Where the text below it begins.", examples=[1732])
    end: int = Field(description="Where the next heading begins.", examples=[3250])


class PageOut(_Response):
    """A page of the source."""

    number: int = Field(description="From 1.", examples=[1])
    start: int = Field(description="Where it begins.", examples=[0])
    end: int = Field(description="Where it ends.", examples=[1800])


class DocumentTextOut(DocumentOut):
    """One document with its text."""

    text: str = Field(description="The text that all offsets count in.", examples=[f"{_TITLE}\n\nReporting says …"])
    sections: list[SectionOut] = Field(description="Its headings, in order.")
    pages: list[PageOut] = Field(description="Its pages, where the source has pages.")
