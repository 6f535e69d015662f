"""The reader's margins and what surrounds them -> the probability that an answer is right, with retrieval in the loop.

The questions are asked of the calibration articles as one corpus, as a user would: which paragraph answers is not told.
The mixture, by what a question is: answerable there; unanswerable near its paragraph (SQuAD 2.0's own); a near miss
made by rule; about other documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from corpus import Document
from index import DEFAULT_ENCODER, Index
from qa.answerer import TOP_K
from qa.confidence import Calibration, features_of
from qa.span_reader import SpanReader
from qa.training import nearmiss
from qa.training.data import Example, read_examples
from qa.training.measures import auroc, f1

RIGHT = 0.5
"""The F1 to a gold answer from which an answer counts as right."""
BINS = 15

Kind = str


@dataclass(frozen=True, slots=True)
class Mixture:
    """How many questions of each kind are asked."""

    answerable: int = 1500
    unanswerable: int = 750
    near: int = 350
    elsewhere: int = 700


class Asked(NamedTuple):
    """A question, what it is, and its gold answers (none where the corpus does not say)."""

    question: str
    kind: Kind
    golds: tuple[str, ...]


class Outcomes(NamedTuple):
    """Features of shape (questions, features), whether each best span is right, and the kinds."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    kinds: list[Kind]


def calibrate(work: Path, reader: Path, mixture: Mixture, seed: int = 1) -> dict[str, float]:
    """Fit on the calibration articles, write ``confidence.json`` beside the reader, measure on the development ones."""
    parts = {name: read_examples(work / f"{name}.jsonl.gz") for name in ("calibration", "development")}
    model = SpanReader(reader)
    found = {}
    for name, other in (("calibration", "development"), ("development", "calibration")):
        index = Index.build(articles(parts[name]), work / "indexes" / name)
        found[name] = outcomes(index, model, mix(parts[name], parts[other], mixture, seed))
    fitted = fit(found["calibration"], model.name, Index.open(work / "indexes" / "calibration"))
    fitted.save(reader / "confidence.json")
    return figures(fitted, found["development"])


def articles(examples: Sequence[Example]) -> list[Document]:
    """Each article as one document: its paragraphs, parted by blank lines."""
    paragraphs = dict.fromkeys((e.title, e.context) for e in examples)
    documents = []
    for title, group in groupby(sorted(paragraphs), key=lambda pair: pair[0]):
        text = "\n\n".join(context for _, context in group)
        digest = f"sha256:{sha256(text.encode()).hexdigest()}"
        documents.append(Document(title, text, title.replace("_", " "), digest, digest))
    return documents


def mix(examples: Sequence[Example], others: Sequence[Example], mixture: Mixture, seed: int) -> list[Asked]:
    """The questions, drawn from the seed."""
    random = Random(f"calibrate {seed}")
    known = nearmiss.mentions(examples)
    answerable = random.sample([e for e in examples if e.answerable], mixture.answerable + 6 * mixture.near)
    unanswerable = [e for e in examples if not e.answerable]
    asked, rest = answerable[: mixture.answerable], answerable[mixture.answerable :]
    near = [made for e in rest if (made := nearmiss.near_miss(e, known, random))][: mixture.near]
    elsewhere = random.sample([e for e in others if e.answerable], mixture.elsewhere)
    return [
        *(Asked(e.question, "answerable", tuple(text for text, _ in e.answers)) for e in asked),
        *(Asked(e.question, "unanswerable", ()) for e in random.sample(unanswerable, mixture.unanswerable)),
        *(Asked(e.question, "near", ()) for e in near),
        *(Asked(e.question, "elsewhere", ()) for e in elsewhere),
    ]


def outcomes(index: Index, reader: SpanReader, asked: Sequence[Asked]) -> Outcomes:
    """Ask every question the way the answerer does, whatever its confidence."""
    features, right, kinds = [], [], []
    for question, kind, golds in asked:
        hits = index.search(question, top_k=TOP_K)
        candidates = sorted(reader.read(question, [hit.passage for hit in hits]), key=lambda c: -c.margin)
        if not candidates:
            continue
        best, *others = candidates
        text = index.document(best.passage.doc_id).text[best.start : best.end]
        features.append(features_of(question, best, others, hits))
        right.append(max((f1(text, gold) for gold in golds), default=0.0) >= RIGHT)
        kinds.append(kind)
    return Outcomes(np.array(features), np.array(right), kinds)


def fit(found: Outcomes, reader: str, index: Index) -> Calibration:
    """A logistic regression on standardised features; the threshold that best parts right answers from the rest."""
    means, scales = found.features.mean(axis=0), found.features.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=1000).fit((found.features - means) / scales, found.right)
    probabilities = model.predict_proba((found.features - means) / scales)[:, 1]
    return Calibration(
        reader=reader,
        encoder=DEFAULT_ENCODER,
        target_tokens=index.manifest.target_tokens,
        means=tuple(map(float, means)),
        scales=tuple(map(float, scales)),
        weights=tuple(map(float, model.coef_[0])),
        bias=float(model.intercept_[0]),
        threshold=best_threshold(probabilities, found),
    )


def best_threshold(probabilities: NDArray[np.float64], found: Outcomes) -> float:
    """The threshold with the largest sum of two shares: answerable answered right, and the others abstained from."""
    answerable = np.array([kind == "answerable" for kind in found.kinds])
    tried = np.round(np.arange(0.05, 0.95, 0.01), 2)
    gains = [
        (found.right & (probabilities >= least)).sum() / answerable.sum()
        + (~answerable & (probabilities < least)).sum() / (~answerable).sum()
        for least in tried
    ]
    return float(tried[int(np.argmax(gains))])


def figures(fitted: Calibration, found: Outcomes) -> dict[str, float]:
    """What the calibration reaches on questions that it was not fitted on."""
    probabilities = np.array([fitted.probability(row) for row in found.features])
    answered = probabilities >= fitted.threshold
    kinds = np.array(found.kinds)
    shares = {f"abstained_{k}": float((~answered[kinds == k]).mean()) for k in ("unanswerable", "near", "elsewhere")}
    asked = kinds == "answerable"
    return {
        "auroc": auroc(probabilities, found.right),
        "ece": calibration_error(probabilities, found.right),
        "threshold": fitted.threshold,
        "forced_right": float(found.right[asked].mean()),
        "answered_right": float((found.right & answered)[asked].mean()),
        **shares,
    }


def calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Expected calibration error over bins of equal mass (Nguyen and O'Connor 2015)."""
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, bins)
    return float(sum(len(p) / len(order) * abs(probabilities[p].mean() - right[p].mean()) for p in parts if len(p)))
