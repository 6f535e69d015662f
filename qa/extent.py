"""How much of the text an answer is: of a reader's span the whole enumeration, the run of steps, the sentence.

A reader points; where it points to a part of what was asked for, the rest is told by the form of the question and of
the text. Nothing is left out of a span that was read, and nothing is taken in from another section.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus import Document, Span, sentences
from qa.question.names import AUXILIARY
from qa.types import Candidate

_LEAD = r"^\W*(?:(?:and|but|so|also|ok|okay|then|well|please|pls|hey|hi|oh)[, ]+)*"
_YES_NO = re.compile(
    rf"{_LEAD}(?:{AUXILIARY}|am|might|need)(?:n't|nt)?\s+(?!(?:you|u|any(?:one|body))\b)", re.IGNORECASE
)
# "Is it hot or cold?" and "Did he say when?" ask for more than yes or no.
_CHOICE = re.compile(
    rf"\bor\b|\w\s+(?:what|when|where|who|whom|whose|which|why|how)\b(?!\s+{AUXILIARY}\b)", re.IGNORECASE
)
_SINGULAR = r"(?:\w*(?:ss|us|is)|does|has|was|always|news|series|lens|gas|yes|his|hers|its|as)"
_NOUNS = rf"(?:(?!{AUXILIARY}\b)[\w'-]+ ){{0,2}}?(?!{_SINGULAR}\b)[\w-]+s\b(?! (?:is|was|has|does)\b)"
_LIST = re.compile(
    rf"{_LEAD}(?:(?:what|which|where|who|whom)(?:'re| are| were| all\b)|(?:list|name|enumerate)\b"
    r"|(?:(?:at|by|for|from|in|of|on|to|under|with) )?(?:what|which) "
    rf"(?:{_NOUNS}|(?:kinds?|types?|sorts?|stuff|all)\b))",
    re.IGNORECASE,
)
_OPEN = re.compile(
    rf"{_LEAD}(?:(?:what|which|who|whom|where)\b(?! (?:is|was|'s)\b)"
    r"|(?:who|where|what)(?: is|'s| was) (?:present|listed|needed|required|included|covered|excluded|in|on|there)\b)",
    re.IGNORECASE,
)
_STEPS = re.compile(
    rf"{_LEAD}(?:how (?:do|can|could|should|would|must|to)\b|what (?:should|must|do|shall) (?:i|you|we|one) do\b"
    r"|what (?:are|is) the (?:steps?|procedure|process|instructions?)\b)",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(rf"{_LEAD}how many ([\w'-]+)", re.IGNORECASE)
_FIRST = re.compile(r"\bfirst(?:ly)?\b", re.IGNORECASE)
_NEXT = re.compile(
    r"\W*(?:(?:and )?then|next|after (?:that|this|which)|afterwards|second(?:ly)?|third(?:ly)?|finally|lastly|at last"
    r"|once (?:that|this|you)|when (?:that|this) is done)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"\W*(?:yes|no|not|none|never)\W*", re.IGNORECASE)
_ITEM = re.compile(r"([^\S\r\n]*)(?:[-*+•‣◦▪●○·]|\(?\d{1,2}[.)]|\(?[a-z][.)])[^\S\r\n]+(?=\S)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|$)")
_BREAK = re.compile(r"\s*[,;]\s+(?:and |or |as well as )?|\s+(?:and|or|as well as)\s+")
_LAST = re.compile(r"(?:and|or|as well as)\s*$")
_ENDS = re.compile(
    rf"[,;:.!?)\]](?=\s|$)|\s+(?=(?:{AUXILIARY}|who|which|that|since|until|when|after|before|because|while|if|unless|so"
    r"|but|for|at|on|in|from|to|by|with|of|through|during|under|as)\b)",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    rf"(?:[:(\[—–]|\b(?:{AUXILIARY}|who|which|that|include[sd]?|including|contain(?:s|ed)?|comprise[sd]?|require[sd]?"
    r"|offer(?:s|ed)?|support(?:s|ed)?|such as|like|of|by|with|in|for|to|at|on|from|be|been|being|between|among|both"
    r"|either)\b)\s*",
    re.IGNORECASE,
)
_VERB = re.compile(rf"(?:{AUXILIARY}|he|she|it|they|we|you|i|who|which|that)\\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|an?|his|her|its|their|our)\s+$", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[;:—]\s+|\s+[–-]\s+|,\s+(?=(?:and|but|yet|so|while|whereas|although|though|because|since|which|who|where|until)\b)",
    re.IGNORECASE,
)
_JOINS = re.compile(r"(?:and|but|yet|so)\s+", re.IGNORECASE)
_LONG = 25  # words; of a longer sentence a clause answers yes or no
_LONGEST_PART = 12  # words; what is longer between two commas is a clause
_LEAST_PARTS = 3
_COUNT = re.compile(r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s+[a-z][\w'-]*(?:\s+[a-z][\w'-]*)?(?:(?:,|\s+and)\s+(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten)\s+"
    r"[a-z][\w'-]*(?:\s+(?!in\b|on\b|at\b|and\b)[a-z][\w'-]*)?)+"
)
_MOST = 1600
"""How many characters an answer has at most where it is more than was read."""


class _Line(NamedTuple):
    start: int
    end: int
    indent: int
    body: int
    """Where an item's words begin; -1 where the line begins none."""


