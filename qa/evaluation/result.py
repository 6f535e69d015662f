"""Asking the questions of a set and noting everything that came of each.

A ``Result`` is all that the figures, the report and a later comparison need: they never ask again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from corpus import Passage
from index import Hit, Index
from index import Mode as SearchMode
from qa.answerer import MAX_QUESTION, Answerer, check_question
from qa.evaluation.data.formats import Dataset, Question
from qa.evaluation.errors import InvalidDataset
from qa.rerank import reranked
from qa.types import Candidate, Citation

Mode = Literal["reader", "open", "retrieval"]
"""The reader given its own paragraph; the whole path; or search and reordering alone."""
LEGS: tuple[SearchMode, ...] = ("dense", "lexical", "hybrid")
RANKINGS = (*LEGS, "reranked")
DIFFERENCES = {f"hybrid-{leg}": leg for leg in LEGS if leg != "hybrid"}
"""Hybrid less a single leg, by the leg."""
DEPTH = 100
"""How many items of each ranking are kept."""


@dataclass(frozen=True, slots=True)
class Result:
    """A question and what came of it.

    ``rankings`` maps each way of searching to items, best first; an item is a document where the set judges documents,
    else a passage (``passage_id``). ``best`` is the best span, given or not; ``answer`` the one given, None where
    Pincite abstained. ``margin`` is raw; ``confidence`` a probability or None. ``exact`` says whether every citation is
    verbatim and holds its answer, None where there is none.
    """

    id: str
    question: str
    answerable: bool
    golds: list[str]
    query: str | None = None
    type: str | None = None
    style: str | None = None
    cluster: str | None = None
    relevant: dict[str, int] | None = None
    rankings: dict[str, list[str]] = field(default_factory=dict)
    best: str | None = None
    answer: str | None = None
    reason: str | None = None
    confidence: float | None = None
    score: float | None = None
    null_score: float | None = None
    evidence_hit: bool | None = None
    exact: bool | None = None
    found: dict[str, Any] | None = None
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def margin(self) -> float | None:
        """How much more the best span is believed than that there is none."""
        return None if self.score is None or self.null_score is None else self.score - self.null_score

    def rank_in(self, ranking: str) -> int | None:
        """The rank of the first relevant item, if it was found."""
        good = {item for item, grade in (self.relevant or {}).items() if grade > 0}
        return next((n for n, item in enumerate(self.rankings.get(ranking, ()), start=1) if item in good), None)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Result":
        """From such an object. Raises TypeError for other fields."""
        return cls(**row)


class Asking:
    """A set bound to an answerer: ``ask`` turns one of its questions into a result."""

    def __init__(self, dataset: Dataset, answerer: Answerer, mode: Mode, *, top_k: int) -> None:
        """Raises InvalidDataset where the set cannot be asked in this mode."""
        self.dataset, self.answerer, self.mode, self.top_k = dataset, answerer, mode, top_k
        self.index: Index = answerer.index
        self.item_of: Callable[[Passage], str] = passage_id if dataset.documents is None else lambda p: p.doc_id
        check_mode(dataset, mode)
        if mode != "reader" and not any(self.relevant_to(question) for question in dataset.questions):
            raise InvalidDataset(
                f"No passage of the index holds any evidence of {dataset.name}; index the documents that it is about "
                "first, or check its 'evidence' fields with: pincite dataset check"
            )

    def ask(self, question: Question) -> Result:
        """Ask one question. The same index and models give the same result, but for the timings."""
        # The limit of length is of what people ask; a query that is only searched may be longer.
        check_question(question.question[:MAX_QUESTION] if self.mode == "retrieval" else question.question)
        result: dict[str, Any] = {
            "id": question.id,
            "question": question.question,
            "answerable": question.answerable,
            "golds": list(question.answers),
            "type": question.type,
            "style": question.style,
            "cluster": question.cluster,
        }
        if self.mode == "reader":
            return Result(**result, **self._read(question))
        result["relevant"] = self.relevant_to(question)
        if self.mode == "retrieval":
            query = self.answerer.forms(question.question, question.history)[0].searched
            hits = self.index.search(query, top_k=self._depth)
            read = self.answerer.reader.read(query, [hit.passage for hit in hits])
            final: Sequence[Hit] = reranked(hits, read)
            answered: dict[str, Any] = {}
        else:
            query, answered, final = self._answered(question)
        result["query"] = query
        rankings = self._searched(query)
        rankings["reranked"] = self._items([hit.passage for hit in final], rankings["hybrid"])
        return Result(**result, rankings=rankings, **answered)

    @property
    def _depth(self) -> int:
        """How many passages are read, all of which are reordered."""
        return max(self.top_k, self.answerer.reader.depth)

    def relevant_to(self, question: Question) -> dict[str, int]:
        """Item to grade: the set's own judgements, or the passages that hold any evidence whole."""
        if question.relevant is not None:
            return dict(question.relevant)
        return {
            passage_id(passage): 1
            for passage in self.index.passages
            if any(evidence in passage.text for evidence in question.evidence)
        }

    def _searched(self, query: str) -> dict[str, list[str]]:
        vector = self.index.encoder.encode_query(query)
        depth = DEPTH if self.dataset.documents is None else 2 * DEPTH  # a document scores as its best passage
        return {
            leg: self._items([hit.passage for hit in self.index.search(query, top_k=depth, mode=leg, vector=vector)])
            for leg in LEGS
        }

    def _items(self, passages: Iterable[Passage], more: Sequence[str] = ()) -> list[str]:
        return list(dict.fromkeys([*map(self.item_of, passages), *more]))[:DEPTH]

    def _read(self, question: Question) -> dict[str, Any]:
        """The reader alone, given the paragraph that the question was asked of."""
        document = self._paragraphs[question.document or ""]
        whole = Passage(document.doc_id, 0, len(document.text), document.text, None)
        candidates = self.answerer.reader.read(question.question, [whole])[0]
        if not candidates:
            return {"reason": "no_evidence"}
        best = max(candidates, key=lambda candidate: candidate.margin)
        text = document.text[best.start : best.end]
        return _scores(best, text) | {"answer": text if best.margin >= 0 else None}

    @cached_property
    def _paragraphs(self) -> dict[str, Any]:
        return {document.doc_id: document for document in self.dataset.documents or ()}

    def _answered(self, question: Question) -> tuple[str, dict[str, Any], Sequence[Hit]]:
        """What was searched for, what came of it, and the hits in their final order."""
        answer = self.answerer.ask(question.question, history=question.history, top_k=self._depth)
        made: dict[str, Any] = {
            "answer": answer.text,
            "reason": answer.reason,
            "confidence": answer.confidence,
            "timings": dict(answer.timings),
        }
        if answer.candidates:
            best = answer.candidates[0]
            citation = self.answerer.cited(answer.read, best)
            made |= _scores(best, citation.answer)
            made["found"] = _place(citation, best.passage)
            if question.answerable:
                made["evidence_hit"] = _holds(citation, question)
        if answer.citations:
            made["exact"] = all(self._is_exact(citation) for citation in answer.citations)
        return answer.query, made, answer.hits

    def _is_exact(self, citation: Citation) -> bool:
        text = self.index.document(citation.doc_id).text
        inside = citation.start <= citation.answer_start < citation.answer_end <= citation.end
        return inside and text[citation.start : citation.end] == citation.quote


