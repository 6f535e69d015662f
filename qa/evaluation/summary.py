"""Results to figures: what each question scored, the measures of the whole set, and how sure they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.measures import confidence
from qa.evaluation.measures.answers import RIGHT, best_exact, best_f1, best_threshold
from qa.evaluation.measures.intervals import (
    RESAMPLES,
    Interval,
    intervals_of_means,
    intervals_of_sets,
    intervals_of_shares,
)
from qa.evaluation.measures.retrieval import KS, Values, ranking_values
from qa.evaluation.measures.retrieval import measures as measures_at
from qa.evaluation.measures.table import ANSWERS
from qa.evaluation.result import DIFFERENCES, RANKINGS, Mode, Result

Axis = Literal["type", "style"]
"""What a question set may say of a question: what is asked for, and how it is put."""
STAGES = ("encode", "retrieve", "read", "total")


class Kind(NamedTuple):
    """What questions of one kind came to: shares of those to which each applies, and 95 % intervals.

    ``right`` and ``forced`` (the best span is right, given or not) are of the answerable ones, ``abstained`` of all.
    """

    questions: int
    answerable: int
    shares: dict[str, float]
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run reached.

    ``means`` maps names such as ``retrieval.hybrid.RR@10`` to a value per question (NaN where it does not apply), and
    ``differences.hybrid-dense.RR@10`` to hybrid's less dense's, whose interval is thus paired;
    ``sets`` maps names such as ``answers.auroc``, measures of a whole set, to their value. ``intervals`` are those of
    95 % of either, and ``latency`` maps stages to percentiles in milliseconds.
    """

    means: dict[str, Values]
    sets: dict[str, float]
    intervals: dict[str, Interval]
    latency: dict[str, dict[str, float]]

    def value(self, name: str) -> float | None:
        """The mean or measure of that name."""
        if name in self.means:
            return float(np.nanmean(self.means[name]))
        return self.sets.get(name)

    def values(self) -> dict[str, float]:
        """Every figure by name."""
        return {name: float(np.nanmean(values)) for name, values in self.means.items()} | self.sets


def figures(
    results: Sequence[Result], mode: Mode, *, ks: Sequence[int] = KS, seed: int = 1, resamples: int = RESAMPLES
) -> Figures:
    """All figures that apply to the mode; without ``resamples`` there are no intervals."""
    means: dict[str, Values] = {}
    if mode != "reader":
        values = {ranking: ranking_values(results, ranking, ks) for ranking in RANKINGS}
        for ranking, scores in values.items():
            means |= {f"retrieval.{ranking}.{name}": column for name, column in scores.items()}
        for difference, leg in DIFFERENCES.items():
            differences = {name: column - values[leg][name] for name, column in values["hybrid"].items()}
            means |= {f"differences.{difference}.{name}": column for name, column in differences.items()}
    sets: dict[str, float] = {}
    clusters = [result.cluster or result.id for result in results]
    spread: dict[str, Interval] = {}
    if mode != "retrieval":
        means |= {f"answers.{name}": column for name, column in answer_values(results).items()}
        columns = _Columns.of(results)
        sets = {f"answers.{name}": value for name, value in set_figures(columns).items()}
        if resamples:
            spread = intervals_of_sets(
                lambda rows: {f"answers.{name}": value for name, value in set_figures(columns.take(rows)).items()},
                clusters,
                seed=seed,
            )
    means = {name: column for name, column in means.items() if not np.isnan(column).all()}
    if resamples:
        spread |= intervals_of_means(means, clusters, seed=seed, resamples=resamples)
        spread |= intervals_of_shares({n: c for n, c in means.items() if not n.startswith("differences.")}, clusters)
    return Figures(means, sets, spread, latency(results))


def by_kind(results: Sequence[Result], axis: Axis, *, seed: int = 1, resamples: int = RESAMPLES) -> dict[str, Kind]:
    """Each type or style that the set names, in the order of the alphabet; empty where it names none."""
    kinds = sorted({kind for result in results if (kind := getattr(result, axis)) is not None})
    summaries = {}
    for kind in kinds:
        members = [result for result in results if getattr(result, axis) == kind]
        rows = answer_values(members)
        columns = {
            "right": rows["right"],
            "abstained": np.array([float(result.answer is None) for result in members]),
            "forced": np.where(np.isnan(rows["forced_f1"]), np.nan, rows["forced_f1"] >= RIGHT),
        }
        columns = {name: column for name, column in columns.items() if not np.isnan(column).all()}
        clusters = [result.cluster or result.id for result in members]
        spread: dict[str, Interval] = {}
        if resamples:
            spread = intervals_of_means(columns, clusters, seed=seed, resamples=resamples)
            spread |= intervals_of_shares(columns, clusters)
        summaries[kind] = Kind(
            len(members),
            sum(result.answerable for result in members),
            {name: float(np.nanmean(column)) for name, column in columns.items()},
            spread,
        )
    return summaries


