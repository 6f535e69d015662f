"""Word, PowerPoint and Excel files (the formats since 2007)."""

import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from corpus.errors import DocumentTooLarge
from corpus.formats.archive import open_archive
from corpus.formats.extract import Draft, Extract, sensible_title

# The libraries come with few types or none: their objects, and lxml's elements, are Any.
Element = Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXTS = frozenset({f"{_W}t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"})
_SIGNS = {f"{_W}tab": "\t", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
# A text box stands on its own; the fallback repeats what stands beside it; the others are no text.
_ELSEWHERE = frozenset({_FALLBACK, *(f"{_W}{name}" for name in ("txbxContent", "del", "moveFrom", "pPr", "rPr"))})
_FRAMES = frozenset(f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo"))
_STYLES = {
    "heading": re.compile(r"heading [1-9]"),
    "title": re.compile(r"title"),
    "contents": re.compile(r"toc [1-9]"),
}
_MOST_BASES = 20
_LONGEST_CELL = 1000

_PERCENT = re.compile(r"0(?:\.(0+))?%")
MAX_CELLS = 5_000_000


def read_docx(data: bytes) -> Extract:
    """The body of a Word file: paragraphs, tables row by row, text boxes after their paragraph.

    Paragraphs in a heading or title style open sections. Deleted text, tables of contents, headers, footers,
    footnotes and comments are left out.
    """
    import docx

    open_archive(data).close()
    document = docx.Document(BytesIO(data))
    reader = _WordReader(_kinds_of_style(document))
    reader.add_all(document.element.body)
    extract = reader.draft.extract()
    opening = extract.sections[0].heading if extract.sections and not extract.sections[0].start else ""
    title = reader.title or sensible_title(document.core_properties.title) or opening
    return reader.draft.extract(title)


def read_pptx(data: bytes) -> Extract:
    """The slides of a presentation as pages, each a section named by its title, with the speaker's notes."""
    import pptx

    open_archive(data).close()
    presentation = pptx.Presentation(BytesIO(data))
    draft = Draft()
    first = ""
    for number, slide in enumerate(presentation.slides, start=1):
        draft.page(number)
        title = slide.shapes.title
        name = " ".join(title.text_frame.text.split()) if title is not None else ""
        if name:
            draft.heading(name)
        else:
            draft.section(f"Slide {number}")
        first = first or name
        _add_shapes(draft, slide.shapes, None if title is None else title.shape_id)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            _add_text_frame(draft, slide.notes_slide.notes_text_frame)
    return draft.extract(first or sensible_title(presentation.core_properties.title))


def read_xlsx(data: bytes) -> Extract:
    """The sheets of a workbook, each a section of its name: the values, as last computed, row by row.

    Raises DocumentTooLarge over ``MAX_CELLS`` cells, empty ones between others included.
    """
    import openpyxl

    open_archive(data).close()
    draft = Draft()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that the library leaves out, none of them text
        workbook = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            seen = 0
            for sheet in workbook.worksheets:
                rows: list[list[str]] = []
                sheet.reset_dimensions()  # the file may claim any size
                for row in sheet.iter_rows():
                    seen += len(row) + 1
                    if seen > MAX_CELLS:
                        raise DocumentTooLarge(f"has more than {MAX_CELLS:,} cells: split it into smaller files")
                    rows.append([_shown(cell) for cell in row])
                draft.heading(sheet.title)
                draft.table(rows)
            return draft.extract(sensible_title(workbook.properties.title))
        finally:
            workbook.close()


class _WordReader:
    """Walks through the body of a Word file."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.draft = Draft()
        self.title = ""
        self._kinds = kinds

    def add_all(self, container: Element) -> None:
        """Add the paragraphs and tables of a body, a cell or a text box."""
        for child in container:
            if child.tag == f"{_W}p":
                self._add_paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._add_table(child)
            elif child.tag in _FRAMES:
                self.add_all(child)

    def _add_paragraph(self, paragraph: Element) -> None:
        text = "".join(_words(paragraph)).strip()
        kind = self._kind(paragraph)
        if kind in {"heading", "title"}:
            self.draft.heading(text)
            self.title = self.title or (text if kind == "title" else "")
        elif kind != "contents":
            self.draft.block(text)
        for box in paragraph.iter(f"{_W}txbxContent"):
            # A box within a box is that one's.
            own = next(box.iterancestors(f"{_W}p")) is paragraph
            if own and next(box.iterancestors(_FALLBACK), None) is None:
                self.add_all(box)

    def _add_table(self, table: Element) -> None:
        rows = [
            [cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row]
            for row in table.iter(f"{_W}tr")
            if next(row.iterancestors(f"{_W}tbl")) is table
        ]
        texts = [[" ".join("".join(_words(p)) for p in cell.iter(f"{_W}p")) for cell in row] for row in rows]
        if all(len(text) <= _LONGEST_CELL for row in texts for text in row):
            self.draft.table(texts)
            return
        for row in rows:  # a frame that lays out the page
            for cell in row:
                self.add_all(cell)

    def _kind(self, paragraph: Element) -> str:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        level = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if level is not None and level.get(f"{_W}val", "9") < "9":
            return "heading"
        return self._kinds.get(style.get(f"{_W}val", ""), "") if style is not None else ""


def _kinds_of_style(document: Any) -> dict[str, str]:
    """Which styles, by id, make a paragraph a heading, the title or a line of the contents, by name or by descent."""
    kinds = {}
    for style in document.styles:
        base = style
        for _ in range(_MOST_BASES):
            name = (getattr(base, "name", None) or "").lower()
            kind = next((kind for kind, pattern in _STYLES.items() if pattern.fullmatch(name)), None)
            base = getattr(base, "base_style", None)
            if kind or base is None:
                break
        if kind:
            kinds[style.style_id] = kind
    return kinds


def _words(element: Element) -> Iterator[str]:
    for child in element:
        if child.tag in _TEXTS:
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == f"{_W}br":
            yield "\n" if child.get(f"{_W}type") is None else " "
        elif child.tag not in _ELSEWHERE:
            yield from _words(child)


def _add_shapes(draft: Draft, shapes: Any, title: int | None) -> None:
    for shape in shapes:
        if shape.shape_id == title or _is_furniture(shape):
            continue
        if hasattr(shape, "shapes"):
            _add_shapes(draft, shape.shapes, title)
        elif shape.has_text_frame:
            _add_text_frame(draft, shape.text_frame)
        elif getattr(shape, "has_table", False):
            draft.table([cell.text_frame.text for cell in row.cells] for row in shape.table.rows)


def _add_text_frame(draft: Draft, frame: Any) -> None:
    for paragraph in frame.paragraphs:
        draft.block(paragraph.text.replace("\v", "\n").strip())


def _is_furniture(shape: Any) -> bool:
    """Whether a shape is the date, the footer or the number of the slide."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    repeated = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}
    return shape.is_placeholder and shape.placeholder_format.type in repeated


def _shown(cell: Any) -> str:
    """A value much as the sheet shows it: percentages and dates are not left as bare numbers."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        percent = _PERCENT.search(cell.number_format or "")
        return f"{value:.{len(percent[1] or '')}%}" if percent else f"{value:.15g}"
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return value.isoformat() if isinstance(value, date) else str(value)
