"""The path of a question: check, search, read, decide, cite."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from corpus.characters import is_text
from index import Hit, Index
from index.types import Vector
from qa.alternatives import alternatives
from qa.cite import cite
from qa.clock import Clock
from qa.confidence import MINIMAL_MARGIN, Calibration, features_of, stored_calibrations
from qa.errors import EmptyQuestion, InvalidText, QuestionTooLong
from qa.question.followup import remembered, standalone_question
from qa.question.intent import intent_of
from qa.question.names import proper_names
from qa.question.reach import beyond
from qa.question.spelling import Speller, doubtful
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
_MESSAGES: dict[Reason, str] = {
    "no_passages": NOTHING_TO_SEARCH,
    "no_evidence": "The documents do not seem to say: none of the nearest passages answers the question.",
    "low_confidence": "The documents may touch on this, but no passage answers it clearly enough.",
}


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
        query = self.standalone(question, history)
        vector = self.index.encoder.encode_query(query)
        clock.lap("encode")
        hits = self._found(query, max(top_k, self.reader.depth), doc_ids, vector)
        clock.lap("retrieve")
        if on_hits:
            on_hits(hits[:top_k])
        # Without a word nothing was asked, and whatever the reader finds would be chance.
        read = (
            self.reader.read(query, [hit.passage for hit in hits])
            if any(map(str.isalnum, query))
            else [[] for _ in hits]
        )
        candidates = ordered(hits, read)
        clock.lap("read")
        answer = self._decide(question, query, hits, candidates, min_confidence)
        answer = replace(answer, hits=tuple(reranked(hits, read)))
        shown = _shown(answer.hits, candidates, top_k)
        digests = {hit.passage.doc_id: self.index.document(hit.passage.doc_id).text_digest for hit in shown}
        answer = replace(answer, hits=shown, digests=digests, did_you_mean=self._did_you_mean(question))
        return replace(answer, timings=clock.stages(), source=self._source)

    def _found(self, query: str, count: int, doc_ids: Sequence[str] | None, vector: Vector) -> list[Hit]:
        """The best passages, and of those that read the same the first: copies of a text leave room for others."""
        found = self.index.search(query, top_k=max(_SEARCHED, count), doc_ids=doc_ids, vector=vector)
        distinct = {_words(hit.passage.text): hit for hit in reversed(found)}
        kept = sorted(distinct.values(), key=lambda hit: hit.rank)[:count]
        return [replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)]

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question as it is searched: what it left to the turns before put in; else exactly as it is."""
        return standalone_question(question, history, self._names) if history else question

    @property
    def examples(self) -> list[str]:
        """Questions to begin with, each of which is answered; the first call asks them."""
        return self._replies.examples(self.ask)

    @cached_property
    def _names(self) -> frozenset[str]:
        return proper_names(self.index.documents.values())

    def _did_you_mean(self, question: str) -> str | None:
        """The words of the corpus are gathered when a question holds one that neither it nor English knows."""
        if not doubtful(question, lambda word: self.index.holds(word) or self._is_common(word)):
            return None
        return self._speller.correct(question)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.index.documents.values(), self._is_common)

    def _is_common(self, word: str) -> bool:
        """What the encoder knows as one piece is common English."""
        return self.index.encoder.count_tokens(word) == 1

    def _decide(
        self, question: str, query: str, hits: list[Hit], candidates: list[Candidate], least: float | None
    ) -> Answer:
        shown = Answer(question, query, candidates=tuple(candidates))
        if not candidates:
            reason: Reason = "no_evidence" if hits else "no_passages"
            return replace(shown, reason=reason, message=_told(reason, query, hits))
        best, *others = candidates
        confidence = self._confidence(query, best, candidates, hits)
        shown = replace(shown, confidence=confidence)
        if not self._believes(best, confidence, least):
            reason = "low_confidence" if self._touches(best, confidence) else "no_evidence"
            return replace(shown, reason=reason, message=_told(reason, query, hits))
        text = best.text
        # The same words elsewhere are evidence too; others only where they are as likely right as was asked.
        likely = max(_LIKELY, least or 0.0)
        cited = [
            c
            for c in others
            if c.margin >= MINIMAL_MARGIN
            and (
                c.text.casefold() == text.casefold() or (self._confidence(query, c, candidates, hits) or 0.0) >= likely
            )
        ]
        citations = self._cite([best, *cited])
        rivals = alternatives(best, others, confidence, citations, self._cited)
        return replace(shown, text=text, citations=citations, alternatives=rivals)

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

    def _cite(self, candidates: list[Candidate]) -> tuple[Citation, ...]:
        """One citation for each sentence, the best candidate's first; those in the same words come after the others."""
        made: list[Citation] = []
        for candidate in candidates:
            citation = self._cited(candidate)
            if not any(citation.overlaps(other) for other in made):
                made.append(citation)
        first_of = {_words(citation.quote): citation for citation in reversed(made)}
        return tuple(sorted(made, key=lambda citation: first_of[_words(citation.quote)] is not citation)[:_CITED])

    def _cited(self, candidate: Candidate) -> Citation:
        return cite(candidate, self.index.document(candidate.passage.doc_id))

    @property
    def _source(self) -> Source:
        return Source(self.index.generation, self.index.encoder.name, self.reader.name)


def _words(text: str) -> str:
    """The same of texts that differ in their line ends and blanks alone."""
    return " ".join(text.split())


def _told(reason: Reason, query: str, hits: Sequence[Hit]) -> str:
    """Why there is no answer, and what of the question may be beyond the reader."""
    return " ".join(filter(None, (_MESSAGES[reason], beyond(query, hits[0].passage.text) if hits else None)))


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
