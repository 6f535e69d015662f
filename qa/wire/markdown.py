"""Text of documents and readers within Markdown: whatever it holds, it stays text."""

import re

from qa.types import Citation
from qa.wire.schemas import CitationOut

_MARKS = re.compile(r"([\\`*_\[\]<>#|~])")
_LIST_MARK = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$|=+\s*$|-+\s*$)", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


def escaped(text: str) -> str:
    """The text as Markdown shows it letter by letter: no markup, lists, headings, tables, HTML or entities."""
    return _ENTITY.sub("&amp;", _LIST_MARK.sub(_backslashed, _MARKS.sub(r"\\\1", text)))


def quotation(citation: Citation | CitationOut) -> str:
    """The quote with the answer within it in bold."""
    start, end = citation.answer_start - citation.start, citation.answer_end - citation.start
    return f"{escaped(citation.quote[:start])}**{escaped(citation.quote[start:end])}**{escaped(citation.quote[end:])}"


def unmarked(content: str) -> str:
    """The answer within an earlier quotation of ours, or all that another said."""
    bold = _BOLD.search(content)
    return re.sub(r"\\(.)", r"\1", bold[1] if bold else content)


def _backslashed(match: re.Match[str]) -> str:
    """``1.`` is no list with a backslash before its stop, ``-`` with one before itself."""
    mark = match[2]
    return f"{match[1]}\\{mark}" if len(mark) == 1 else f"{match[1]}{mark[:-1]}\\{mark[-1]}"
