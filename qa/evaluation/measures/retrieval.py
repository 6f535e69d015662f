"""Retrieval measures of rankings, by ir_measures, and their runs and qrels as TREC files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import AP, RR, Measure, P, R, Success, nDCG
from numpy.typing import NDArray

from qa.evaluation.result import RANKINGS, Result

KS = (1, 3, 5, 10, 20)

Values = NDArray[np.float64]
"""Shape (questions,), in the order of the results; NaN where a measure does not apply."""


def measures(ks: Sequence[int] = KS) -> list[Measure]:
    """Success, recall, precision and nDCG at each k, reciprocal rank at 10, and average precision."""
    at_k = [measure @ k for measure in (Success, R, P, nDCG) for k in sorted({*ks, 10})]
    return [*at_k, RR @ 10, AP]


def judged(results: Iterable[Result]) -> list[Result]:
    """The results that retrieval is measured on: with an answer, or with a judged document."""
    return [result for result in results if result.rankings and (result.answerable or result.relevant)]


def ranking_values(results: Sequence[Result], ranking: str, ks: Sequence[int] = KS) -> dict[str, Values]:
    """Measure to what each result reached; a question that found nothing, or nothing relevant, counts as zero."""
    place = {result.id: number for number, result in enumerate(results)}
    asked = judged(results)
    values = {str(measure): np.full(len(results), np.nan) for measure in measures(ks)}
    for column in values.values():
        column[[place[result.id] for result in asked]] = 0.0
    qrels = {result.id: result.relevant or {} for result in asked}
    run = {result.id: _scored(result.rankings.get(ranking, ())) for result in asked}
    for figure in ir_measures.iter_calc(measures(ks), qrels, run):
        values[str(figure.measure)][place[figure.query_id]] = figure.value
    return values


def write_trec(results: Sequence[Result], folder: Path) -> list[Path]:
    """Write ``qrels.trec`` and one run for each ranking, which other tools read; returns the paths."""
    asked = judged(results)
    if not asked:
        return []
    names = {result.id: _token(result.id) for result in asked}
    lines = [
        f"{names[r.id]} 0 {_token(item)} {grade}" for r in asked for item, grade in sorted((r.relevant or {}).items())
    ]
    written = [folder / "qrels.trec"]
    written[0].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for ranking in RANKINGS:
        path = folder / f"run.{ranking}.trec"
        path.write_text("".join(f"{line}\n" for line in _run_lines(asked, ranking, names)), encoding="utf-8")
        written.append(path)
    return written


def _run_lines(results: Sequence[Result], ranking: str, names: Mapping[str, str]) -> Iterator[str]:
    for result in results:
        scores = _scored(result.rankings.get(ranking, ()))
        for rank, (item, score) in enumerate(scores.items(), start=1):
            yield f"{names[result.id]} Q0 {_token(item)} {rank} {score:.0f} pincite-{ranking}"


def _scored(items: Sequence[str]) -> dict[str, float]:
    """Scores derived from ranks, strictly decreasing, so that no tool has to break a tie."""
    return {item: float(len(items) - place) for place, item in enumerate(items)}


def _token(name: str) -> str:
    """A name without blanks, which part the columns of TREC files."""
    return "".join("_" if character.isspace() else character for character in name)
