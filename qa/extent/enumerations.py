"""Enumerations within a sentence: all of "A, B and C", where one of them was read."""

import re

from corpus import Span
from index.lexical import terms
from qa.question.names import AUXILIARY

# No run of blanks is tried from within.
_BREAK = re.compile(r"(?<!\s)\s*[,;]\s+(?:and |or |as well as )?|(?<!\s)\s+(?:and|or|as well as)\s+")
_LAST = re.compile(r"(?:and|or|as well as)\s*$")
_ENDS = re.compile(
    rf"[,;:.!?)\]](?=\s|$)|(?<!\s)\s+(?=(?:{AUXILIARY}|who|which|that|since|until|when|after|before|because|while|if|unless|so"
    r"|but|for|at|on|in|from|to|by|with|of|through|during|under|as)\b)",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    rf"(?:[:(\[—–]|\b(?:{AUXILIARY}|who|which|that|include[sd]?|including|contain(?:s|ed)?|comprise[sd]?|require[sd]?"
    r"|offer(?:s|ed)?|support(?:s|ed)?|such as|like|of|by|with|in|for|to|at|on|from|be|been|being|between|among|both"
    r"|either)\b)\s*",
    re.IGNORECASE,
)
_VERB = re.compile(rf"(?:{AUXILIARY}|he|she|it|they|we|you|i|who|which|that)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|an?|his|her|its|their|our)\s+$", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)")
_LONGEST_PART = 12  # words; what is longer between two commas is a clause
_LEAST_PARTS = 3
_COUNT = re.compile(r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)$", re.IGNORECASE)
_COUNTED = re.compile(
    rf"\s+[a-z][\w'-]*(?:\s+(?!{AUXILIARY}\b)[a-z][\w'-]*)?(?:(?:,|\s+and)\s+(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten)\s+"
    rf"[a-z][\w'-]*(?:\s+(?!(?:in|on|at|and|{AUXILIARY})\b)[a-z][\w'-]*)?)+"
)


def enumeration(text: str, sentence: Span, read: Span, *, several: bool) -> Span:
    """All of "A, B and C", where the span is one of them or some: where it begins or ends at a comma between them.

    Where the question does not plainly ask for ``several``, three parts may as well be a name, what it is, and how the
    sentence goes on: four are asked for.
    """
    least = _LEAST_PARTS + (not several)
    breaks = [Span(*match.span()) for match in _BREAK.finditer(text, sentence.start, sentence.end)]
    bounds = [sentence.start, *(at for gap in breaks for at in gap), sentence.end]
    parts = [Span(start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    touched = [n for n, part in enumerate(parts) if part.start < read.end and part.end > read.start]
    if not touched or not all(_is_short(text, parts[n]) for n in touched[1:]):
        return read
    first, last, closed = touched[0], touched[-1], _closing(text, breaks[touched[0] : touched[-1]])
    whole = read.end == parts[last].end or len(touched) >= _LEAST_PARTS  # or the end was out of the reader's reach
    while whole and not closed and last < len(breaks) and _is_short(text, parts[last + 1]):
        last += 1
        closed = _closing(text, breaks[last - 1 : last])
    if not closed:
        return read
    start = read.start
    while (
        first > 0 and not _ARTICLE.sub("", text[parts[first].start : start]) and text[breaks[first - 1].start] in ",;"
    ):
        part = parts[first - 1]
        governed = _governed(text, part)
        if not _is_short(text, Span(governed, part.end)):
            break
        first, start = first - 1, governed
    if last - first + 1 < least:
        return read
    end = read.end if last == touched[-1] else _finish(text, Span(parts[last].start, sentence.end))
    return Span(min(start, read.start), max(end, read.end))


def counts(text: str, sentence: Span, read: Span, nouns: str) -> Span:
    """Of "412 drivers and 96 office workers" both, where none of them are what was asked for."""
    asked = set(terms(nouns))
    for match in re.finditer(r"(?<![\w.,])(?:\d[\d,.]*|[A-Za-z]+)", text[sentence.start : sentence.end]):
        start = sentence.start + match.start()
        if not _COUNT.match(match[0]):
            continue
        rest = _COUNTED.match(text, start + len(match[0]), sentence.end)
        if rest is None or not start <= read.start < rest.end():
            continue
        named = not asked.isdisjoint(terms(text[start : rest.end()])) or _VERB.match(text, rest.end() + 1)
        return read if named else Span(start, max(read.end, rest.end()))
    return read


def _closing(text: str, breaks: list[Span]) -> bool:
    """Whether one of these breaks announces the last of several: "and", "or"."""
    return any(_LAST.search(text[gap.start : gap.end].rstrip()) for gap in breaks)


def _is_short(text: str, part: Span) -> bool:
    """Whether what stands between two breaks may be one of several: it is short, and no clause."""
    words = _ASIDE.sub("", text[part.start : part.end]).split()
    return 0 < len(words) <= _LONGEST_PART and _VERB.match(words[0]) is None


def _governed(text: str, part: Span) -> int:
    """Where the first of several begins: behind the verb or preposition that governs them."""
    starts = [match.end() for match in _BEGINS.finditer(text, part.start, part.end) if match.end() < part.end]
    return starts[-1] if starts else part.start


def _finish(text: str, rest: Span) -> int:
    """Where the last of several ends: at a mark, or before the word that leads on."""
    found = _ENDS.search(text, rest.start + 1, rest.end)
    return found.start() if found else rest.end
