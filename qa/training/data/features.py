"""Question and context -> token windows with labels. Null ("not answered here") is position 0, the first mark."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from qa.reading.spans import Layout, Window, before, windows
from qa.training.data.examples import Example

TokenIds = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Feature:
    """A window without its offsets, with the token positions of the answer; (0, 0) is null.

    ``soft`` is what a teacher makes of it: the logits of null and of each of the passage's tokens as start and as end,
    relative to null's, shape (1 + tokens of the passage, 2).
    """

    ids: TokenIds
    first: int
    start: int
    end: int
    heading: int = 0  # how many tokens before `first` are the passage's heading
    soft: npt.NDArray[np.float16] | None = None


def layout_of(tokenizer: Tokenizer) -> Layout:
    """The marks that the model of this tokenizer was pretrained with: BERT's, or MPNet's. Raises ValueError."""
    # MPNet's vocabulary holds BERT's marks too, which it was never shown.
    for first, last, times in (("<s>", "</s>", 2), ("[CLS]", "[SEP]", 1)):
        cls, sep = tokenizer.token_to_id(first), tokenizer.token_to_id(last)
        if cls is not None and sep is not None:
            return Layout(cls, (sep,) * times, sep)
    raise ValueError("The tokenizer has neither BERT's marks nor MPNet's: train from one of these.")


def example_windows(examples: Sequence[Example], tokenizer: Tokenizer) -> list[list[Window]]:
    """The windows of each example; every distinct text is tokenised once."""
    layout = layout_of(tokenizer)
    texts = list(dict.fromkeys(t for e in examples for t in (e.question, e.context, before(e.heading))))
    encoded = dict(zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True))
    all_windows = []
    for example in examples:
        question, context = encoded[example.question], encoded[example.context]
        heading = encoded[before(example.heading)].ids
        all_windows.append(windows(question.ids, context.ids, context.offsets, layout, heading=heading))
    return all_windows


def answer_tokens(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """First and last token of the characters `start:end`, or None if the window does not hold them whole."""
    inside = [i for i, (s, e) in enumerate(window.offsets) if s < end and e > start]
    if not inside or window.offsets[inside[0]][0] > start or window.offsets[inside[-1]][1] < end:
        return None
    return window.first + inside[0], window.first + inside[-1]


def null_feature(window: Window) -> Feature:
    """The window labelled as holding no answer, or not labelled at all."""
    return Feature(np.array(window.ids, dtype=np.int32), window.first, 0, 0, window.heading)


def training_feature(example: Example, candidates: Sequence[Window]) -> Feature | None:
    """One feature per example: the window with the most context around the first answer, else the first window.

    None where no window holds the answer whole.
    """
    if not example.answerable:
        return null_feature(candidates[0])
    text, start = example.answers[0]
    fitting = [(w, t) for w in candidates if (t := answer_tokens(w, start, start + len(text)))]
    if not fitting:
        return None
    window, (first, last) = max(fitting, key=lambda f: min(f[1][0] - f[0].first, len(f[0].ids) - f[1][1]))
    return Feature(np.array(window.ids, dtype=np.int32), window.first, first, last, window.heading)


def training_features(examples: Sequence[Example], tokenizer: Tokenizer) -> list[Feature | None]:
    """A feature for each example, in order."""
    all_windows = example_windows(examples, tokenizer)
    return [training_feature(e, w) for e, w in zip(examples, all_windows, strict=True)]
