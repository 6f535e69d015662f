"""From token logits to spans of text: windows over long passages, word bounds, the best spans of each.

Pure arithmetic on NumPy arrays: the reader at run time and its training share it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

QUESTION_TOKENS = 64
WINDOW_TOKENS = 320
STRIDE_TOKENS = 96
ANSWER_TOKENS = 30

_BLANK_LINE = re.compile(r"(?>\r\n?|\n)[^\S\r\n]*(?>\r\n?|\n)|\f")
_PAIRS = (('"', '"'), ("“", "”"), ("‘", "’"), ("(", ")"), ("[", "]"), ("«", "»"))

Logits = NDArray[np.float32]
"""Shape (tokens,); of one window."""
Offsets = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """``[CLS] question [SEP] part of the passage [SEP]`` as token ids.

    The passage's tokens are ``ids[first : first + len(offsets)]``; ``offsets[i]`` is where token ``first + i`` stands
    in the passage's text. Position 0 stands for "this window does not answer" (Devlin et al. 2019, section 4.3).
    """

    ids: list[int]
    first: int
    offsets: Offsets


class ScoredSpan(NamedTuple):
    """Characters ``start`` to ``end`` of a passage's text, with raw logit sums."""

    start: int
    end: int
    score: float
    null_score: float


def windows(question: Sequence[int], passage: Sequence[int], offsets: Offsets, *, cls: int, sep: int) -> list[Window]:
    """All windows of at most ``WINDOW_TOKENS``; neighbours share ``STRIDE_TOKENS`` tokens of the passage.

    A question longer than ``QUESTION_TOKENS`` is cut there.
    """
    head = [cls, *question[:QUESTION_TOKENS], sep]
    room = WINDOW_TOKENS - len(head) - 1
    starts = range(0, max(1, len(passage) - STRIDE_TOKENS), room - STRIDE_TOKENS)
    return [Window([*head, *passage[at : at + room], sep], len(head), offsets[at : at + room]) for at in starts]


def best_spans(text: str, window: Window, start: Logits, end: Logits, *, limit: int) -> list[ScoredSpan]:
    """The ``limit`` best spans of at most ``ANSWER_TOKENS`` tokens, best first, none overlapping a better one.

    A span's score is the sum of its first token's start and its last token's end logit. It begins and ends at word
    bounds, stays within one paragraph, and keeps no half of a pair of quotation marks or brackets at its ends. Fewer
    come back where the window has fewer; none where it holds no token of the passage.
    """
    count = len(window.offsets)
    if not count:
        return []
    inner = slice(window.first, window.first + count)
    words = [left < right and not text[left:right].isspace() for left, right in window.offsets]
    begins = [word and _is_bound(text, left) for word, (left, _) in zip(words, window.offsets, strict=True)]
    closes = [word and _is_bound(text, right) for word, (_, right) in zip(words, window.offsets, strict=True)]
    starts, ends = np.where(begins, start[inner], -np.inf), np.where(closes, end[inner], -np.inf)
    width = min(ANSWER_TOKENS, count)
    padded = np.concatenate([ends, np.full(width - 1, -np.inf)])
    scores = starts[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)
    paragraph = np.searchsorted(
        [gap.start() for gap in _BLANK_LINE.finditer(text)], [left for left, _ in window.offsets]
    )
    following = np.concatenate([paragraph, np.full(width - 1, -1)])
    scores[np.lib.stride_tricks.sliding_window_view(following, width) != paragraph[:, None]] = -np.inf
    null_score = float(start[0] + end[0])
    found: list[ScoredSpan] = []
    while len(found) < limit and np.isfinite(best := scores.max()):
        first, length = divmod(int(scores.argmax()), width)
        last = first + length
        left, right = _paired(text, window.offsets[first][0], window.offsets[last][1])
        found.append(ScoredSpan(left, right, float(best), null_score))
        scores[: last + 1][_overlapping(first, last, width)] = -np.inf
    return found


def _overlapping(first: int, last: int, width: int) -> NDArray[np.bool_]:
    """Which spans (start, length - 1) that start at or before ``last`` share a token with ``first`` to ``last``."""
    begin = np.arange(last + 1)[:, None]
    overlapping: NDArray[np.bool_] = begin + np.arange(width)[None, :] >= first
    return overlapping


def _paired(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without a mark at either end whose partner it lacks, and without blanks that stood beside it."""
    for opening, closing in _PAIRS:
        inner = text[start:end]
        if len(inner) > 1 and inner[0] == opening and closing not in inner[1:]:
            start += 1
        elif len(inner) > 1 and inner[-1] == closing and opening not in inner[:-1]:
            end -= 1
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _is_bound(text: str, offset: int) -> bool:
    """Whether no word, number or character made of several code points runs over ``offset``."""
    if not 0 < offset < len(text):
        return True
    left, right = text[offset - 1], text[offset]
    if unicodedata.combining(right) or right in "\u200d\ufe0f" or left == "\u200d":
        return False
    if left.isalnum() and right.isalnum():
        # Scripts written without blanks have no word bounds to keep.
        return _is_unspaced(left) or _is_unspaced(right)
    if left in ".," and right.isdigit():
        return offset < 2 or not text[offset - 2].isdigit()
    if left.isdigit() and right in ".,":
        return offset + 1 == len(text) or not text[offset + 1].isdigit()
    return True


def _is_unspaced(character: str) -> bool:
    """Whether the character is of a script that puts no blanks between words (Thai to Khmer, Han, kana)."""
    code = ord(character)
    return (
        0x0E00 <= code <= 0x0EFF
        or 0x1000 <= code <= 0x109F
        or 0x1780 <= code <= 0x17FF
        or 0x2E80 <= code <= 0x9FFF
        or 0x20000 <= code <= 0x3FFFF
    )