def extent(question: str, candidate: Candidate, document: Document) -> Span:
    """Where in the document the answer stands that the candidate is, is a part of, or (above a list) leads to."""
    read = Span(candidate.start, candidate.end)
    room = _section(document, read)
    within = sentences(document.text, *_around(candidate, room))
    around = [s for s in within if s.end > read.start and s.start < read.end]
    if not around:
        return read
    sentence = Span(around[0].start, around[-1].end)
    lists, steps = bool(_LIST.match(question) or _OPEN.match(question)), _STEPS.match(question)
    if _is_yes_no(question) or _BARE.fullmatch(document.text[read.start : read.end]):
        settling = _closed(document.text, _settling(document.text, sentence, read))
        return Span(min(settling.start, read.start), max(settling.end, read.end))
    if (lists or steps) and (run := _items(document.text, room, read)):
        return run
    if steps:
        return _steps(document.text, within, around, read)
    if counted := _HOW_MANY.match(question):
        return _counts(document.text, sentence, read, counted[1])
    return _enumeration(document.text, sentence, read) if lists else read


def _is_yes_no(question: str) -> bool:
    return _YES_NO.match(question) is not None and _CHOICE.search(question) is None


def _section(document: Document, read: Span) -> Span:
    """What the span stands in: a section, or the text outside of all."""
    for section in document.sections:
        if section.start <= read.start and read.end <= section.end:
            return Span(section.start, section.end)
    return Span(0, document.sections[0].start) if document.sections else Span(0, len(document.text))


def _around(candidate: Candidate, room: Span) -> Span:
    return Span(max(room.start, candidate.passage.start), min(room.end, candidate.passage.end + _MOST))


def _settling(text: str, sentence: Span, read: Span) -> Span:
    """The sentence; of a long one the clause or clauses that the span stands in."""
    if len(text[sentence.start : sentence.end].split()) <= _LONG:
        return sentence
    gaps = [Span(*match.span()) for match in _CLAUSE.finditer(text, sentence.start, sentence.end)]
    start = max((_led(text, gap.end) for gap in gaps if gap.end <= read.start), default=sentence.start)
    return Span(start, min((gap.start for gap in gaps if gap.start >= read.end), default=sentence.end))


def _led(text: str, at: int) -> int:
    """Past the word that joins a clause to the one before."""
    found = _JOINS.match(text, at)
    return found.end() if found else at


def _closed(text: str, sentence: Span) -> Span:
    """The sentence without a list's mark before it and its stop."""
    mark = _ITEM.match(text, sentence.start, sentence.end)
    start = mark.end() if mark else sentence.start
    end = sentence.end
    while end > start and text[end - 1] in ".!;,":
        end -= 1
    return Span(start, end)


def _steps(text: str, within: list[Span], around: list[Span], read: Span) -> Span:
    """From a sentence that begins to tell the steps, to the last that goes on."""
    following = within[within.index(around[-1]) + 1 :]
    end = read.end
    for sentence in following:
        if not _NEXT.match(text, sentence.start) or sentence.end - read.start > _MOST:
            break
        end = _closed(text, sentence).end
    first = around[0]
    begins = _FIRST.search(text, first.start, first.end) or _NEXT.match(text, first.start)
    return Span(read.start, end) if end > read.end and begins else read


