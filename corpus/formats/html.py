"""HTML into text: the main matter of a page, block by block."""

import codecs
import re
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

from corpus.errors import UnreadableDocument
from corpus.formats.extract import Draft, Extract, sensible_title, table_blocks
from corpus.formats.plain import decode

# lxml and trafilatura come without types: an element is Any.
Element = Any

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "head"})
_ROWS = frozenset({"tr", "row"})
_CELLS = frozenset({"td", "th", "cell"})
_BREAKS = frozenset({"br", "lb"})
_FRAMES = """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
form header hgroup hr item legend li list main menu ol p pre quote section summary table tbody tfoot thead ul"""
_BLOCKS = _HEADINGS | _ROWS | _CELLS | frozenset(_FRAMES.split())
_NO_TEXT = "script style noscript template svg iframe object select textarea input nav title meta"
_UNSEEN = frozenset(_NO_TEXT.split())
_NOT_IN_HEADING = ("p", "ul", "ol", "table", "pre", "section", "article", *_HEADINGS)
_NOT_IN_GRID = ("table", "pre", *_HEADINGS)
_LONGEST_CELL = 1000
# A main text shorter than this, and than this share of the page, is a miss.
_ENOUGH = 250
_ENOUGH_SHARE = 0.2

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_SPACES = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r" *\n *")
_BREAKS_RUN = re.compile(r"\n{3,}")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# What XML calls a character, turned round: lxml refuses the others.
_NO_CHARACTER = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Block(NamedTuple):
    """A paragraph, a list item, a table, a piece of code or a heading."""

    text: str
    heading: bool = False


def read_html(data: bytes) -> Extract:
    """The main text of a web page: headings, paragraphs, lists, tables, quotes and code, without navigation.

    What is main is trafilatura's judgement, set to keep rather than to drop. Headings and line ends that it
    loses are put back from the page, and where it finds next to nothing all the text of the page is taken.
    """
    tree = parse_html(data)
    if tree is None:
        return Extract("")
    page = walk(tree)
    title = _title(tree)
    draft = Draft()
    main = _main(tree)
    fill(draft, _restored(main, page) if _is_enough(main, page) else page)
    return draft.extract(title)


def parse_html(data: bytes) -> Element | None:
    """The tree of a page, None where it is blank. Never fetches anything and runs no script."""
    from lxml import etree, html

    text = _NO_CHARACTER.sub("\ufffd", _decoded(data))
    if not text.strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        tree = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:
        return None
    if any("depth" in str(entry.message) for entry in parser.error_log):
        # The parser stops there, without an error, and the rest of the text would be lost.
        raise UnreadableDocument("is nested too deeply to be read: save it from a browser as plain text and add that")
    return tree


def fill(draft: Draft, blocks: list[Block]) -> None:
    """Add the blocks of a page to a draft."""
    for block in blocks:
        if block.heading:
            draft.heading(block.text)
        else:
            draft.block(block.text)


def walk(root: Element) -> list[Block]:
    """The blocks under an element of HTML, or of trafilatura's own tags, in order; depth is no matter."""
    from lxml import etree

    walker = _Walker()
    events = etree.iterwalk(root, events=("start", "end"))
    for event, element in events:
        tag = str(element.tag).lower()
        if event == "start":
            if tag in _UNSEEN:
                events.skip_subtree()
                continue
            walker.open(tag, element)
            walker.add(element.text)
            continue
        if tag not in _UNSEEN:
            walker.close(tag, element)
        if element is not root:
            walker.add(element.tail)
    walker.flush()
    return walker.blocks


