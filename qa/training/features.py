"""Question and context -> token windows with labels. Null ("not answered here") is position 0, [CLS]."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from qa.training.data import Example

QUESTION_TOKENS = 64
WINDOW_TOKENS = 320
STRIDE_TOKENS = 96
CLS, SEP = 101, 102  # of the BERT vocabulary that the encoder uses

TokenIds = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Window:
    """[CLS] question [SEP] part of the context [SEP].

    `ids` has shape (tokens,); the context's tokens are `ids[first : first + len(offsets)]`, and
    `offsets[i]` is where token `first + i` stands in the context.
    """

    ids: TokenIds
    first: int
    offsets: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Feature:
    """A window without its offsets, with the token positions of the answer; (0, 0) is null."""

    ids: TokenIds
    first: int
    start: int
    end: int


def windows(
    question_ids: Sequence[int],
    context_ids: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    *,
    size: int = WINDOW_TOKENS,
    stride: int = STRIDE_TOKENS,
) -> list[Window]:
    """All windows of at most `size` tokens; neighbours share `stride` tokens of the context."""
    head = [CLS, *question_ids[:QUESTION_TOKENS], SEP]
    room = size - len(head) - 1
    made = []
    for at in range(0, max(1, len(context_ids) - stride), room - stride):
        ids = np.array([*head, *context_ids[at : at + room], SEP], dtype=np.int32)
        made.append(Window(ids, len(head), offsets[at : at + room]))
    return made


def example_windows(examples: Sequence[Example], tokenizer: Tokenizer) -> list[list[Window]]:
    """The windows of each example; every distinct text is tokenised once."""
    texts = list(dict.fromkeys(t for e in examples for t in (e.question, e.context)))
    encoded = dict(zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True))
    return [windows(encoded[e.question].ids, encoded[e.context].ids, encoded[e.context].offsets) for e in examples]


def answer_tokens(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """First and last token of the characters `start:end`, or None if the window does not hold them whole."""
    inside = [i for i, (s, e) in enumerate(window.offsets) if s < end and e > start]
    if not inside or window.offsets[inside[0]][0] > start or window.offsets[inside[-1]][1] < end:
        return None
    return window.first + inside[0], window.first + inside[-1]


def training_feature(example: Example, made: Sequence[Window]) -> Feature | None:
    """One feature per example: the window with the most context around the first answer, else the first window.

    None where no window holds the answer whole.
    """
    if not example.answerable:
        return Feature(made[0].ids, made[0].first, 0, 0)
    text, start = example.answers[0]
    fitting = [(w, t) for w in made if (t := answer_tokens(w, start, start + len(text)))]
    if not fitting:
        return None
    window, (first, last) = max(fitting, key=lambda f: min(f[1][0] - f[0].first, len(f[0].ids) - f[1][1]))
    return Feature(window.ids, window.first, first, last)


def training_features(examples: Sequence[Example], tokenizer: Tokenizer) -> list[Feature | None]:
    """A feature for each example, in order."""
    made = example_windows(examples, tokenizer)
    return [training_feature(e, w) for e, w in zip(examples, made, strict=True)]
