"""A run against an earlier one: paired differences, which questions changed, what the set is too small to tell."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from qa.evaluation.errors import InvalidDataset
from qa.evaluation.measures.answers import RIGHT, best_f1
from qa.evaluation.measures.intervals import Paired, Values, holm, paired
from qa.evaluation.measures.table import TESTED
from qa.evaluation.result import Mode, Result
from qa.evaluation.summary import Figures, figures

SIGNIFICANT = 0.05


class Change(NamedTuple):
    """A mean then and now, over the questions that both runs asked; ``p`` is corrected after Holm."""

    before: float
    now: float
    paired: Paired
    p: float

    @property
    def significant(self) -> bool:
        """Whether chance alone would rarely make such a difference."""
        return self.p < SIGNIFICANT


class Moved(NamedTuple):
    """A question whose answer or first relevant rank changed."""

    id: str
    question: str
    type: str | None
    before: str
    now: str


class Comparison(NamedTuple):
    """What changed between two runs.

    ``by_type`` maps a question type to the change of each question's outcome there (``answers.f1`` or, without
    answers, RR@10 after reordering).
    """

    asked: int
    changes: dict[str, Change]
    better: list[Moved]
    worse: list[Moved]
    by_type: dict[str, Change]
    warning: str | None


def compare(ours: Sequence[Result], theirs: Sequence[Result], mode: Mode, *, seed: int = 1) -> Comparison:
    """Over the questions of both. Raises InvalidDataset where there is none."""
    earlier = {result.id: result for result in theirs}
    now = [result for result in ours if result.id in earlier]
    before = [earlier[result.id] for result in now]
    if not now:
        raise InvalidDataset("The baseline asked none of these questions; name the output folder of a run on this set.")
    both = figures_without_intervals(now, mode), figures_without_intervals(before, mode)
    clusters = [result.cluster or result.id for result in now]
    names = [name for name in TESTED if name in both[0] and name in both[1]]
    changes = _changes({name: (both[0][name], both[1][name]) for name in names}, clusters, seed)
    outcome = "answers.f1" if "answers.f1" in names else "retrieval.reranked.RR@10"
    types = sorted({result.type for result in now if result.type})
    rows = {kind: [n for n, result in enumerate(now) if result.type == kind] for kind in types}
    by_type: dict[str, Change] = {}
    for kind, places in rows.items():
        pair = (both[0][outcome][places], both[1][outcome][places])
        if not np.isnan(pair[0]).all():
            by_type |= _changes({kind: pair}, [clusters[n] for n in places], seed)
    better, worse = _moved(now, before, mode)
    return Comparison(len(now), changes, better, worse, by_type, warning(changes))


def figures_without_intervals(results: Sequence[Result], mode: Mode) -> dict[str, Values]:
    """The means of ``figures``, which is all that a comparison needs."""
    run_figures: Figures = figures(results, mode, resamples=0)
    return run_figures.means


def _changes(pairs: Mapping[str, tuple[Values, Values]], clusters: Sequence[str], seed: int) -> dict[str, Change]:
    tested = {name: paired(ours, theirs, clusters, seed=seed) for name, (ours, theirs) in pairs.items()}
    corrected = holm({name: test.p for name, test in tested.items()})
    return {
        name: Change(float(np.nanmean(pairs[name][1])), float(np.nanmean(pairs[name][0])), test, corrected[name])
        for name, test in tested.items()
    }


def _moved(now: Sequence[Result], before: Sequence[Result], mode: Mode) -> tuple[list[Moved], list[Moved]]:
    better: list[Moved] = []
    worse: list[Moved] = []
    for ours, theirs in zip(now, before, strict=True):
        gain = _outcome(ours, mode) - _outcome(theirs, mode)
        if gain:
            moved = Moved(ours.id, ours.question, ours.type, _told(theirs, mode), _told(ours, mode))
            (better if gain > 0 else worse).append(moved)
    return better, worse


def _outcome(result: Result, mode: Mode) -> float:
    if mode == "retrieval":
        rank = result.rank_in("reranked")
        return 1 / rank if rank else 0.0
    return float(best_f1(result.answer or "", result.golds) >= RIGHT)


def _told(result: Result, mode: Mode) -> str:
    if mode == "retrieval":
        rank = result.rank_in("reranked")
        return f"rank {rank}" if rank else "not found"
    return result.answer if result.answer is not None else "abstained"


def warning(changes: Mapping[str, Change]) -> str | None:
    """A sentence where the set is too small to tell a difference of two points."""
    widths = [(c.paired.interval.high - c.paired.interval.low) / 2 for c in changes.values()]
    widest = max((width for width in widths if not np.isnan(width)), default=0.0)
    if widest <= 0.02:
        return None
    return f"This set is small: differences of up to {widest:.3f} may be chance; more questions tell smaller ones."
