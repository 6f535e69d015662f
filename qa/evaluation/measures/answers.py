"""Exact match and F1 as the official SQuAD 2.0 script takes them (Rajpurkar et al. 2016, 2018; evaluate-v2.0.py)."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RIGHT = 0.5
"""The F1 to a gold answer from which an answer counts as right."""
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


class Best(NamedTuple):
    """The best mean score that any threshold reaches, and the threshold: answer where the score is above it."""

    score: float
    threshold: float


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and extra blanks."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(answer: str, gold: str) -> float:
    """1.0 if both are equal after normalisation."""
    return float(normalise(answer) == normalise(gold))


def f1(answer: str, gold: str) -> float:
    """Harmonic mean of the precision and recall of words; where either has none, 1.0 if both have none."""
    ours, theirs = normalise(answer).split(), normalise(gold).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


def best_exact(answer: str, golds: Sequence[str]) -> float:
    """Against the nearest gold answer. Golds of no word do not count; without any, an answer of no word is right."""
    return max((exact(answer, gold) for gold in _told(golds)), default=float(not normalise(answer)))


def best_f1(answer: str, golds: Sequence[str]) -> float:
    """As ``best_exact``."""
    return max((f1(answer, gold) for gold in _told(golds)), default=float(not normalise(answer)))


def _told(golds: Sequence[str]) -> list[str]:
    return [gold for gold in golds if normalise(gold)]


def best_threshold(margins: npt.ArrayLike, scores: npt.ArrayLike, answerable: npt.ArrayLike) -> Best:
    """The threshold over ``margins`` (how sure an answer is) with the best mean score; ties take the higher one.

    ``scores`` are of the answers were they given; an unanswerable question scores 1 where abstained, 0 where answered.
    Questions of one margin stand or fall together, as a threshold can part them no further.
    """
    sure, gained = np.asarray(margins, dtype=float), np.asarray(scores, dtype=float)
    asked = np.asarray(answerable, dtype=bool)
    order = np.argsort(-sure, kind="stable")
    totals = np.concatenate([[0.0], np.cumsum(np.where(asked, gained, -1.0)[order])]) + (~asked).sum()
    falls = np.concatenate([sure[order], [-np.inf]])
    possible = np.concatenate([[True], falls[1:] < falls[:-1]])
    best = int(np.argmax(np.where(possible, totals, -np.inf)))
    threshold = np.inf if best == 0 else float(np.nextafter(falls[best - 1], -np.inf))
    return Best(float(totals[best] / len(sure)), threshold)
