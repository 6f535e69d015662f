"""What a format gives: text with its headings and pages, whose offsets are noted while the text is joined."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.types import Page, Section

_GAP = "\n\n"
_LONGEST_HEADING = 200
_NO_TITLE = re.compile(
    r"untitled.*|microsoft (?:word|powerpoint|excel)\b.*"
    r"|(?:word |powerpoint )?(?:document|presentation|book|slide)\s?\d*"
    r"|.*\.(?:docx?|pptx?|xlsx?|pdf|tex|dvi|indd|odt|rtf|html?)|[\W\d_]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of a file. ``title`` is empty where the file does not say."""

    text: str
    title: str = ""
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it is found: it begins at ``start``, and the text below it at ``body``."""

    text: str
    start: int
    body: int


class Draft:
    """Text that grows block by block, with a blank line between any two."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._spans: list[tuple[int, int]] = []
        self._headings: list[tuple[str, int, bool]] = []  # with the number of the block that it opens, or is
        self._pages: list[tuple[int, int]] = []  # with the number of its first block

    def block(self, text: str) -> None:
        """Add a paragraph; blank text adds nothing."""
        text = text.strip("\r\n").rstrip()
        if text.strip():
            start = self._spans[-1][1] + len(_GAP) if self._spans else 0
            self._blocks.append(text)
            self._spans.append((start, start + len(text)))

    def heading(self, text: str) -> None:
        """Add a heading, which opens a section. Text too long for one is a paragraph, so that it is searched."""
        line = " ".join(text.split())
        if len(line) > _LONGEST_HEADING:
            self.block(text)
        elif line:
            self._headings.append((line, len(self._blocks), True))
            self.block(line)

    def section(self, name: str) -> None:
        """Open a section whose name does not stand in the text."""
        self._headings.append((one_line(name), len(self._blocks), False))

    def page(self, number: int) -> None:
        """Begin a page."""
        self._pages.append((number, len(self._blocks)))

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """Add a table, see ``table_blocks``."""
        for text in table_blocks(rows):
            self.block(text)

    def extract(self, title: str = "") -> Extract:
        """The whole text with its sections and pages; pages and unnamed sections without text are left out."""
        text = _GAP.join(self._blocks)
        ends = [*(first for _, first in self._pages), len(self._blocks)][1:]
        pages = tuple(
            Page(number, self._spans[first][0], self._spans[end - 1][1])
            for (number, first), end in zip(self._pages, ends, strict=True)
            if first < end
        )
        followed = [*(first for _, first, _ in self._headings), len(self._blocks)][1:]
        headings = [
            Heading(name, self._start(first), self._start(first + written))
            for (name, first, written), end in zip(self._headings, followed, strict=True)
            if first < end
        ]
        return Extract(text, one_line(title), pages, sections_of(headings, len(text)))

    def _start(self, block: int) -> int:
        if block < len(self._spans):
            return self._spans[block][0]
        return self._spans[-1][1]


def sections_of(headings: Sequence[Heading], end: int) -> tuple[Section, ...]:
    """A section for each heading, up to the next heading or ``end``."""
    ends = [*(heading.start for heading in headings), end][1:]
    return tuple(Section(h.text, h.start, h.body, stop) for h, stop in zip(headings, ends, strict=True))


def table_blocks(rows: Iterable[Sequence[str]]) -> list[str]:
    """A table as text: a line for each row, `` | `` between its cells.

    A row of one filled cell stands by itself: without a bar nothing would tell it from a wrapped line.
    An empty row parts two tables.
    """
    blocks: list[str] = []
    lines: list[str] = []
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        filled = [cell for cell in cells if cell]
        if len(filled) > 1:
            lines.append(" | ".join(cells))
            continue
        blocks += ["\n".join(lines), *filled]
        lines = []
    blocks.append("\n".join(lines))
    return [block for block in blocks if block]


def one_line(text: str) -> str:
    """A title or heading on one line, no longer than a heading may be."""
    return " ".join(text.split())[:_LONGEST_HEADING].rstrip()


def sensible_title(text: str | None) -> str:
    """The title from a file's properties, or nothing where a program filled it in: "Untitled", "report.docx"."""
    line = one_line(text or "")
    return "" if _NO_TITLE.fullmatch(line) else line
