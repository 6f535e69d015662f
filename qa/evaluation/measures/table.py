"""Every measure of a run, once: its name, what it is called before people, and whether two runs are tested for it.

``qa.evaluation.summary`` computes the measures of answers under these names, and a test holds it to this table.
"""

from typing import NamedTuple


class Measure(NamedTuple):
    """``label`` is empty for a measure that the tables leave out and the JSON has; a gate may name any."""

    name: str
    label: str = ""
    tested: bool = False


ANSWERS = (
    Measure("exact", "Exact match, abstaining counted", tested=True),
    Measure("f1", "F1, abstaining counted", tested=True),
    Measure("has_ans_exact"),
    Measure("has_ans_f1", "F1 on answerable questions"),
    Measure("no_ans_exact"),
    Measure("no_ans_f1", "Unanswerable questions abstained from", tested=True),
    Measure("right", "Answerable questions answered right (F1 ≥ 0.5)"),
    Measure("forced_exact", "Exact match, every question answered"),
    Measure("forced_f1", "F1, every question answered", tested=True),
    Measure("best_exact", "Exact match at the best threshold"),
    Measure("best_f1", "F1 at the best threshold"),
    Measure("evidence_hit", "The quote holds the evidence", tested=True),
    Measure("citation_exact", "Citations verbatim"),
    Measure("auroc", "AUROC of confidence"),
    Measure("ece", "Expected calibration error"),
    Measure("aurc", "Area under risk-coverage"),
    Measure("abstention_precision", "Abstention precision"),
    Measure("abstention_recall", "Abstention recall"),
    Measure("abstention_f1", "Abstention F1"),
)
"""Of answers, in the order of the report; their full names begin with ``answers.``."""

RETRIEVAL = ("Success@1", "Success@5", "R@5", "R@20", "RR@10", "AP", "nDCG@10")
"""Of retrieval, by ir-measures' names, those that the report shows of each ranking."""

_RANKINGS_TESTED = {
    "dense": ("RR@10",),
    "lexical": ("RR@10",),
    "hybrid": ("RR@10", "nDCG@10"),
    "reranked": ("RR@10", "nDCG@10"),
}
TESTED = (
    *(f"retrieval.{ranking}.{name}" for ranking, names in _RANKINGS_TESTED.items() for name in names),
    *(f"answers.{measure.name}" for measure in ANSWERS if measure.tested),
)
"""What a comparison of two runs tests, each test corrected for how many there are."""
