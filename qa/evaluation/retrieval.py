"""Retrieval measures, by ir_measures, for each mode of search."""

from collections.abc import Callable, Iterable, Mapping

import ir_measures
from ir_measures import AP, RR, R, Success, nDCG

from index import Hit, Index, Mode
from qa.evaluation.datasets import BeirSet, Question

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
MEASURES = (Success @ 1, Success @ 3, Success @ 5, R @ 1, R @ 5, R @ 20, RR @ 10, AP, nDCG @ 10)
_DEPTH = 100

Figures = dict[str, dict[str, float]]
"""Mode to measure to mean."""
Qrels = Mapping[str, Mapping[str, int]]
"""Query to item to grade."""


def evaluate_beir(dataset: BeirSet, index: Index) -> Figures:
    """A document scores as its best passage."""
    return _evaluate(dataset.queries, dataset.qrels, index, lambda hit: hit.passage.doc_id)


def evaluate_questions(questions: Iterable[Question], index: Index) -> Figures:
    """Over the answerable questions: a passage is right if it holds any evidence string whole."""
    asked = [question for question in questions if question.answerable]
    qrels = {
        question.id: {
            passage_id(p.doc_id, p.start): 1 for p in index.passages if any(e in p.text for e in question.evidence)
        }
        for question in asked
    }
    queries = {question.id: question.question for question in asked}
    return _evaluate(queries, qrels, index, lambda hit: passage_id(hit.passage.doc_id, hit.passage.start))


def passage_id(doc_id: str, start: int) -> str:
    """How a passage is named in a run."""
    return f"{doc_id}:{start}"


def _evaluate(queries: Mapping[str, str], qrels: Qrels, index: Index, item_of: Callable[[Hit], str]) -> Figures:
    figures: Figures = {}
    for mode in MODES:
        run = {
            query_id: _ranked(index.search(text, top_k=_DEPTH, mode=mode), item_of)
            for query_id, text in queries.items()
        }
        figures[mode] = _means(qrels, run)
    return figures


def _ranked(hits: Iterable[Hit], item_of: Callable[[Hit], str]) -> dict[str, float]:
    """Items by falling score; scores derived from ranks, strictly decreasing, so that no tool has to break a tie."""
    items = list(dict.fromkeys(item_of(hit) for hit in hits))
    return {item: float(len(items) - place) for place, item in enumerate(items)}


def _means(qrels: Qrels, run: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """A query that found nothing, or whose evidence no passage holds whole, counts as zero."""
    # ir_measures leaves out queries without a relevant item: an item that nobody can find keeps them in the mean.
    kept = {query: dict(items) or {"(nothing relevant)": 1} for query, items in qrels.items()}
    means = ir_measures.calc_aggregate(MEASURES, kept, run)
    return {str(measure): means[measure] for measure in MEASURES}
