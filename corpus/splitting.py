"""Documents into sentences and passages, by offsets that are carried and never searched for."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import nupunkt

from corpus.types import Document, Passage, Section, context

CountTokens = Callable[[str], int]

_BLANK_LINE = re.compile(r"(?>\r\n?|\n)[^\S\r\n]*(?>\r\n?|\n)\s*|\f\s*")
# Lines that stand by themselves within a block: items of a list and rows of a table. Any other line end is a wrap.
_ITEM_OR_ROW = re.compile(r"(?>\r\n?|\n)(?=(?>[^\S\r\n]*)(?:(?:[-*+•‣◦▪●○·]|#{1,6}|\d{1,2}[.)])\s|\||[^\r\n]*\s\|\s))")
_HEADING = re.compile(r" {0,3}#{1,6}[^\S\r\n][^\r\n]*")
_FULL_WIDTH_END = re.compile(r"(?<=[。！？｡])(?=[^。！？｡」』”’）】\s])|(?<=[。！？｡][」』”’）】])(?=[^」』”’）】\s])")
# The library's time is quadratic in such a run.
_RUN = re.compile(r"[^\w\s]{12,}")
_WORD = re.compile(r"\S+")
# Text without a single space still has to fit a window: a piece is never longer than this.
_MAX_CHARACTERS_PER_TOKEN = 12
# What a tokenizer that falls back on bytes may spend on one character.
_MAX_TOKENS_PER_CHARACTER = 4
# The closing matter of a web page: kept as text, but no reader asks for it.
_CLOSING = re.compile(
    r"(?:comments?|(?:leave|post|add|write) an? (?:comment|reply)|join the (?:discussion|conversation)|discussion"
    r"|share(?: (?:this|article|story).*)?|related(?: .*)?|read (?:more|next)|see also|you may also like|more from .*"
    r"|subscribe(?: .*)?|newsletter|sign up.*|follow us.*|tags|advertisement)",
    re.IGNORECASE,
)
_CLOSING_CHARACTERS = 300


class Span(NamedTuple):
    """A half-open range of offsets."""

    start: int
    end: int


class _Piece(NamedTuple):
    start: int
    end: int
    tokens: int


def blocks(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The paragraphs of ``text[start:end]`` (parted by blank lines or form feeds), without outer blanks."""
    end = len(text) if end is None else end
    position = start
    for gap in _BLANK_LINE.finditer(text, start, end):
        yield from _trimmed(text, position, gap.start())
        position = gap.end()
    yield from _trimmed(text, position, end)


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The sentences of ``text[start:end]`` in order, without outer blanks; none crosses a blank line.

    An item of a list, a row of a table or a marked heading, each on its line, is a sentence of its own.
    """
    spans: list[Span] = []
    for block in blocks(text, start, end):
        for part in _lines_apart(text, block):
            calm = _RUN.sub(_calmed, text[part.start : part.end])
            for left, right in nupunkt.sentence_spans(calm):
                # Scripts that put no blank after a sentence: the library looks for one.
                for sentence in _parted(_FULL_WIDTH_END, text, Span(part.start + left, part.start + right)):
                    spans.extend(_trimmed(text, *sentence))
    return spans


def _lines_apart(text: str, block: Span) -> Iterator[Span]:
    """A block cut at the lines that stand by themselves, and below headings that Markdown marks."""
    for part in _parted(_ITEM_OR_ROW, text, block):
        heading = _HEADING.match(text, part.start, part.end)
        if heading:
            yield Span(part.start, heading.end())
        yield Span(heading.end() if heading else part.start, part.end)


def _calmed(run: re.Match[str]) -> str:
    """As long, with one kind of sentence mark."""
    marks = run[0]
    return "." * (len(marks) - 1) + marks[-1] if any(mark in ".!?" for mark in marks) else marks


def split(
    document: Document,
    *,
    count_tokens: CountTokens,
    max_tokens: int,
    target_tokens: int = 120,
    overlap: int = 1,
) -> list[Passage]:
    """Cut a document into passages of whole sentences, about ``target_tokens`` of the encoder each.

    A passage stays within one section, repeats the last ``overlap`` sentences of the passage before
    it, and with its context never exceeds ``max_tokens`` (what the encoder sees); of a context that
    takes more than half of them only that half is counted. A sentence that is longer is cut between words.
    Passages come in the order of the text.
    """
    passages: list[Passage] = []
    for section in _indexed_sections(document):
        heading = section.heading or None
        room = max(max_tokens - count_tokens(context(document.title, heading)) - 8, max_tokens // 2)
        pieces = [
            piece
            for sentence in sentences(document.text, *_evidence(document, section))
            for piece in _cut(document.text, sentence, count_tokens, room)
        ]
        for start, end in _pack(pieces, min(target_tokens, room), room, overlap):
            passages.append(Passage(document.doc_id, start, end, document.text[start:end], heading, document.title))
    return passages


def _indexed_sections(document: Document) -> list[Section]:
    """All sections, and the text before the first, but for closing matter at the very end."""
    sections = list(document.sections)
    first = sections[0].start if sections else len(document.text)
    while sections and _is_closing(document, sections[-1]):
        sections.pop()
    if first:
        sections.insert(0, Section("", 0, 0, first))
    # The title names no section.
    return [replace(s, heading="") if s.heading == document.title else s for s in sections]


def _evidence(document: Document, section: Section) -> Span:
    """What of a section may answer: its heading too ("Minutes of 14 May"), unless nothing stands below it, or YAML."""
    bare = not document.text[section.body : section.end].strip() and section.heading
    header = document.text.startswith("---", section.start)
    return Span(section.body if bare or header else section.start, section.end)


def _is_closing(document: Document, section: Section) -> bool:
    short = section.end - section.body <= _CLOSING_CHARACTERS
    return short and _CLOSING.fullmatch(section.heading.strip()) is not None


def _pack(pieces: list[_Piece], target: int, room: int, overlap: int) -> Iterator[Span]:
    """Greedy: fill up to ``target``, then start again ``overlap`` pieces back where that still leaves progress."""
    first = 0
    while first < len(pieces):
        tokens, last = pieces[first].tokens, first
        while last + 1 < len(pieces) and tokens + pieces[last + 1].tokens <= target:
            last += 1
            tokens += pieces[last].tokens
        yield Span(pieces[first].start, pieces[last].end)
        if last + 1 == len(pieces):
            return
        again = max(last + 1 - overlap, first + 1)
        repeated = sum(piece.tokens for piece in pieces[again : last + 1])
        first = again if repeated + pieces[last + 1].tokens <= min(target, room) else last + 1


def _cut(text: str, sentence: Span, count_tokens: CountTokens, room: int) -> list[_Piece]:
    """The sentence as one piece where it fits, else in as few pieces as fit, cut between words."""
    tokens = count_tokens(text[sentence.start : sentence.end])
    characters = room * _MAX_CHARACTERS_PER_TOKEN
    if tokens <= room and sentence.end - sentence.start <= characters:
        return [_Piece(sentence.start, sentence.end, tokens)]
    words = [
        Span(start, min(start + step, word.end()))
        for word in _WORD.finditer(text, sentence.start, sentence.end)
        for step in [_step(word.group(), count_tokens, room)]
        for start in range(word.start(), word.end(), step)
    ]
    costs = [count_tokens(text[word.start : word.end]) for word in words]
    sums = [0, *accumulate(costs)]
    pieces: list[_Piece] = []
    first = 0
    for index, word in enumerate(words):
        too_many = sums[index + 1] - sums[first] > room
        too_long = word.end - words[first].start > characters
        if index > first and (too_many or too_long):
            pieces.append(_Piece(words[first].start, words[index - 1].end, sums[index] - sums[first]))
            first = index
    pieces.append(_Piece(words[first].start, words[-1].end, sums[-1] - sums[first]))
    return pieces


def _step(word: str, count_tokens: CountTokens, room: int) -> int:
    """How many characters of a word surely fit."""
    if len(word) * _MAX_TOKENS_PER_CHARACTER <= room or count_tokens(word) <= len(word):
        return room
    return max(1, room // _MAX_TOKENS_PER_CHARACTER)


def _parted(gap: re.Pattern[str], text: str, span: Span) -> Iterator[Span]:
    """``span`` cut at each match of ``gap``."""
    start = span.start
    for match in gap.finditer(text, span.start, span.end):
        yield Span(start, match.start())
        start = match.end()
    yield Span(start, span.end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """``[start, end)`` without blanks at its ends; nothing where only blanks stand."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)
