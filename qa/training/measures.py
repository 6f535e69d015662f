"""Exact match, F1 and ranking measures for watching a training run.

Normalisation as in the official SQuAD script (Rajpurkar et al. 2016, evaluate-v2.0.py).
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case without punctuation, articles and extra blanks."""
    text = text.lower().translate(_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact(answer: str, gold: str) -> float:
    """1.0 if both are equal after normalisation."""
    return float(normalise(answer) == normalise(gold))


def f1(answer: str, gold: str) -> float:
    """Harmonic mean of token precision and recall; two empty texts agree."""
    ours, theirs = normalise(answer).split(), normalise(gold).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


def best_threshold(
    margins: Sequence[float], scores: Sequence[float], answerable: Sequence[bool]
) -> tuple[float, float]:
    """The best mean score of any threshold, and the threshold (answer where margin > threshold).

    An unanswerable question scores 1 where abstained and 0 where answered.
    """
    order = np.argsort(-np.asarray(margins), kind="stable")
    gains = np.where(answerable, scores, -1.0)[order]
    totals = np.concatenate([[0.0], np.cumsum(gains)]) + (len(order) - sum(answerable))
    best = int(np.argmax(totals))
    threshold = float("inf") if best == 0 else float(np.asarray(margins)[order[best - 1]]) - 1e-6
    return float(totals[best] / len(order)), threshold


def auroc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Chance that a positive scores above a negative, ties counting half (Mann-Whitney)."""
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return float("nan")
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))
