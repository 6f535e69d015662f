"""What a run found, as JSON (the contract), Markdown (for a pull request) and one HTML file (to look at)."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from qa.evaluation.comparison import Change, Comparison
from qa.evaluation.measures.answers import RIGHT, best_f1
from qa.evaluation.measures.confidence import reliability, risk_coverage
from qa.evaluation.measures.retrieval import KS
from qa.evaluation.measures.table import ANSWERS, RETRIEVAL
from qa.evaluation.report import plots
from qa.evaluation.result import DIFFERENCES, RANKINGS, Result
from qa.evaluation.run import Settings
from qa.evaluation.summary import STAGES, Axis, Figures, Kind, by_kind, nested

_TEMPLATE = Path(__file__).with_name("report.html")
_TONES = {
    **dict.fromkeys(("right", "rightly abstained", "first"), "good"),
    **dict.fromkeys(("wrong", "missed", "answered without evidence", "not found"), "bad"),
}
KIND_SHARES = ("right", "abstained", "forced")
_Rows = list[tuple[str, list[tuple[str, str]]]]
_AXES: tuple[Axis, ...] = ("type", "style")


def summary(
    settings: Settings, results: Sequence[Result], figures: Figures, comparison: Comparison | None = None
) -> dict[str, Any]:
    """The JSON of ``pincite evaluate --json``; keys are present where they apply."""
    report: dict[str, Any] = {
        "dataset": settings.dataset,
        "mode": settings.mode,
        "questions": settings.questions,
        "seed": settings.seed,
        **nested(figures.values()),
        "intervals": {name: list(interval) for name, interval in figures.intervals.items()},
    }
    for axis, kinds in kinds_of(results, settings).items():
        report[f"by_{axis}"] = {
            name: {
                "questions": kind.questions,
                "answerable": kind.answerable,
                **kind.shares,
                "intervals": {share: list(interval) for share, interval in kind.intervals.items()},
            }
            for name, kind in kinds.items()
        }
    if figures.latency:
        total = figures.latency["total"]
        report["timings_ms"] = {"p50": total["p50"], "p95": total["p95"], "stages": figures.latency}
    report["index"] = {"generation": settings.generation, "encoder": settings.encoder, "reader": settings.reader}
    if comparison:
        report["comparison"] = {
            "questions": comparison.asked,
            "changes": {name: _change(change) for name, change in comparison.changes.items()},
            "by_type": {name: _change(change) for name, change in comparison.by_type.items()},
            "better": [moved.id for moved in comparison.better],
            "worse": [moved.id for moved in comparison.worse],
            "warning": comparison.warning,
        }
    return report


def _change(change: Change) -> dict[str, Any]:
    return {
        "before": change.before,
        "now": change.now,
        "difference": change.paired.difference,
        "interval": list(change.paired.interval),
        "p": change.p,
    }


def answer_rows(figures: Figures) -> list[tuple[str, str, str]]:
    """What an answer measure says, its figure and its interval, for people."""
    return [
        (measure.label, f"{value:.3f}", _interval(figures, f"answers.{measure.name}"))
        for measure in ANSWERS
        if measure.label and (value := figures.value(f"answers.{measure.name}")) is not None
    ]


def type_rows(results: Sequence[Result], settings: Settings) -> list[tuple[str, int, dict[str, int]]]:
    """Each type of question, how many there are, and how many had each outcome, where the set names types."""
    counts: dict[str, Counter[str]] = {}
    for result in results:
        if result.type:
            counts.setdefault(result.type, Counter())[outcome(result, settings)] += 1
    return [(kind, outcomes.total(), dict(outcomes.most_common())) for kind, outcomes in sorted(counts.items())]


def kinds_of(results: Sequence[Result], settings: Settings) -> dict[Axis, dict[str, Kind]]:
    """What the set says of its questions, where it does and they were to be answered."""
    if settings.mode == "retrieval":
        return {}
    by_axis = {axis: by_kind(results, axis, seed=settings.seed) for axis in _AXES}
    return {axis: kinds for axis, kinds in by_axis.items() if kinds}


def kind_rows(kinds: Mapping[str, Kind]) -> list[tuple[str, str, list[str]]]:
    """Each kind, how many questions it has (answerable ones of all), and its shares with intervals, for people."""
    return [
        (name, f"{kind.answerable} of {kind.questions}", [_share(kind, share) for share in KIND_SHARES])
        for name, kind in kinds.items()
    ]


def _share(kind: Kind, name: str) -> str:
    if name not in kind.shares:
        return "–"
    low, high = kind.intervals[name]
    return f"{kind.shares[name]:.2f} ({low:.2f} to {high:.2f})"


class RetrievalTable(NamedTuple):
    """Each shown measure with figure and interval for each column."""

    title: str
    columns: list[str]
    rows: _Rows


def retrieval_tables(figures: Figures) -> list[RetrievalTable]:
    """The rankings, then by how much hybrid is better than each leg; none where nothing was searched."""
    tables = [
        RetrievalTable("retrieval", list(RANKINGS), _rows(figures, "retrieval", RANKINGS)),
        RetrievalTable(
            "against each leg",
            [f"hybrid − {leg}" for leg in DIFFERENCES.values()],
            _rows(figures, "differences", DIFFERENCES, "+"),
        ),
    ]
    return [table for table in tables if table.rows]


def _rows(figures: Figures, group: str, names: Collection[str], sign: str = "") -> _Rows:
    rows = []
    for measure in RETRIEVAL:
        cells = []
        for name in names:
            value = figures.value(f"{group}.{name}.{measure}")
            figure = "–" if value is None else f"{value:{sign}.3f}"
            cells.append((figure, _interval(figures, f"{group}.{name}.{measure}", sign)))
        if any(figure != "–" for figure, _ in cells):
            rows.append((measure, cells))
    return rows


def _interval(figures: Figures, name: str, sign: str = "") -> str:
    interval = figures.intervals.get(name)
    return f"{interval.low:{sign}.3f} to {interval.high:{sign}.3f}" if interval else ""


def markdown(
    settings: Settings, results: Sequence[Result], figures: Figures, comparison: Comparison | None = None
) -> str:
    """Tables for a pull request."""
    parts = [f"## {settings.dataset}: {settings.questions} questions, mode {settings.mode}", ""]
    if answers := answer_rows(figures):
        parts += ["| answers | figure | 95 % interval |", "|---|---:|---|"]
        parts += [f"| {label} | {figure} | {interval} |" for label, figure, interval in answers] + [""]
    for table in retrieval_tables(figures):
        parts += [f"| {table.title} | {' | '.join(table.columns)} |", "|---|" + "---:|" * len(table.columns)]
        parts += [
            f"| {measure} | " + " | ".join(f"{figure} ({interval})" for figure, interval in cells) + " |"
            for measure, cells in table.rows
        ] + [""]
    for axis, kinds in kinds_of(results, settings).items():
        parts += [f"| {axis} | answerable | {' | '.join(KIND_SHARES)} |", "|---|---:|" + "---:|" * len(KIND_SHARES)]
        parts += [f"| {name} | {asked} | {' | '.join(cells)} |" for name, asked, cells in kind_rows(kinds)] + [""]
    if types := type_rows(results, settings):
        parts += ["| type | questions | outcomes |", "|---|---:|---|"]
        parts += [
            f"| {kind} | {total} | {', '.join(f'{label} {count}' for label, count in outcomes.items())} |"
            for kind, total, outcomes in types
        ] + [""]
    if figures.latency:
        parts += ["| stage, ms | p50 | p95 | p99 |", "|---|---:|---:|---:|"]
        parts += [
            f"| {stage} | " + " | ".join(f"{value:.1f}" for value in row.values()) + " |"
            for stage, row in figures.latency.items()
        ] + [""]
    if comparison:
        parts += _markdown_comparison(comparison)
    parts.append(f"Reader {settings.reader}, encoder {settings.encoder}, index {settings.generation[:12]}.")
    return "\n".join(parts) + "\n"


def _markdown_comparison(comparison: Comparison) -> list[str]:
    parts = [
        f"### Against the baseline, {comparison.asked} questions of both",
        "",
        "| measure | before | now | difference (95 %) | p, Holm |",
        "|---|---:|---:|---|---:|",
    ]
    for name, change in {**comparison.changes, **{f"type {k}": c for k, c in comparison.by_type.items()}}.items():
        low, high = change.paired.interval
        mark = "**" if change.significant else ""
        parts.append(
            f"| {name} | {change.before:.3f} | {change.now:.3f} | "
            f"{mark}{change.paired.difference:+.3f}{mark} ({low:+.3f} to {high:+.3f}) | {change.p:.3f} |"
        )
    parts += ["", f"{len(comparison.better)} questions got better, {len(comparison.worse)} worse."]
    return [*parts, *([comparison.warning] if comparison.warning else []), ""]


def page(settings: Settings, results: Sequence[Result], figures: Figures, comparison: Comparison | None = None) -> str:
    """One HTML file without outside assets."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    rows = [_row(result, settings) for result in results]
    moved = (
        {m.id: "better" for m in comparison.better} | {m.id: "worse" for m in comparison.worse} if comparison else {}
    )
    return template.render(
        settings=settings,
        answers=answer_rows(figures),
        tables=retrieval_tables(figures),
        plots=[Markup(plot) for plot in _plots(results, figures)],  # noqa: S704 - made and escaped by qa.evaluation.report.plots
        comparison=comparison,
        rows=rows,
        tones=_TONES,
        moved=moved,
        outcomes=Counter(row["outcome"] for row in rows),
        types=type_rows(results, settings),
        kinds={axis: kind_rows(kinds) for axis, kinds in kinds_of(results, settings).items()},
        kind_shares=KIND_SHARES,
    )


