"""Fitting confidence: a logistic regression from the evidence for an answer to whether it was right."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from qa.answerer import TOP_K, Answerer
from qa.confidence import Calibration, features_of
from qa.evaluation.data.formats import Question
from qa.evaluation.errors import TooFewQuestions
from qa.evaluation.measures.answers import RIGHT, best_f1
from qa.evaluation.measures.confidence import auroc, calibration_error
from qa.evaluation.run import Progress

LEAST = 25
"""How many right and how many wrong answers a fit needs."""


class Outcomes(NamedTuple):
    """Features of shape (questions, features), whether each best span is right, the questions and the spans' words."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    questions: list[Question]
    texts: list[str]

    @property
    def answerable(self) -> NDArray[np.bool_]:
        """Which questions have an answer."""
        return np.array([question.answerable for question in self.questions])


class Judged(NamedTuple):
    """What a calibration is worth on questions that it was not fitted on."""

    auroc: float
    ece: float


def outcomes(answerer: Answerer, questions: Sequence[Question], progress: Progress | None = None) -> Outcomes:
    """Ask every question, whatever the confidence. A question that finds no span at all is left out."""
    features, right, answered, texts = [], [], [], []
    top_k = max(TOP_K, answerer.reader.depth)  # all that is read is evidence
    for number, question in enumerate(questions, start=1):
        answer = answerer.ask(
            question.question, history=question.history, top_k=top_k, doc_ids=question.doc_ids, min_confidence=0.0
        )
        if progress:
            progress(number, len(questions))
        if not answer.candidates:
            continue
        best, *others = answer.candidates
        text = answerer.cited(answer.read, best).answer
        features.append(features_of(answer.read, best, others, answer.hits))
        right.append(question.answerable and best_f1(text, question.answers) >= RIGHT)
        answered.append(question)
        texts.append(text)
    return Outcomes(np.array(features), np.array(right, dtype=bool), answered, texts)


def fit(result: Outcomes, answerer: Answerer) -> Calibration:
    """Fit on these outcomes, for the answerer's models. Raises TooFewQuestions."""
    right, wrong = int(result.right.sum()), int((~result.right).sum())
    if min(right, wrong) < LEAST:
        raise TooFewQuestions(
            f"Confidence needs at least {LEAST} questions answered rightly and {LEAST} wrongly to be fitted, and this "
            f"set gave {right} and {wrong}; add questions, unanswerable ones among them."
        )
    return _fit(result, answerer)


def _fit(result: Outcomes, answerer: Answerer) -> Calibration:
    means, scales = result.features.mean(axis=0), result.features.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=1000).fit((result.features - means) / scales, result.right)
    probabilities = model.predict_proba((result.features - means) / scales)[:, 1]
    manifest = answerer.index.manifest
    threshold = best_threshold(probabilities, result)
    return Calibration(
        reader=answerer.reader.name,
        encoder=manifest.encoder.name,
        target_tokens=manifest.target_tokens,
        means=tuple(map(float, means)),
        scales=tuple(map(float, scales)),
        weights=tuple(map(float, model.coef_[0])),
        bias=float(model.intercept_[0]),
        threshold=threshold,
        floor=best_floor(probabilities, result.answerable, threshold),
    )


def cross_validated(result: Outcomes, answerer: Answerer, folds: int = 5, seed: int = 1) -> Judged:
    """Each part of the questions judged by a fit on the others."""
    parts = np.array_split(np.random.default_rng(seed).permutation(len(result.right)), folds)
    probabilities = np.empty(len(result.right))
    for part in parts:
        rest = np.setdiff1d(np.arange(len(result.right)), part)
        questions, texts = [result.questions[n] for n in rest], [result.texts[n] for n in rest]
        fitted = _fit(Outcomes(result.features[rest], result.right[rest], questions, texts), answerer)
        probabilities[part] = [fitted.probability(row) for row in result.features[part]]
    return Judged(auroc(probabilities, result.right), calibration_error(probabilities, result.right))


def best_floor(probabilities: NDArray[np.float64], answerable: NDArray[np.bool_], threshold: float) -> float:
    """What parts best, among the questions that are abstained from, those with an answer from those without."""
    silent = probabilities < threshold
    with_answer, without = probabilities[silent & answerable], probabilities[silent & ~answerable]
    tried = np.round(np.arange(0.0, threshold + 0.005, 0.01), 2)
    gains = [
        (with_answer >= floor).sum() / max(1, len(with_answer)) + (without < floor).sum() / max(1, len(without))
        for floor in tried
    ]
    return min(threshold, float(tried[int(np.argmax(gains))]))


def best_threshold(probabilities: NDArray[np.float64], result: Outcomes) -> float:
    """The threshold with the largest sum of two shares: answerable answered right, and the others abstained from."""
    answerable = result.answerable
    tried = np.round(np.arange(0.05, 0.95, 0.01), 2)
    gains = [
        (result.right & (probabilities >= least)).sum() / max(1, answerable.sum())
        + (~answerable & (probabilities < least)).sum() / max(1, (~answerable).sum())
        for least in tried
    ]
    return float(tried[int(np.argmax(gains))])
