"""Pieces of contexts like the passages read at run time: whole sentences, at most so many tokens."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from tokenizers import Tokenizer

from corpus import sentences


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a context without surrounding blanks: `context[start:end]`, and its length in tokens."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a context, `context[start:end]`, with the title of its article."""

    title: str
    context: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """The piece itself."""
        return self.context[self.start : self.end]


def sentence_table(contexts: Iterable[str], tokenizer: Tokenizer) -> dict[str, list[Sentence]]:
    """The sentences of every distinct context."""
    distinct = list(dict.fromkeys(contexts))
    encodings = tokenizer.encode_batch(distinct, add_special_tokens=False)
    return {c: _sentences(c, [s for s, _ in e.offsets]) for c, e in zip(distinct, encodings, strict=True)}


def _sentences(context: str, token_starts: list[int]) -> list[Sentence]:
    spans = [
        Sentence(start, end, bisect_left(token_starts, end) - bisect_left(token_starts, start))
        for start, end in sentences(context)
    ]
    return spans or [Sentence(0, len(context), len(token_starts))]


def cut(sentences: Sequence[Sentence], limit: int) -> list[tuple[int, int]]:
    """Consecutive runs of whole sentences of at most `limit` tokens, filled from the left.

    A sentence longer than `limit` is a run of its own.
    """
    runs: list[list[Sentence]] = []
    for sentence in sentences:
        if runs and sum(s.tokens for s in runs[-1]) + sentence.tokens <= limit:
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return [(run[0].start, run[-1].end) for run in runs]


def around(sentences: Sequence[Sentence], start: int, end: int, limit: int, random: Random) -> tuple[int, int]:
    """A run of whole sentences that holds `start:end` and grows by chance to either side up to `limit` tokens."""
    inside = [i for i, s in enumerate(sentences) if s.start < end and start < s.end] or [0]
    first, last = inside[0], inside[-1]
    tokens = sum(s.tokens for s in sentences[first : last + 1])
    sides = ["left", "right"]
    while sides:
        side = random.choice(sides)
        after = first - 1 if side == "left" else last + 1
        if not 0 <= after < len(sentences) or tokens + sentences[after].tokens > limit:
            sides.remove(side)
            continue
        tokens += sentences[after].tokens
        first, last = min(first, after), max(last, after)
    return min(start, sentences[first].start), max(end, sentences[last].end)
