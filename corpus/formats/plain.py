"""Plain text and Markdown: the text of the document is the file's own, to the character."""

import codecs
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from corpus.errors import UnreadableDocument
from corpus.formats.extract import Extract, Heading, one_line, sections_of
from corpus.splitting import Span, blocks

if TYPE_CHECKING:
    from markdown_it.token import Token

_BYTE_ORDER_MARKS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x01-\x06\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.01
_LINE_END = re.compile(r"\r\n?|\n")
# Up to so many damaged places for each whole UTF-8 sequence a text is damaged UTF-8, not another encoding.
_MOST_DAMAGE = 1 / 3
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸªº"  # those of Windows-1252
_WORD = re.compile(f"[{_LETTERS}]+")
_SYMBOL_IN_WORD = re.compile(f"(?<=[{_LETTERS}])[^\x00-\x7f{_LETTERS}’–—…·\xad\xa0](?=[{_LETTERS}])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_MOST_OUT_OF_PLACE = 0.1
_CENTRAL_EUROPEAN = frozenset({"cp1250", "iso8859_2", "iso8859_16"})

_HEADING_CHARACTERS = 100
_HEADING_WORDS = 16
_CLOSERS = "\"'”’»)]}」』）】*_"
# Not "?": in a list of questions and answers the questions are the headings. As a heading a question lends its
# words to the answer below it; as a sentence it would be found, and quoted, as the answer to itself.
_END_PUNCTUATION = ".!;,:…。！；，：、"
_HEADING_START = re.compile(r"[\"'“‘«(\[¿¡「『（]*\w")

_FRONT_MATTER = re.compile(r"---[ \t]*(?>\r\n?|\n)(.*?)(?:^|(?<=\r))(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)", re.S | re.M)
_FRONT_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def read_text(data: bytes) -> Extract:
    """Plain text, kept as it is after the byte order mark. Headings are short lines between blank lines.

    The first block, if it looks like a heading, is the title. Of several such lines in a row only the last,
    which has a paragraph below it, is a heading: a list of short lines is no row of empty sections.
    """
    text = decode(data)
    spans = list(blocks(text))
    looks = [_is_heading(text[block.start : block.end]) for block in spans]
    titled = len(spans) > 1 and looks[0]
    headings = [
        _heading(text, spans, number)
        for number, look in enumerate(looks[:-1])
        if look and (number == 0 or not looks[number + 1])
    ]
    return Extract(text, headings[0].text if titled else "", sections=sections_of(headings, len(text)))


def read_markdown(data: bytes) -> Extract:
    """Markdown, kept as its source. Headings are those that a Markdown parser finds outside lists and quotes.

    The title is the first heading of level 1, else that of the YAML front matter, which stays in the text
    but in no passage.
    """
    from markdown_it import MarkdownIt

    text = decode(data)
    front = _FRONT_MATTER.match(text)
    offset = front.end() if front else 0
    lines = [offset, *(end.end() for end in _LINE_END.finditer(text, offset)), len(text)]
    parser = MarkdownIt("commonmark").enable("table")
    environment: dict[str, object] = {}
    tokens = parser.disable("inline").parse(text[offset:], environment)
    parser.enable("inline")
    headings: list[Heading] = []
    title = ""
    for opening, content in pairwise(tokens):
        if opening.type != "heading_open" or opening.level or opening.map is None:
            continue
        name = one_line(_plain(parser.parseInline(content.content, environment)))
        headings.append(Heading(name, lines[opening.map[0]], min(lines[opening.map[1]], len(text))))
        title = title or (name if opening.tag == "h1" else "")
    title = title or _front_title(front)
    if front:
        headings.insert(0, Heading(title, 0, offset))
    return Extract(text, title, sections=sections_of(headings, len(text)))


def decode(data: bytes) -> str:
    """By the byte order mark, else as UTF-8, else as Windows-1252 or the likeliest encoding.

    UTF-8 with a few damaged bytes stays UTF-8: each becomes U+FFFD and the rest of the text is kept.
    Raises UnreadableDocument for what is no text: NUL bytes, many control characters, no plausible encoding.
    """
    text = _decoded(data)
    if text is None or "\0" in text or len(_CONTROL.findall(text)) > 1 + _MOST_CONTROLS * len(text):
        raise UnreadableDocument("is not text, or in an encoding that cannot be told: save it as UTF-8 text")
    return text


def _decoded(data: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            data = data[len(mark) :]
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                return _mended(data) if encoding == "utf-8" else None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _mended(data) or _guessed(data)


def _mended(data: bytes) -> str | None:
    """Damaged UTF-8; None where too few whole sequences speak for it."""
    text = data.decode(errors="replace")
    damaged = text.count("\ufffd")
    whole = len(_NOT_ASCII.findall(text)) - damaged
    return text if damaged <= _MOST_DAMAGE * whole else None


def _guessed(data: bytes) -> str | None:
    """Windows-1252, by far the commonest, where that reading makes sense; else what the library finds likeliest.

    The library tells encodings by their letters: of a text with little more than curly quotes it knows nothing.
    """
    from charset_normalizer import from_bytes

    western = _western(data)
    if western is not None and not any(map(str.isalpha, _NOT_ASCII.findall(western))):
        return western
    matches = from_bytes(data)
    best = matches.best()
    if best is None or (western is not None and best.encoding not in _CENTRAL_EUROPEAN):
        return western
    # A few accented letters fit several code pages equally well.
    for match in matches:
        if match.encoding == "cp1252" and (match.chaos, -match.coherence) <= (best.chaos, -best.coherence):
            return str(match)
    return str(best)


def _western(data: bytes) -> str | None:
    """As Windows-1252, if almost all that is not ASCII then stands where it may.

    A letter may stand in a word that has a letter of ASCII too (or alone, like the French "à") and no capital after
    a small letter; any other mark stands outside of words, but for apostrophes, dashes and the like.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    strange = len(_SYMBOL_IN_WORD.findall(text))
    for word in _WORD.findall(text):
        if not word.isascii() and not _is_western(word):
            strange += len(_NOT_ASCII.findall(word))
    return text if strange <= _MOST_OUT_OF_PLACE * len(_NOT_ASCII.findall(text)) else None


def _is_western(word: str) -> bool:
    if len(word) == 1:
        return word.islower()
    return any(map(str.isascii, word)) and (word.isupper() or word[1:].islower())


def _is_heading(block: str) -> bool:
    bare = block.rstrip(_CLOSERS)
    return (
        not _LINE_END.search(block)
        and len(block) <= _HEADING_CHARACTERS
        and len(block.split()) <= _HEADING_WORDS
        and any(character.isalpha() for character in block)
        and _HEADING_START.match(block) is not None
        and not bare.endswith(tuple(_END_PUNCTUATION))
    )


def _heading(text: str, spans: Sequence[Span], number: int) -> Heading:
    start, end = spans[number]
    return Heading(text[start:end], start, spans[number + 1].start)


def _plain(tokens: "Sequence[Token]") -> str:
    """The words of inline Markdown, without its marks."""
    parts: list[str] = []
    for token in tokens:
        if token.children:
            parts.append(_plain(token.children))
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif token.type != "html_inline":
            parts.append(token.content)
    return "".join(parts)


def _front_title(front: re.Match[str] | None) -> str:
    match = _FRONT_TITLE.search(front[1]) if front else None
    return one_line(match[1].strip("\"'")) if match else ""
