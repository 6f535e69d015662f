"""What is searched of a passage: the text that is encoded and scored."""

from bisect import bisect_right

from corpus import Passage
from index.types import Encoder


def searchable(passage: Passage, encoder: Encoder) -> str:
    """What is encoded and scored for a passage: title and section before its text, cut to half of what is seen."""
    return f"{_cut(passage.context, encoder, encoder.max_tokens // 2)}\n{passage.text}".strip()


def _cut(text: str, encoder: Encoder, tokens: int) -> str:
    """As much of the text as fits, to the end of a word; of one long word to the end of a character."""
    if encoder.count_tokens(text) <= tokens:
        return text
    lengths = range(len(text))
    fitting = bisect_right(lengths, tokens, key=lambda length: encoder.count_tokens(text[:length])) - 1
    blank = text.rfind(" ", 0, fitting + 1)
    return text[: blank if blank > fitting // 2 else fitting]
