"""The records and protocols of question answering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from corpus import Passage
from index import Hit

Reason = Literal["no_passages", "no_evidence", "low_confidence", "computation", "greeting", "thanks", "help"]
"""Why there is no answer: nothing to search, nothing found, too unsure, to be worked out, or no question was asked."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and what was answered."""

    question: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer: ``start`` and ``end`` are offsets into the document of ``passage``.

    ``score`` and ``null_score`` (that the passage does not answer) are raw and comparable across passages. ``first``
    is what a quicker reader, which read before, thinks of the same passage: its span that overlaps this one, else its
    best.
    """

    passage: Passage
    start: int
    end: int
    score: float
    null_score: float
    first: "Candidate | None" = None

    @property
    def text(self) -> str:
        """The span's words."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def margin(self) -> float:
        """How much more the span is believed than that the passage does not answer."""
        return self.score - self.null_score

    def overlaps(self, other: "Candidate") -> bool:
        """Whether both hold a character of the same passage."""
        return self.passage == other.passage and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Citation:
    """``quote`` (whole sentences) is ``document.text[start:end]`` and holds the answer's span."""

    doc_id: str
    title: str
    section: str | None
    page: int | None
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    text_digest: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """The quote before the answer, the words that answer, and the quote after them."""
        start, end = self.answer_start - self.start, self.answer_end - self.start
        return self.quote[:start], self.quote[start:end], self.quote[end:]

    @property
    def answer(self) -> str:
        """The words that answer, within the quote."""
        return self.parts[1]

    @property
    def heading(self) -> str | None:
        """The section, where it says more than the title."""
        return self.section if self.section != self.title else None

    def overlaps(self, other: "Citation") -> bool:
        """Whether both quote the same place."""
        return self.doc_id == other.doc_id and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Source:
    """What answered: the state of the index, and the names of the models."""

    generation: str
    encoder: str
    reader: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found. ``text`` is None where Pincite abstains, and then ``reason`` and ``message`` say why.

    ``query`` is what was searched for, ``read`` what the reader was asked of what was found.

    Complete in itself: whoever shows it needs no index, which may have changed since. ``alternatives`` is what else it
    might be where it is unsure; ``hits`` stand in their final order, and ``digests`` maps their documents to the
    digests of the texts; ``candidates`` are the best of each passage, best first; ``timings`` are milliseconds.
    ``confidence`` is the probability that the answer is right, None where none was fitted. ``did_you_mean`` is
    what else the question may have meant: spelt otherwise, or completed from the turns before; None where nothing is.
    """

    question: str
    query: str
    text: str | None = None
    confidence: float | None = None
    reason: Reason | None = None
    message: str | None = None
    citations: tuple[Citation, ...] = ()
    alternatives: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    source: Source | None = None
    did_you_mean: str | None = None
    read: str = ""

    @property
    def abstained(self) -> bool:
        """Whether there is no answer."""
        return self.text is None


class Reader(Protocol):
    """Finds the spans of passages that answer a question."""

    @property
    def name(self) -> str:
        """Name and version of the model."""

    @property
    def depth(self) -> int:
        """How many passages are worth giving it, however few are to be shown."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        """The best candidates of each passage, best first; a passage may have none."""
