"""What a confidence is worth: ranking right answers above wrong ones, meaning what it says, and when to abstain.

Probabilities and labels are arrays of shape (questions,), in the same order.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 15

Floats = NDArray[np.float64]


class Bin(NamedTuple):
    """Some questions of neighbouring confidence: how many, their mean confidence, and the share of right answers."""

    size: int
    confidence: float
    right: float


class Abstention(NamedTuple):
    """How well abstaining finds the questions that have no answer; a share without a denominator is 0."""

    precision: float
    recall: float
    f1: float


def auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """The chance that a positive scores above a negative, ties counting half (Mann-Whitney); NaN without either."""
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return float("nan")
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def reliability(confidences: ArrayLike, right: ArrayLike, bins: int = BINS) -> list[Bin]:
    """Bins of equal mass, by rising confidence (Nguyen and O'Connor 2015)."""
    sure, labels = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    parts = np.array_split(np.argsort(sure, kind="stable"), bins)
    return [Bin(len(part), float(sure[part].mean()), float(labels[part].mean())) for part in parts if len(part)]


def calibration_error(confidences: ArrayLike, right: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error: how far confidence is from the share of right answers, on the mean over bins."""
    diagram = reliability(confidences, right, bins)
    return sum(b.size * abs(b.confidence - b.right) for b in diagram) / sum(b.size for b in diagram)


def risk_coverage(confidences: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    """Coverage (share of questions answered) and risk (share of wrong ones among them), by falling confidence.

    Questions of equal confidence are answered together. A question without an answer counts as wrong where answered.
    """
    sure, labels = np.asarray(confidences, dtype=float), np.asarray(right, dtype=bool)
    order = np.argsort(-sure, kind="stable")
    last = np.append(np.flatnonzero(np.diff(sure[order])), len(order) - 1)
    answered = last + 1.0
    return answered / len(order), np.cumsum(~labels[order])[last] / answered


def aurc(confidences: ArrayLike, right: ArrayLike) -> float:
    """Area under the risk-coverage curve (Geifman and El-Yaniv 2017): mean risk over the coverage of each question."""
    coverage, risk = risk_coverage(confidences, right)
    return float(np.dot(np.diff(np.concatenate([[0.0], coverage])), risk))


def abstention(abstained: ArrayLike, answerable: ArrayLike) -> Abstention:
    """Of the questions abstained from, the share without an answer; of those without, the share abstained from."""
    silent, asked = np.asarray(abstained, dtype=bool), np.asarray(answerable, dtype=bool)
    right = float((silent & ~asked).sum())
    precision = right / silent.sum() if silent.any() else 0.0
    recall = right / (~asked).sum() if (~asked).any() else 0.0
    return Abstention(precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0)