def outcome(result: Result, settings: Settings) -> str:
    """What became of a question, in two or three words."""
    if settings.mode == "retrieval":
        rank = result.rank_in("reranked")
        return "not found" if rank is None else "first" if rank == 1 else "found"
    if result.answer is None:
        return "missed" if result.answerable else "rightly abstained"
    if not result.answerable:
        return "answered without evidence"
    return "right" if best_f1(result.answer, result.golds) >= RIGHT else "wrong"


def _row(result: Result, settings: Settings) -> dict[str, Any]:
    return {
        "result": result,
        "outcome": outcome(result, settings),
        "ranks": {ranking: result.rank_in(ranking) for ranking in RANKINGS},
        "parts": _highlighted(result.found) if result.found else None,
    }


def _highlighted(place: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The found passage as pieces of text, each with what it is: context, quote or answer."""
    text, start = place["passage"], place["passage_start"]
    cuts = [0, *(place[name] - start for name in ("start", "answer_start", "answer_end", "end")), len(text)]
    kinds = ("context", "quote", "answer", "quote", "context")
    return [(text[a:b], kind) for a, b, kind in zip(cuts, cuts[1:], kinds, strict=False) if a < b]


def _plots(results: Sequence[Result], figures: Figures) -> list[str]:
    charts = []
    answered = [result for result in results if result.margin is not None]
    if answered:
        right = [result.answerable and best_f1(result.best or "", result.golds) >= RIGHT for result in answered]
        sure = np.array([r.margin if r.confidence is None else r.confidence for r in answered], dtype=float)
        coverage, risk = risk_coverage(sure, right)
        curve = _thinned(list(zip(coverage.tolist(), risk.tolist(), strict=True)))
        charts.append(
            plots.lines("Risk over coverage", {"risk": curve}, x="share answered", y="share wrong among them")
        )
        if all(result.confidence is not None for result in answered):
            bins = {"bins of equal size": [(b.confidence, b.right) for b in reliability(sure, right)]}
            charts.append(plots.lines("Reliability", bins, x="confidence", y="share right", dots=True, diagonal=True))
    curves = {
        ranking: [(float(k), value) for k in KS if (value := figures.value(f"retrieval.{ranking}.R@{k}")) is not None]
        for ranking in RANKINGS
    }
    if any(curves.values()):
        charts.append(plots.lines("Recall over k", curves, x="k", y="recall", x_ticks=KS, dots=True))
    if figures.latency:
        shown = {stage: {q: figures.latency[stage][q] for q in ("p50", "p95")} for stage in STAGES}
        charts.append(plots.bars("Latency by stage", shown, unit="ms"))
    return charts


def _thinned(points: plots.Points, most: int = 400) -> plots.Points:
    step = max(1, len(points) // most)
    return [*points[::step], points[-1]]