def names(mode: Mode, ks: Sequence[int] = KS) -> set[str]:
    """Every figure that a run in this mode may have."""
    groups = [*(f"retrieval.{name}" for name in RANKINGS), *(f"differences.{name}" for name in DIFFERENCES)]
    retrieval = {f"{group}.{measure}" for group in groups for measure in measures_at(ks)}
    answers = {f"answers.{measure.name}" for measure in ANSWERS}
    return (retrieval if mode != "reader" else set()) | (answers if mode != "retrieval" else set())


def answer_values(results: Sequence[Result]) -> dict[str, Values]:
    """What each question scored; abstaining is right where there is no answer; forced is of the best span."""
    rows = [_answer_row(result) for result in results]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}


def _answer_row(result: Result) -> dict[str, float]:
    given, forced = result.answer or "", result.best or ""
    exact, f1 = best_exact(given, result.golds), best_f1(given, result.golds)
    has, nan = result.answerable, float("nan")
    return {
        "exact": exact,
        "f1": f1,
        "has_ans_exact": exact if has else nan,
        "has_ans_f1": f1 if has else nan,
        "no_ans_exact": nan if has else exact,
        "no_ans_f1": nan if has else f1,
        "forced_exact": best_exact(forced, result.golds) if has else nan,
        "forced_f1": best_f1(forced, result.golds) if has else nan,
        "right": float(f1 >= RIGHT) if has else nan,
        "evidence_hit": nan if result.evidence_hit is None else float(result.evidence_hit),
        "citation_exact": nan if result.exact is None else float(result.exact),
    }


@dataclass(frozen=True, slots=True)
class _Columns:
    """What set measures are made of, as arrays of shape (questions,)."""

    margin: Values
    confidence: Values
    forced_exact: Values
    forced_f1: Values
    answerable: NDArray[np.bool_]
    abstained: NDArray[np.bool_]

    @classmethod
    def of(cls, results: Sequence[Result]) -> "_Columns":
        return cls(
            margin=np.array([-np.inf if r.margin is None else r.margin for r in results], dtype=float),
            confidence=np.array([np.nan if r.confidence is None else r.confidence for r in results], dtype=float),
            forced_exact=np.array([best_exact(r.best or "", r.golds) if r.answerable else 0.0 for r in results]),
            forced_f1=np.array([best_f1(r.best or "", r.golds) if r.answerable else 0.0 for r in results]),
            answerable=np.array([r.answerable for r in results], dtype=bool),
            abstained=np.array([r.answer is None for r in results], dtype=bool),
        )

    def take(self, rows: NDArray[np.int64]) -> "_Columns":
        return _Columns(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the best span is right, given or not."""
        right: NDArray[np.bool_] = self.answerable & (self.forced_f1 >= RIGHT)
        return right

    @property
    def sure(self) -> Values:
        """Confidence where there is one, else the margin."""
        return self.margin if np.isnan(self.confidence).all() else np.nan_to_num(self.confidence, nan=0.0)


def set_figures(columns: _Columns) -> dict[str, float]:
    """Measures of a set as a whole; those of confidence only where there is one."""
    scores: dict[str, float] = {}
    right, sure = columns.right, columns.sure
    scores["best_exact"] = best_threshold(columns.margin, columns.forced_exact, columns.answerable).score
    scores["best_f1"] = best_threshold(columns.margin, columns.forced_f1, columns.answerable).score
    scores["auroc"] = confidence.auroc(sure, right)
    scores["aurc"] = confidence.aurc(sure, right)
    if not np.isnan(columns.confidence).all():
        scores["ece"] = confidence.calibration_error(sure, right)
    abstention = confidence.abstention(columns.abstained, columns.answerable)
    scores |= {f"abstention_{name}": value for name, value in abstention._asdict().items()}
    return {name: value for name, value in scores.items() if not np.isnan(value)}


def latency(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Percentiles of each stage over the results that were timed."""
    timed = [result.timings for result in results if result.timings]
    if not timed:
        return {}
    return {
        stage: {f"p{q}": float(np.percentile([t[stage] for t in timed], q)) for q in (50, 95, 99)} for stage in STAGES
    }


def nested(values: Mapping[str, float]) -> dict[str, Any]:
    """``{"a.b.c": 1}`` as ``{"a": {"b": {"c": 1}}}``; a name splits at most twice, since measures hold points."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *groups, last = name.split(".", 2)
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return tree
