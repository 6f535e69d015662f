"""PDF: the text of its pages, and headings told by the size of their type."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from threading import Lock
from typing import Any, NamedTuple

from corpus.errors import EmptyDocument, EncryptedDocument, UnreadableDocument
from corpus.formats.extract import Extract, Heading, one_line, sections_of, sensible_title
from corpus.types import Page

_PDFIUM = Lock()  # the library is not safe to call from two threads
# PDFium joins the halves of a word that is hyphenated at a line end, and marks the place.
_HYPHENATED = re.compile("[\x02\ufffe]")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n?|\n|\Z)")
_SENTENCE_END = re.compile(r"[.!?:;。！？][\"'”’»)\]]*\s*\Z")
_END_PUNCTUATION = tuple(".!;,:")
_LEADERS = re.compile(r"(?:\. ?){4}")
_LARGER = 1.15
_HEADING_CHARACTERS = 150
_MOST_HEADINGS = 0.3


class _Line(NamedTuple):
    text: str
    size: float


def read_pdf(data: bytes) -> Extract:
    r"""The text as PDFium gives it, with line ends normalised to ``\n``; words broken at a line end stay broken.

    Pages are parted by a blank line where a sentence ends with the page, else by a line end, so that a
    sentence may run on. Lines in larger type than the body of the text are headings; a file whose type
    sizes say nothing has no sections, but a line that looks like a heading is parted from the next. Raises
    EncryptedDocument, UnreadableDocument, and EmptyDocument for pages without text (scans).
    """
    lines, metadata_title = _read(data)
    if not any(lines):
        raise EmptyDocument("holds no text, so it may be a scan: run text recognition (OCR) on it first")
    heads = _heading_lines([line for page in lines for line in page])
    lines = [_parted(page, heads) for page in lines]
    parts: list[str] = []
    pages: list[Page] = []
    headings: list[Heading] = []
    length = 0
    for number, page in enumerate(lines, start=1):
        if not page:
            continue
        if parts:
            parts.append("\n\n" if _SENTENCE_END.search(parts[-1][-8:]) or page[0] in heads else "\n")
            length += len(parts[-1])
        headings += _headings(page, heads, length)
        parts.append("\n".join(line.text for line in page))
        pages.append(Page(number, length, length + len(parts[-1])))
        length = pages[-1].end
    opening = headings[0].text if headings and headings[0].start < pages[0].end else parts[0].split("\n", 1)[0]
    title = sensible_title(metadata_title) or sensible_title(opening)
    return Extract("".join(parts), title, tuple(pages), sections_of(headings, length))


def _read(data: bytes) -> tuple[list[list[_Line]], str]:
    """The lines of each page, and the title that the file's properties say."""
    import pypdfium2
    from pypdfium2 import raw

    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as fault:
            if fault.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
                raise EncryptedDocument("is protected by a password: save a copy without one and add that") from fault
            raise UnreadableDocument("is not a PDF, or a broken one: open it, save it again and retry") from fault
        with document:
            return [_lines(page) for page in document], document.get_metadata_dict().get("Title", "")


def _lines(page: Any) -> list[_Line]:
    """The lines of a page without blank ones at its ends; their size is 0 where it cannot be told."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    text = textpage.get_text_bounded()
    sized = len(text) == textpage.count_chars()
    lines: list[_Line] = []
    for match in _LINE.finditer(text):
        inked = match[1].strip()
        first = match.start() + match[1].find(inked)
        ends = {first, first + len(inked) - 1} if sized and inked else set()
        size = min((raw.FPDFText_GetFontSize(textpage, at) for at in ends), default=0.0)
        lines.append(_Line(_HYPHENATED.sub("-\n", match[1]), round(size, 1)))
    textpage.close()
    page.close()
    while lines and not lines[-1].text.strip():
        lines.pop()
    while lines and not lines[0].text.strip():
        lines.pop(0)
    return lines


def _heading_lines(lines: Sequence[_Line]) -> frozenset[_Line]:
    """The short lines in larger type than most of the text; none where they are too much of it (a poster)."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0]
    heads = [line for line in lines if body and line.size >= body * _LARGER and _is_heading(line.text.strip())]
    return frozenset(heads) if sum(len(line.text) for line in heads) <= _MOST_HEADINGS * sizes.total() else frozenset()


def _is_heading(text: str) -> bool:
    if _LEADERS.search(text):  # a line of the contents
        return False
    letters = sum(map(str.isalpha, text))
    return letters > 1 and len(text) <= _HEADING_CHARACTERS and not text.endswith(_END_PUNCTUATION)


def _parted(page: Sequence[_Line], heads: frozenset[_Line]) -> list[_Line]:
    """The lines, with a blank one below each that reads like a heading in the type of the body.

    It stands where a sentence may begin and is too short to be wrapped: the next is twice as long and begins anew.
    """
    parted: list[_Line] = []
    for line, below in pairwise([*page, _Line("", 0)]):
        before, text, after = (row.text.strip() for row in (parted[-1] if parted else _Line("", 0), line, below))
        begins = not text[:1].islower() and (not before or _SENTENCE_END.search(before))
        parted.append(line)
        if line not in heads and begins and _is_heading(text) and after[:1].isupper() and len(after) >= 2 * len(text):
            parted.append(_Line("", line.size))
    return parted


def _headings(page: Sequence[_Line], heads: frozenset[_Line], start: int) -> list[Heading]:
    """The headings of a page that begins at ``start``; one that runs over several lines is one."""
    headings: list[Heading] = []
    previous = None
    for line in page:
        end = start + len(line.text) + 1
        if line in heads and previous in heads and previous is not None and previous.size == line.size:
            headings[-1] = Heading(one_line(f"{headings[-1].text} {line.text}"), headings[-1].start, end)
        elif line in heads:
            headings.append(Heading(one_line(line.text), start, end))
        previous, start = line, end
    return headings
