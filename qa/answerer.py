"""The path of a question: check, search, read, decide, cite."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from corpus.characters import is_text
from index import Hit, Index
from index.types import Vector
from qa.alternatives import alternatives
from qa.cite import cite
from qa.clock import Clock
from qa.confidence import MINIMAL_MARGIN, Calibration, features_of, stored_calibrations
from qa.errors import EmptyQuestion, InvalidText, QuestionTooLong
from qa.extent import extent
from qa.question.followup import remembered
from qa.question.forms import Form, Forms
from qa.question.intent import intent_of
from qa.question.reach import COUNTS, beyond, is_computed
from qa.reading import load_reader
from qa.replies import NOTHING_TO_SEARCH, Replies
from qa.rerank import ordered, reranked
from qa.types import Answer, Candidate, Citation, Reader, Reason, Source, Turn

MAX_QUESTION = 2000
TOP_K = 8
_SEARCHED = 100
"""Passages that are searched for: enough that copies among them leave as many as are read."""
_CITED = 3
_LIKELY = 0.5
_AHEAD = 0.05
"""By how much surer another form of a question must be to be kept instead of the likeliest one.

Right best spans of 26 follow-ups about other people's documents and of 21 about the article, at 0, 0.05,
0.1, 0.15 and 0.2: 19, 19, 19, 19, 16 and 18, 19, 18, 17, 17.
"""
_MESSAGES: dict[Reason, str] = {
    "no_passages": NOTHING_TO_SEARCH,
    "no_evidence": "The documents do not seem to say: none of the nearest passages answers the question.",
    "computation": COUNTS,
    "low_confidence": "The documents may touch on this, but no passage answers it clearly enough.",
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one form of a question came to: ``read`` has the candidates of each hit, ``candidates`` all, best first."""

    form: Form
    hits: list[Hit]
    read: list[list[Candidate]]
    candidates: list[Candidate]
    confidence: float | None

    @property
    def sureness(self) -> float:
        """By which forms are compared: the confidence, or without one the margin."""
        if not self.candidates:
            return -math.inf
        return self.candidates[0].margin if self.confidence is None else self.confidence


