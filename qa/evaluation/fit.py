"""Fitting confidence: a logistic regression from the evidence for an answer to whether it was right."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from qa.answerer import TOP_K, Answerer
from qa.confidence import Calibration, features_of
from qa.evaluation.errors import TooFewQuestions
from qa.evaluation.measures.answers import RIGHT, best_f1
from qa.evaluation.measures.confidence import auroc, calibration_error
from qa.evaluation.run import Progress
from qa.types import Turn

LEAST = 25
"""How many right and how many wrong answers a fit needs."""


class Asked(NamedTuple):
    """A question, what kind it is, its gold answers (none where the corpus does not say), and of which documents.

    ``doc_ids`` of None asks all documents; ``history`` are the turns before it.
    """

    question: str
    kind: str
    golds: tuple[str, ...]
    doc_ids: tuple[str, ...] | None = None
    history: tuple[Turn, ...] = ()


class Outcomes(NamedTuple):
    """Features of shape (questions, features), whether each best span is right, the questions and the spans' words."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    asked: list[Asked]
    texts: list[str]

    @property
    def answerable(self) -> NDArray[np.bool_]:
        """Which questions have an answer."""
        return np.array([bool(each.golds) for each in self.asked])


class Judged(NamedTuple):
    """What a calibration is worth on questions that it was not fitted on."""

    auroc: float
    ece: float


def outcomes(answerer: Answerer, asked: Sequence[Asked], progress: Progress | None = None) -> Outcomes:
    """Ask every question, whatever the confidence. A question that finds no span at all is left out."""
    features, right, kept, texts = [], [], [], []
    top_k = max(TOP_K, answerer.reader.depth)  # all that is read is evidence
    for number, each in enumerate(asked, start=1):
        answer = answerer.ask(
            each.question, history=each.history, top_k=top_k, doc_ids=each.doc_ids, min_confidence=0.0
        )
        if progress:
            progress(number, len(asked))
        if not answer.candidates:
            continue
        best, *others = answer.candidates
        text = answerer.index.document(best.passage.doc_id).text[best.start : best.end]
        features.append(features_of(answer.query, best, others, answer.hits))
        right.append(bool(each.golds) and best_f1(text, each.golds) >= RIGHT)
        kept.append(each)
        texts.append(text)
    return Outcomes(np.array(features), np.array(right, dtype=bool), kept, texts)


def fit(found: Outcomes, answerer: Answerer) -> Calibration:
    """Fit on these outcomes, for the answerer's models. Raises TooFewQuestions."""
    right, wrong = int(found.right.sum()), int((~found.right).sum())
    if min(right, wrong) < LEAST:
        raise TooFewQuestions(
            f"Confidence needs at least {LEAST} questions answered rightly and {LEAST} wrongly to be fitted, and this "
            f"set gave {right} and {wrong}; add questions, unanswerable ones among them."
        )
    return _fit(found, answerer)


def _fit(found: Outcomes, answerer: Answerer) -> Calibration:
    means, scales = found.features.mean(axis=0), found.features.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=1000).fit((found.features - means) / scales, found.right)
    probabilities = model.predict_proba((found.features - means) / scales)[:, 1]
    made = answerer.index.manifest
    threshold = best_threshold(probabilities, found)
    return Calibration(
        reader=answerer.reader.name,
        encoder=made.encoder.name,
        target_tokens=made.target_tokens,
        means=tuple(map(float, means)),
        scales=tuple(map(float, scales)),
        weights=tuple(map(float, model.coef_[0])),
        bias=float(model.intercept_[0]),
        threshold=threshold,
        floor=best_floor(probabilities, found.answerable, threshold),
    )


def cross_validated(found: Outcomes, answerer: Answerer, folds: int = 5, seed: int = 1) -> Judged:
    """Each part of the questions judged by a fit on the others."""
    parts = np.array_split(np.random.default_rng(seed).permutation(len(found.right)), folds)
    probabilities = np.empty(len(found.right))
    for part in parts:
        rest = np.setdiff1d(np.arange(len(found.right)), part)
        kept = [found.asked[n] for n in rest], [found.texts[n] for n in rest]
        fitted = _fit(Outcomes(found.features[rest], found.right[rest], *kept), answerer)
        probabilities[part] = [fitted.probability(row) for row in found.features[part]]
    return Judged(auroc(probabilities, found.right), calibration_error(probabilities, found.right))


def best_floor(probabilities: NDArray[np.float64], answerable: NDArray[np.bool_], threshold: float) -> float:
    """What parts best, among the questions that are abstained from, those with an answer from those without."""
    silent = probabilities < threshold
    asked, other = probabilities[silent & answerable], probabilities[silent & ~answerable]
    tried = np.round(np.arange(0.0, threshold + 0.005, 0.01), 2)
    gains = [
        (asked >= floor).sum() / max(1, len(asked)) + (other < floor).sum() / max(1, len(other)) for floor in tried
    ]
    return min(threshold, float(tried[int(np.argmax(gains))]))


def best_threshold(probabilities: NDArray[np.float64], found: Outcomes) -> float:
    """The threshold with the largest sum of two shares: answerable answered right, and the others abstained from."""
    answerable = found.answerable
    tried = np.round(np.arange(0.05, 0.95, 0.01), 2)
    gains = [
        (found.right & (probabilities >= least)).sum() / max(1, answerable.sum())
        + (~answerable & (probabilities < least)).sum() / max(1, (~answerable).sum())
        for least in tried
    ]
    return float(tried[int(np.argmax(gains))])