class _Walker:
    """Gathers text until a block ends. Within code, a table of plain cells or a heading no block ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._rows: list[list[str]] = []
        self._within: Element = None
        self._kind = ""

    def open(self, tag: str, element: Element) -> None:
        if self._kind:
            self._open_within(tag)
        elif kind := _kind(tag, element):
            self.flush()
            self._within, self._kind, self._rows = element, kind, []
        elif tag in _BREAKS:
            self._text.append("\n")
        elif tag in _BLOCKS:
            self.flush()

    def close(self, tag: str, element: Element) -> None:
        if element is self._within:
            if self._kind == "grid":
                self._stray()
                self.blocks += [Block(text) for text in table_blocks(self._rows)]
            else:
                self.flush()
            self._within, self._kind = None, ""
        elif self._kind == "grid" and tag in _CELLS and self._rows:
            self._rows[-1].append("".join(self._text))
            self._text = []
        elif self._kind:
            self._part(tag)
        elif tag in _BLOCKS:
            self.flush()

    def add(self, text: str | None) -> None:
        if text:
            self._text.append(text if self._kind == "code" else _BLANKS.sub(" ", text))

    def flush(self) -> None:
        text = "".join(self._text)
        self._text = []
        if self._kind != "code":
            text = _BREAKS_RUN.sub("\n\n", _AROUND_BREAK.sub("\n", _SPACES.sub(" ", text))).strip()
        if text.strip():
            self.blocks.append(Block(text, self._kind == "heading"))

    def _open_within(self, tag: str) -> None:
        if self._kind == "grid" and tag in _ROWS | _CELLS:
            self._stray()
            if tag in _ROWS:
                self._rows.append([])
        else:
            self._part(tag)

    def _part(self, tag: str) -> None:
        """Keep apart what a block or a break within code, a cell or a heading parts."""
        apart = "\n" if self._kind == "code" else " "
        if tag in _BREAKS or (tag in _BLOCKS and self._text and not self._text[-1].endswith("\n")):
            self._text.append(apart)

    def _stray(self) -> None:
        """Keep text of a table that stands in none of its cells: a caption, mostly."""
        text = "".join(self._text)
        self._text = []
        if text.strip():
            self._rows.append([text])


def _kind(tag: str, element: Element) -> str:
    """What an element is, where that rules how its text is gathered: code, grid, heading or nothing."""
    if tag == "pre" or (tag == "code" and element.getparent().tag in {"body", "quote"} and _has_lines(element)):
        return "code"
    if tag == "table" and _is_grid(element):
        return "grid"
    if tag in _HEADINGS and next(element.iterdescendants(*_NOT_IN_HEADING), None) is None:
        return "heading"
    return ""


def _has_lines(element: Element) -> bool:
    return any("\n" in text for text in element.itertext())


def _is_grid(table: Element) -> bool:
    """Whether a table is of plain cells, and not a frame that lays out a page."""
    if next(table.iterdescendants(*_NOT_IN_GRID), None) is not None:
        return False
    cells = [cell for row in table.iterdescendants(*_ROWS) for cell in row.iterchildren(*_CELLS)]
    return all(sum(map(len, cell.itertext())) <= _LONGEST_CELL for cell in cells)


def _main(tree: Element) -> list[Block]:
    """The blocks that trafilatura takes for the main text; none where it finds none or the page is too deep for it."""
    import trafilatura
    from trafilatura.settings import use_config

    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")  # else the headings of a short page are merged into its text
    try:
        document = trafilatura.bare_extraction(tree, include_comments=False, favor_recall=True, config=config)
    except RecursionError:
        return []
    body = getattr(document, "body", None)
    return [] if body is None else walk(body)


def _is_enough(main: list[Block], page: list[Block]) -> bool:
    main_length, page_length = (sum(len(block.text) for block in blocks) for blocks in (main, page))
    return main_length >= min(_ENOUGH, _ENOUGH_SHARE * page_length)


def _restored(main: list[Block], page: list[Block]) -> list[Block]:
    """The main text with what got lost on the way: headings (missing, or mere paragraphs) and the lines of code."""
    lines = {"".join(block.text.split()): block.text for block in page if "\n" in block.text}
    headings = {block.text for block in page if block.heading}
    often = Counter(_key(block.text) for block in page)
    above = {
        _key(below.text): heading
        for heading, below in pairwise(page)
        if heading.heading and not below.heading and often[_key(below.text)] == 1
    }
    blocks: list[Block] = []
    for block in main:
        heading = above.get(_key(block.text))
        if heading is not None and heading not in blocks[-1:] and not block.heading:
            blocks.append(heading)
        text = lines.get("".join(block.text.split()), block.text)
        blocks.append(Block(text, block.heading or text in headings))
    return blocks


def _key(text: str) -> str:
    """The start of a block without its blanks: blocks of the page and of the main text may end differently."""
    return "".join(text.split())[:60]


def _title(tree: Element) -> str:
    """The title that the page gives itself; its first heading where that is the title without the site's name."""
    shared = sensible_title(tree.xpath("string(//meta[@property='og:title']/@content)"))
    own = sensible_title(tree.xpath("string(//title)"))
    heading = sensible_title(tree.xpath("string(//h1)"))
    title = shared or own
    return heading if heading and (title.startswith(heading) or title.endswith(heading)) else title or heading


def _decoded(data: bytes) -> str:
    """By the byte order mark, else as the page declares, else by guess."""
    declared = _DECLARED.search(data[:4096])
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = declared[1].decode("ascii", "replace").lower()
        name = {"iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030"}.get(name, name)  # as browsers do
        if not name.startswith(("utf-16", "utf-32")):  # the declaration itself could not be read then
            with suppress(LookupError, UnicodeError):
                return data.decode(name)
    return decode(data)
