"""How good a reader is on development articles: given the paragraph, and on passages of other articles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from qa.training.data import Example
from qa.training.features import Feature, Window, example_windows
from qa.training.measures import auroc, best_threshold, exact, f1

MAX_ANSWER_TOKENS = 30
Logits = npt.NDArray[np.float32]
Scorer = Callable[[Sequence[Feature]], list[tuple[Logits, Logits]]]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best span's text and its logit sum less the null's; comparable across passages."""

    text: str
    margin: float


def sample(examples: Sequence[Example], answerable: int, unanswerable: int, seed: int) -> list[Example]:
    """Some answerable and unanswerable questions, and as many again asked of other articles' paragraphs."""
    random = Random(f"develop {seed}")  # noqa: S311
    asked = random.sample([e for e in examples if e.answerable], answerable)
    refused = random.sample([e for e in examples if not e.answerable], unanswerable)
    crossed = []
    for example in random.sample(asked, min(unanswerable, answerable)):
        other = random.choice([e for e in examples if e.title != example.title])
        crossed.append(replace(example, context=other.context, answers=(), answerable=False, source="cross"))
    return [*asked, *refused, *crossed]


def best_span(window: Window, start: Logits, end: Logits) -> tuple[int, int, float]:
    """Character span in the context with the largest margin, and that margin; logits have shape (tokens,)."""
    count = len(window.offsets)
    starts, ends = start[window.first : window.first + count], end[window.first : window.first + count]
    scores = np.triu(starts[:, None] + ends[None, :]) + np.tril(np.full((count, count), -np.inf), -1)
    scores[np.triu_indices(count, MAX_ANSWER_TOKENS)] = -np.inf
    first, last = np.unravel_index(int(scores.argmax()), scores.shape)
    margin = float(scores[first, last] - start[0] - end[0])
    return window.offsets[int(first)][0], window.offsets[int(last)][1], margin


def predict(examples: Sequence[Example], tokenizer: Tokenizer, score: Scorer) -> list[Prediction]:
    """The best span over all windows of each example."""
    made = example_windows(examples, tokenizer)
    logits = iter(score([Feature(w.ids, w.first, 0, 0) for windows in made for w in windows]))
    predictions = []
    for example, windows in zip(examples, made, strict=True):
        start, end, margin = max((best_span(w, *next(logits)) for w in windows), key=lambda span: span[2])
        predictions.append(Prediction(example.context[start:end], margin))
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
