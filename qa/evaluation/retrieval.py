"""Retrieval measures, by ir_measures, for each mode of search."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import AP, RR, R, Success, nDCG
from numpy.typing import NDArray

from corpus.errors import InvalidDataset
from index import Hit, Index, Mode
from qa.evaluation.datasets import BeirSet, Question

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
MEASURES = (Success @ 1, Success @ 3, Success @ 5, R @ 1, R @ 5, R @ 20, RR @ 10, AP, nDCG @ 10)
_DEPTH = 100

Values = NDArray[np.float64]
"""Shape (queries,), in the order of the queries."""
Figures = dict[Mode, dict[str, Values]]
"""Mode to measure to what each query reached."""
Qrels = Mapping[str, Mapping[str, int]]
"""Query to item to grade."""


def evaluate_beir(dataset: BeirSet, index: Index) -> Figures:
    """A document scores as its best passage."""
    return _evaluate(dataset.queries, dataset.qrels, index, lambda hit: hit.passage.doc_id)


def evaluate_questions(questions: Iterable[Question], index: Index) -> Figures:
    """Over the answerable questions: a passage is right if it holds any evidence string whole."""
    asked = [question for question in questions if question.answerable]
    if not asked:
        raise InvalidDataset("No question of the set has an answer, so that retrieval cannot be measured; add some.")
    qrels = {
        question.id: {
            passage_id(p.doc_id, p.start): 1 for p in index.passages if any(e in p.text for e in question.evidence)
        }
        for question in asked
    }
    if not any(qrels.values()):
        raise InvalidDataset("No passage holds any evidence of the set; index the documents that it is about first.")
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
        figures[mode] = _values(list(queries), qrels, run)
    return figures


def _ranked(hits: Iterable[Hit], item_of: Callable[[Hit], str]) -> dict[str, float]:
    """Items by falling score; scores derived from ranks, strictly decreasing, so that no tool has to break a tie."""
    items = list(dict.fromkeys(item_of(hit) for hit in hits))
    return {item: float(len(items) - place) for place, item in enumerate(items)}


def _values(queries: Sequence[str], qrels: Qrels, run: Mapping[str, Mapping[str, float]]) -> dict[str, Values]:
    """A query that found nothing, or whose evidence no passage holds whole, counts as zero."""
    values = {str(measure): np.zeros(len(queries)) for measure in MEASURES}
    place = {query: number for number, query in enumerate(queries)}
    for figure in ir_measures.iter_calc(MEASURES, qrels, run):
        values[str(figure.measure)][place[figure.query_id]] = figure.value
    return values
