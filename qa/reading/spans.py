"""From token logits to spans of text: windows over long passages, word bounds, the best spans of each.

Pure arithmetic on NumPy arrays: the reader at run time and its training share it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

QUESTION_TOKENS = 64
HEADING_TOKENS = 48
WINDOW_TOKENS = 320
STRIDE_TOKENS = 96
ANSWER_TOKENS = 30

_BLANK_LINE = re.compile(r"(?>\r\n?|\n)[^\S\r\n]*(?>\r\n?|\n)|\f")
_MARKUP = ("``", "**", "`", "*")
"""What stands around code and emphasis; underscores are letters of many names."""
_PAIRS = (("`", "`"), ('"', '"'), ("“", "”"), ("‘", "’"), ("(", ")"), ("[", "]"), ("«", "»"))
_CLOSES = re.compile(r"[.,;:!?]?([\"”»])")
_OPENS = {closing: opening for opening, closing in _PAIRS}

_WORD_BOUND = regex.compile(r"\b", regex.WORD)
"""Unicode's own (UAX #29, section 4): no bound within "don't", "1,234.5", a ligature of emoji or before an accent."""
_SAYS = regex.compile(r"[\p{L}\p{N}\p{S}]")
_GENITIVES = ("'s", "\u2019s")

Logits = NDArray[np.float32]
"""Shape (tokens,); of one window."""
Offsets = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The ids of the marks around question and passage: ``first`` question ``between`` passage ``last``.

    BERT has ``[CLS] question [SEP] passage [SEP]``, MPNet ``<s> question </s> </s> passage </s>``.
    """

    first: int
    between: tuple[int, ...]
    last: int


@dataclass(frozen=True, slots=True)
class Window:
    """Question, heading and part of a passage as token ids, in a model's layout.

    The passage's tokens are ``ids[first : first + len(offsets)]``; ``offsets[i]`` is where token ``first + i`` stands
    in the passage's text. ``heading`` tokens stand before them. Position 0 stands for "this window does not answer"
    (Devlin et al. 2019, section 4.3).
    """

    ids: list[int]
    first: int
    offsets: Offsets
    heading: int = 0

    @property
    def second(self) -> int:
        """Where the second segment begins."""
        return self.first - self.heading


class ScoredSpan(NamedTuple):
    """Characters ``start`` to ``end`` of a passage's text, with raw logit sums."""

    start: int
    end: int
    score: float
    null_score: float


def windows(
    question: Sequence[int],
    passage: Sequence[int],
    offsets: Offsets,
    layout: Layout,
    *,
    heading: Sequence[int] = (),
) -> list[Window]:
    """All windows of at most ``WINDOW_TOKENS``; neighbours share ``STRIDE_TOKENS`` tokens of the passage.

    A question longer than ``QUESTION_TOKENS`` is cut there, a heading at ``HEADING_TOKENS``. The heading is read and
    never part of an answer.
    """
    named = heading[:HEADING_TOKENS]
    head = [layout.first, *question[:QUESTION_TOKENS], *layout.between, *named]
    room = WINDOW_TOKENS - len(head) - 1
    starts = range(0, max(1, len(passage) - STRIDE_TOKENS), room - STRIDE_TOKENS)
    return [
        Window([*head, *passage[at : at + room], layout.last], len(head), offsets[at : at + room], len(named))
        for at in starts
    ]


def before(heading: str | None) -> str:
    """The heading as the text that is read before a passage; empty where there is none."""
    return f"{heading}. " if heading else ""


def best_spans(text: str, window: Window, start: Logits, end: Logits, *, limit: int) -> list[ScoredSpan]:
    """The ``limit`` best spans of at most ``ANSWER_TOKENS`` tokens, best first, none overlapping a better one.

    A span's score is the sum of its first token's start and its last token's end logit. It begins and ends at word
    bounds, stays within one paragraph, holds a letter, digit or symbol, and keeps neither half of a pair of quotation
    marks or brackets at its ends nor the markup around it. Fewer come back where the window has fewer; none where it
    holds no token of the passage.
    """
    count = len(window.offsets)
    if not count:
        return []
    inner = slice(window.first, window.first + count)
    words = [left < right and not text[left:right].isspace() for left, right in window.offsets]
    bounds = {found.start() for found in _WORD_BOUND.finditer(text)}
    begins = [word and left in bounds for word, (left, _) in zip(words, window.offsets, strict=True)]
    # An answer may leave out the "'s" of its last word.
    closes = [
        word and (right in bounds or (right + 2 in bounds and text[right : right + 2] in _GENITIVES))
        for word, (_, right) in zip(words, window.offsets, strict=True)
    ]
    starts, ends = np.where(begins, start[inner], -np.inf), np.where(closes, end[inner], -np.inf)
    width = min(ANSWER_TOKENS, count)
    padded = np.concatenate([ends, np.full(width - 1, -np.inf)])
    scores = starts[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)
    paragraph = np.searchsorted(
        [gap.start() for gap in _BLANK_LINE.finditer(text)], [left for left, _ in window.offsets]
    )
    following = np.concatenate([paragraph, np.full(width - 1, -1)])
    scores[np.lib.stride_tricks.sliding_window_view(following, width) != paragraph[:, None]] = -np.inf
    said = np.cumsum([_SAYS.search(text, left, right) is not None for left, right in window.offsets])
    until = np.concatenate([said, np.full(width - 1, said[-1])])
    earlier = np.concatenate([[0], said[:-1]])
    scores[np.lib.stride_tricks.sliding_window_view(until, width) == earlier[:, None]] = -np.inf
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
    """The span without a mark at either end whose partner it lacks, markup around it, and blanks there."""
    # A mark may stand behind another: once more for each kind.
    for opening, closing in _PAIRS * 2:
        inner = text[start:end]
        if len(inner) > 1 and inner[0] == opening and closing not in inner[1:]:
            start += 1
        elif len(inner) > 1 and inner[-1] == closing and opening not in inner[:-1]:
            end -= 1
    while (bare := _unmarked(text, start, end)) != (start, end):
        start, end = bare
    return start, _with_partner(text, start, end)


def _with_partner(text: str, start: int, end: int) -> int:
    """The end, or where a quotation within the span closes if that is right behind it: ``a "risk`` before ``,"``."""
    behind = _CLOSES.match(text, end)
    if behind is None:
        return end
    inner, mark = text[start:end], behind[1]
    opened = inner.count('"') % 2 if mark == '"' else inner.count(_OPENS[mark]) - inner.count(mark)
    return behind.end() if opened > 0 else end


def _unmarked(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks at its ends, or without one kind of mark that stands around it or at one end alone."""
    inner = text[start:end]
    if inner != inner.strip():
        return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())
    for mark in _MARKUP:
        size = len(mark)
        opens, closes = inner.startswith(mark), inner.endswith(mark)
        if opens and closes and len(inner) > 2 * size and mark[0] not in (inner[size], inner[-size - 1]):
            if mark not in inner[size:-size]:
                return start + size, end - size
        elif opens != closes and inner.count(mark) == 1 and size == 2 and len(inner) > size:
            return start + size * opens, end - size * closes
    return start, end