class Answerer:
    """An open index and a reader, together. Safe to use from several threads."""

    def __init__(self, index: Index, *, reader: Reader | None = None, calibration: Calibration | None = None) -> None:
        """Without ``reader``, the shipped one; without ``calibration``, the index's own, or else the shipped one.

        A calibration that was fitted for other models is not used. Raises ModelUnusable.
        """
        self.index = index
        self.reader = reader or load_reader(None)
        fitted = [calibration] if calibration else stored_calibrations(index.directory)
        made = index.manifest
        self.calibration = next(
            (c for c in fitted if c.fits(self.reader.name, made.encoder.name, made.target_tokens)), None
        )
        self._replies = Replies(index)
        self._forms = Forms(index)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        top_k: int = TOP_K,
        doc_ids: Sequence[str] | None = None,
        min_confidence: float | None = None,
        on_hits: Callable[[list[Hit]], None] | None = None,
    ) -> Answer:
        """Answer with a verbatim span of one of the best passages, or abstain and say why.

        ``top_k`` passages are returned; the reader is given as many, or more if that is worth its while.
        ``min_confidence`` is the smallest probability of being right to answer with; None takes the fitted
        threshold. Without a calibration there is no probability, and the reader's margin alone decides. ``on_hits``
        is given the passages before they are read.
        Raises EmptyQuestion, QuestionTooLong, InvalidText, UnknownDocument.
        """
        clock = Clock()
        check_question(question)
        history = remembered(history)
        for turn in history:
            _check_text(turn.question, turn.answer or "")
        if intent := intent_of(question, amid=bool(history)):
            return replace(
                self._replies.to(question, intent, doc_ids, self.ask), timings=clock.stages(), source=self._source
            )
        readings: list[_Reading] = []
        for form in self.forms(question, history):
            vector = self.index.encoder.encode_query(form.searched)
            clock.lap("encode")
            hits = self._found(form.searched, max(top_k, self.reader.depth), doc_ids, vector)
            clock.lap("retrieve")
            if on_hits and not readings:
                on_hits(hits[:top_k])
            readings.append(self._read(form, hits))
            clock.lap("read")
        likeliest, *others = readings
        surer = [reading for reading in others if reading.sureness > likeliest.sureness + _AHEAD]
        surest = max(surer, key=lambda reading: reading.sureness, default=likeliest)
        answer = self._decide(question, surest, min_confidence)
        shown = _shown(reranked(surest.hits, surest.read), surest.candidates, top_k)
        digests = {hit.passage.doc_id: self.index.document(hit.passage.doc_id).text_digest for hit in shown}
        return replace(
            answer,
            hits=shown,
            digests=digests,
            did_you_mean=self._did_you_mean(question, likeliest.form, surest.form),
            timings=clock.stages(),
            source=self._source,
        )

    def forms(self, question: str, history: Sequence[Turn] = ()) -> list[Form]:
        """What the question may mean, the likeliest first: how each is searched and read."""
        return self._forms.of(question, history)

    def _did_you_mean(self, question: str, likeliest: Form, kept: Form) -> str | None:
        """What may have been meant too: the likeliest form where another was kept, else a name spelt otherwise."""
        if likeliest is not kept and likeliest.read != question:
            return likeliest.read
        meant = self._forms.meant(question) if kept.read == question else None
        return meant if meant != kept.read else None

    def _read(self, form: Form, hits: list[Hit]) -> "_Reading":
        # Without a word nothing was asked, and whatever the reader finds would be chance.
        asks = any(map(str.isalnum, form.read))
        read = self.reader.read(form.read, [hit.passage for hit in hits]) if asks else [[] for _ in hits]
        candidates = ordered(hits, read)
        confidence = self._confidence(form.read, candidates[0], candidates, hits) if candidates else None
        return _Reading(form, hits, read, candidates, confidence)

    def _found(self, query: str, count: int, doc_ids: Sequence[str] | None, vector: Vector) -> list[Hit]:
        """The best passages, and of those that read the same the first: copies of a text leave room for others."""
        found = self.index.search(query, top_k=max(_SEARCHED, count), doc_ids=doc_ids, vector=vector)
        distinct = {_words(hit.passage.text): hit for hit in reversed(found)}
        kept = sorted(distinct.values(), key=lambda hit: hit.rank)[:count]
        return [replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)]

    @property
    def examples(self) -> list[str]:
        """Questions to begin with, each of which is answered; the first call asks them."""
        return self._replies.examples(self.ask)

    def _decide(self, question: str, reading: "_Reading", least: float | None) -> Answer:
        form, confidence = reading.form, reading.confidence
        shown = Answer(
            question, form.searched, confidence=confidence, candidates=tuple(reading.candidates), read=form.read
        )
        if not reading.candidates:
            return _abstained(shown, "no_evidence" if reading.hits else "no_passages", reading.hits)
        best, *others = reading.candidates
        if not self._believes(best, confidence, least):
            reason: Reason = "low_confidence" if self._touches(best, confidence) else "no_evidence"
            return _abstained(shown, reason, reading.hits)
        answer = self.cited(form.read, best)
        if is_computed(form.read, answer.quote):
            return _abstained(shown, "computation", reading.hits)
        # The same words elsewhere are evidence too; others only where they are as likely right as was asked.
        likely = max(_LIKELY, least or 0.0)
        evidence = [
            c
            for c in others
            if c.margin >= MINIMAL_MARGIN
            and (
                c.text.casefold() == best.text.casefold()
                or (self._confidence(form.read, c, reading.candidates, reading.hits) or 0.0) >= likely
            )
        ]
        citations = _apart([answer, *(self.cited(form.read, candidate) for candidate in evidence)])
        rivals = alternatives(best, others, confidence, citations, partial(self.cited, form.read))
        return replace(shown, text=answer.answer, citations=citations, alternatives=rivals)

    def _confidence(
        self, query: str, candidate: Candidate, candidates: list[Candidate], hits: list[Hit]
    ) -> float | None:
        if self.calibration is None:
            return None
        others = [other for other in candidates if other is not candidate]
        return self.calibration.probability(features_of(query, candidate, others, hits))

    def _believes(self, candidate: Candidate, confidence: float | None, least: float | None) -> bool:
        if self.calibration is None or confidence is None:
            return candidate.margin >= MINIMAL_MARGIN
        return confidence >= (self.calibration.threshold if least is None else least)

    def _touches(self, candidate: Candidate, confidence: float | None) -> bool:
        """Whether the documents seem to speak of what was asked, though no span is believed."""
        if self.calibration is None or confidence is None:
            return candidate.margin >= MINIMAL_MARGIN
        return confidence >= self.calibration.floor

    def cited(self, query: str, candidate: Candidate) -> Citation:
        """The candidate as the answer that it is or is a part of, in its sentences."""
        document = self.index.document(candidate.passage.doc_id)
        return cite(candidate, document, extent(query, candidate, document))

    @property
    def _source(self) -> Source:
        return Source(self.index.generation, self.index.encoder.name, self.reader.name)


def _words(text: str) -> str:
    """The same of texts that differ in their line ends and blanks alone."""
    return " ".join(text.split())


def _apart(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """One citation for each sentence, the first of all first; those in the same words come after the others."""
    apart: list[Citation] = []
    for citation in citations:
        if not any(citation.overlaps(other) for other in apart):
            apart.append(citation)
    first_of = {_words(citation.quote): citation for citation in reversed(apart)}
    return tuple(sorted(apart, key=lambda citation: first_of[_words(citation.quote)] is not citation)[:_CITED])


def _abstained(shown: Answer, reason: Reason, hits: Sequence[Hit]) -> Answer:
    """Says why there is no answer, and what of the question may be beyond the reader."""
    why = beyond(shown.read, hits[0].passage.text) if hits and reason != "computation" else None
    return replace(shown, reason=reason, message=" ".join(filter(None, (_MESSAGES[reason], why))))


def _shown(hits: Sequence[Hit], candidates: Sequence[Candidate], top_k: int) -> tuple[Hit, ...]:
    """The first hits, and among them the one that the best candidate stands in."""
    answering = [hit for hit in hits[top_k:] if candidates and hit.passage == candidates[0].passage]
    return (*hits[: top_k - len(answering)], *answering)


def check_question(question: str) -> None:
    """Raises EmptyQuestion, QuestionTooLong or InvalidText."""
    if not question.strip():
        raise EmptyQuestion("The question is empty; type one.")
    if len(question) > MAX_QUESTION:
        raise QuestionTooLong(
            f"The question has {len(question):,} characters, {MAX_QUESTION:,} are allowed; shorten it."
        )
    _check_text(question)


def _check_text(*texts: str) -> None:
    if not all(map(is_text, texts)):
        raise InvalidText("The question holds half of a surrogate pair, which is no character; send valid Unicode.")
