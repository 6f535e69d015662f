"""How good a reader is on development articles: given the paragraph, and on passages of other articles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from tokenizers import Tokenizer

from qa.evaluation.measures.answers import best_threshold, exact, f1
from qa.evaluation.measures.confidence import auroc
from qa.reading.spans import Logits, best_spans
from qa.training.data.examples import Example
from qa.training.data.features import Feature, example_windows, null_feature

Scorer = Callable[[Sequence[Feature]], list[tuple[Logits, Logits]]]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best span's text and its logit sum less the null's; comparable across passages."""

    text: str
    margin: float


def sample(examples: Sequence[Example], answerable: int, unanswerable: int, seed: int) -> list[Example]:
    """At most so many answerable and unanswerable questions, and as many again of other articles' paragraphs."""
    random = Random(f"develop {seed}")
    asked = _at_most(answerable, [e for e in examples if e.answerable], random)
    refused = _at_most(unanswerable, [e for e in examples if not e.answerable], random)
    crossed = []
    for example in _at_most(unanswerable, asked, random):
        other = random.choice([e for e in examples if e.title != example.title])
        crossed.append(replace(example, context=other.context, answers=(), answerable=False, source="cross"))
    return [*asked, *refused, *crossed]


def _at_most(count: int, members: Sequence[Example], random: Random) -> list[Example]:
    return random.sample(members, min(count, len(members)))


def predict(examples: Sequence[Example], tokenizer: Tokenizer, score: Scorer) -> list[Prediction]:
    """The best span over all windows of each example."""
    all_windows = example_windows(examples, tokenizer)
    logits = iter(score([null_feature(w) for windows in all_windows for w in windows]))
    predictions = []
    for example, windows in zip(examples, all_windows, strict=True):
        spans = [span for w in windows for span in best_spans(example.context, w, *next(logits), limit=1)]
        best = max(spans, key=lambda span: span.score - span.null_score, default=None)
        answer = (example.context[best.start : best.end], best.score - best.null_score) if best else ("", -np.inf)
        predictions.append(Prediction(*answer))
    return predictions


def figures(examples: Sequence[Example], predictions: Sequence[Prediction]) -> dict[str, float]:
    """Forced scores on answerable questions, best-threshold scores without the crossed ones, AUROC with them."""
    pairs = list(zip(examples, predictions, strict=True))
    em = [max((exact(p.text, a) for a, _ in e.answers), default=0.0) for e, p in pairs]
    overlap = [max((f1(p.text, a) for a, _ in e.answers), default=0.0) for e, p in pairs]
    asked = [i for i, (e, _) in enumerate(pairs) if e.answerable]
    own = [i for i, (e, _) in enumerate(pairs) if e.source != "cross"]
    margins, answerable = [p.margin for p in predictions], [e.answerable for e in examples]

    def best(scores: Sequence[float]) -> float:
        return best_threshold([margins[i] for i in own], [scores[i] for i in own], [answerable[i] for i in own])[0]

    crossed = [i for i, (e, _) in enumerate(pairs) if e.answerable or e.source == "cross"]
    return {
        "forced_exact": float(np.mean([em[i] for i in asked])),
        "forced_f1": float(np.mean([overlap[i] for i in asked])),
        "best_exact": best(em),
        "best_f1": best(overlap),
        "auroc_answerable": auroc([margins[i] for i in own], [answerable[i] for i in own]),
        "auroc_cross": auroc([margins[i] for i in crossed], [answerable[i] for i in crossed]),
        "auroc_right": auroc(margins, [f >= 0.5 for f in overlap]),
    }