def check_mode(dataset: Dataset, mode: Mode) -> None:
    """Raises InvalidDataset where a set of this format cannot be evaluated in this mode."""
    allowed: dict[str, tuple[Mode, ...]] = {
        "questions": ("open", "retrieval"),
        "squad": ("open", "reader", "retrieval"),
        "beir": ("retrieval",),
    }
    if mode not in allowed[dataset.format]:
        raise InvalidDataset(
            f"A {dataset.format} set cannot be evaluated in the mode {mode!r}; use "
            f"{' or '.join(f'--mode {name}' for name in allowed[dataset.format])}."
        )


def passage_id(passage: Passage) -> str:
    """How a passage is named in a run."""
    return f"{passage.doc_id}:{passage.start}"


def _scores(best: Candidate, text: str) -> dict[str, Any]:
    return {"best": text, "score": best.score, "null_score": best.null_score}


def _place(citation: Citation, passage: Passage) -> dict[str, Any]:
    """Where the best span stands, with its passage for the report."""
    return {
        "doc_id": citation.doc_id,
        "section": citation.section,
        "start": citation.start,
        "end": citation.end,
        "answer_start": citation.answer_start,
        "answer_end": citation.answer_end,
        "passage_start": passage.start,
        "passage": passage.text,
    }


def _holds(citation: Citation, question: Question) -> bool:
    """Whether the quote holds any evidence whole; without evidence, an answer, in the document it was asked of."""
    if question.evidence:
        return any(evidence in citation.quote for evidence in question.evidence)
    here = question.document is None or question.document == citation.doc_id
    return here and any(answer in citation.quote for answer in question.answers)
