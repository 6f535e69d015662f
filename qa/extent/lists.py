"""Lists over several lines: the words of all items, where one of them was read or the line above them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus import Span

ITEM = re.compile(r"([^\S\r\n]*)(?:[-*+•‣◦▪●○·]|\(?\d{1,2}[.)]|\(?[a-z][.)])[^\S\r\n]+(?=\S)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|$)")
MOST = 1600
"""How many characters an answer has at most where it is more than was read."""


class _Line(NamedTuple):
    start: int
    end: int
    indent: int
    body: int
    """Where an item's words begin; -1 where the line begins none."""


def items(text: str, room: Span, read: Span, *, heading: bool) -> Span | None:
    """The words of all items of the list in which the span is an item, or which its sentence or heading leads to."""
    window = _window(text, room, read)
    lines = list(_lines(text, window))
    place = next((n for n, line in enumerate(lines) if line.start <= read.start < line.end), None)
    if place is None:
        return None
    own = place
    while own > 0 and lines[own].body < 0 and not _is_blank(text, lines[own]) and not _is_blank(text, lines[own - 1]):
        own -= 1
    item = lines[own]
    if item.body < 0:
        return _led_to(text, lines, place, read, heading=heading, cut=window.end < room.end)
    last = _last_of_item(text, lines, own)
    words = Span(item.body, lines[last].end)
    begins = read.start - item.body <= 2
    if not begins and read.end - read.start < (words.end - words.start) / 2:
        return None
    return _whole(text, lines, own, cut=window.end < room.end)


def _window(text: str, room: Span, read: Span) -> Span:
    """Whole lines around the span, as many as an answer may have; nothing where a line is longer than that."""
    low, high = max(room.start, read.start - 2 * MOST), min(room.end, read.end + 2 * MOST)
    first = low if low == room.start else text.find("\n", low, read.start) + 1
    last = high if high == room.end else text.rfind("\n", read.end, high) + 1
    return Span(first, last) if first >= low and last >= read.end else Span(read.start, read.start)


def _led_to(text: str, lines: list[_Line], place: int, read: Span, *, heading: bool, cut: bool) -> Span | None:
    """The list right below a heading, or a line that ends in a colon, that holds the span."""
    last = place
    while last + 1 < len(lines) and lines[last + 1].body < 0 and not _is_blank(text, lines[last + 1]):
        last += 1
    rest = text[read.end : lines[last].end].rstrip()
    if not heading and (not rest.endswith(":") or "." in rest):
        return None
    below = last + 1
    while below < len(lines) and _is_blank(text, lines[below]):
        below += 1
    return _whole(text, lines, below, cut=cut) if below < len(lines) and lines[below].body >= 0 else None


def _whole(text: str, lines: list[_Line], own: int, *, cut: bool) -> Span | None:
    """From the first to the last item beside the given one; None where it stands alone or they are too long.

    The lines may be ``cut`` off where a list goes on.
    """
    indent = lines[own].indent
    first = last = own
    for number in range(own - 1, -1, -1):
        line = lines[number]
        if _ends(text, lines, number, indent):
            break
        if line.body >= 0 and line.indent == indent:
            first = number
    for number in range(own + 1, len(lines)):
        line = lines[number]
        if _ends(text, lines, number, indent):
            break
        if line.body >= 0 and line.indent == indent:
            last = number
    last = _last_of_item(text, lines, last)
    run = Span(lines[first].body, lines[first].body + len(text[lines[first].body : lines[last].end].rstrip()))
    goes_on = cut and last == len(lines) - 1
    return run if first != last and not goes_on and run.end - run.start <= MOST else None


def _last_of_item(text: str, lines: list[_Line], own: int) -> int:
    """The last line of an item: those that are wrapped or stand deeper belong to it."""
    last = own
    for number in range(own + 1, len(lines)):
        line = lines[number]
        deeper = line.body >= 0 and line.indent > lines[own].indent
        wrapped = line.body < 0 and not _is_blank(text, line) and not _is_blank(text, lines[number - 1])
        if not (deeper or wrapped):
            break
        last = number
    return last


def _ends(text: str, lines: list[_Line], number: int, indent: int) -> bool:
    """Whether a line is outside of the list: an item less deep, or what is neither blank nor wrapped nor deeper."""
    line = lines[number]
    if line.body >= 0 or _is_blank(text, line):
        return line.body >= 0 and line.indent < indent
    after_blank = number == 0 or _is_blank(text, lines[number - 1])
    return after_blank and line.indent <= indent


def _is_blank(text: str, line: _Line) -> bool:
    return not text[line.start : line.end].strip()


def _lines(text: str, room: Span) -> Iterator[_Line]:
    """The lines of a part of the text that begins with one."""
    for match in _LINE.finditer(text, room.start, room.end):
        if match[0]:
            item = ITEM.match(match[0])
            blanks = len(match[0]) - len(match[0].lstrip())
            yield _Line(match.start(), match.end(), blanks, match.start() + item.end() if item else -1)