def _counts(text: str, sentence: Span, read: Span, noun: str) -> Span:
    """Of "412 drivers and 96 office workers" both, where neither noun is what was asked for."""
    for match in re.finditer(r"(?<![\w.,])(?:\d[\d,.]*|[A-Za-z]+)", text[sentence.start : sentence.end]):
        start = sentence.start + match.start()
        if not _COUNT.match(match[0]):
            continue
        rest = _COUNTED.match(text, start + len(match[0]), sentence.end)
        if rest is None or not start <= read.start < rest.end():
            continue
        named = noun.lower().rstrip("s") in text[start : rest.end()].lower()
        return read if named else Span(start, max(read.end, rest.end()))
    return read


def _enumeration(text: str, sentence: Span, read: Span) -> Span:
    """All of "A, B and C", where the span is one of them or some: where it begins or ends at a comma between them."""
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
    led = _ARTICLE.sub("", text[parts[first].start : read.start]) == ""
    while led and first > 0 and text[breaks[first - 1].start] in ",;" and _is_short(text, parts[first - 1]):
        first -= 1
        led = _governed(text, parts[first]) == parts[first].start
    if last - first + 1 < _LEAST_PARTS:
        return read
    start = read.start if first == touched[0] else _governed(text, parts[first])
    end = read.end if last == touched[-1] else _finish(text, Span(parts[last].start, sentence.end))
    return Span(min(start, read.start), max(end, read.end))


def _closing(text: str, breaks: list[Span]) -> bool:
    """Whether one of these breaks announces the last of several: "and", "or"."""
    return any(_LAST.search(text[gap.start : gap.end].rstrip()) for gap in breaks)


def _is_short(text: str, part: Span) -> bool:
    """Whether what stands between two breaks may be one of several: it is short, and no clause."""
    words = text[part.start : part.end].split()
    return 0 < len(words) <= _LONGEST_PART and _VERB.match(words[0]) is None


def _governed(text: str, part: Span) -> int:
    """Where the first of several begins: behind the verb or preposition that governs them."""
    starts = [match.end() for match in _BEGINS.finditer(text, part.start, part.end) if match.end() < part.end]
    return starts[-1] if starts else part.start


def _finish(text: str, rest: Span) -> int:
    """Where the last of several ends: at a mark, or before the word that leads on."""
    found = _ENDS.search(text, rest.start + 1, rest.end)
    return found.start() if found else rest.end


def _items(text: str, room: Span, read: Span) -> Span | None:
    """The words of all items of the list in which the span is an item, or which its sentence leads to."""
    first = max(room.start, text.rfind("\n", room.start, max(room.start, read.start - _MOST)) + 1)
    lines = list(_lines(text, Span(first, min(room.end, read.end + _MOST))))
    place = next((n for n, line in enumerate(lines) if line.start <= read.start < line.end), None)
    if place is None:
        return None
    own = place
    while own > 0 and lines[own].body < 0 and not _is_blank(text, lines[own]) and not _is_blank(text, lines[own - 1]):
        own -= 1
    item = lines[own]
    if item.body < 0:
        return _led_to(text, lines, place, read)
    last = _last_of_item(text, lines, own)
    words = Span(item.body, lines[last].end)
    begins = read.start - item.body <= 2
    if not begins and read.end - read.start < (words.end - words.start) / 2:
        return None
    return _whole(text, lines, own, read)


def _led_to(text: str, lines: list[_Line], place: int, read: Span) -> Span | None:
    """The list right below a line that ends in a colon and holds the span."""
    last = place
    while last + 1 < len(lines) and lines[last + 1].body < 0 and not _is_blank(text, lines[last + 1]):
        last += 1
    if not text[read.end : lines[last].end].rstrip().endswith(":") or "." in text[read.end : lines[last].end]:
        return None
    below = last + 1
    while below < len(lines) and _is_blank(text, lines[below]):
        below += 1
    return _whole(text, lines, below, read) if below < len(lines) and lines[below].body >= 0 else None


def _whole(text: str, lines: list[_Line], own: int, read: Span) -> Span | None:
    """From the first to the last item beside the given one; None where it stands alone or they are too long."""
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
    return run if first != last and run.end - run.start <= _MOST else None


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
            item = _ITEM.match(match[0])
            blanks = len(match[0]) - len(match[0].lstrip())
            yield _Line(match.start(), match.end(), blanks, match.start() + item.end() if item else -1)
