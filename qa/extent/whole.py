"""How much of the text an answer is: of a reader's span the whole enumeration, the run of steps, the sentence.

A reader points; where it points to a part of what was asked for, the rest is told by the form of the question and of
the text. Nothing is taken in from another section, and nothing is left out of a span that was read but the line above a
list, which leads to the answer.
"""

import re

from corpus import Document, Span, sentences
from qa.extent.asked import asks_several, counted, is_list, is_steps, is_yes_no
from qa.extent.enumerations import counts, enumeration
from qa.extent.lists import ITEM, MOST, items
from qa.types import Candidate

_FIRST = re.compile(r"\bfirst(?:ly)?\b", re.IGNORECASE)
_NEXT = re.compile(
    r"\W*(?:(?:and )?then|next|after (?:that|this|which)|afterwards|second(?:ly)?|third(?:ly)?|finally|lastly|at last"
    r"|once (?:that|this|you)|when (?:that|this) is done)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"\W*(?:yes|no|not|none|never)\W*", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[;:—]\s+|(?<!\s)\s+[–-]\s+|,\s+(?=(?:and|but|yet|so|while|whereas|although|though|because|since|which|who|where|until)\b)",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"\b\w\.\w\.$")
_JOINS = re.compile(r"(?:and|but|yet|so)\s+", re.IGNORECASE)
_LONG = 25  # words; of a longer sentence a clause answers yes or no


def extent(question: str, candidate: Candidate, document: Document) -> Span:
    """Where in the document the answer stands that the candidate is, is a part of, or (above a list) leads to."""
    read = Span(candidate.start, candidate.end)
    room = _section(document, read)
    lists, steps = is_list(question), is_steps(question)
    within = sentences(document.text, *_around(candidate, room, MOST if steps else 0))
    around = [s for s in within if s.end > read.start and s.start < read.end]
    if not around:
        return read
    sentence = Span(around[0].start, around[-1].end)
    if is_yes_no(question) or _BARE.fullmatch(document.text[read.start : read.end]):
        settling = _closed(document.text, _settling(document.text, sentence, read))
        return Span(min(settling.start, read.start), max(settling.end, read.end))
    heading = _names_section(document, room, read)
    if (lists or steps or heading) and (run := items(document.text, room, read, heading=heading)):
        return run
    if steps:
        return _steps(document.text, within, around, read)
    if noun := counted(question):
        return counts(document.text, sentence, read, noun)
    return enumeration(document.text, sentence, read, several=asks_several(question)) if lists else read


def _section(document: Document, read: Span) -> Span:
    """What the span stands in: a section, or the text outside of all."""
    for section in document.sections:
        if section.start <= read.start and read.end <= section.end:
            return Span(section.start, section.end)
    return Span(0, document.sections[0].start) if document.sections else Span(0, len(document.text))


def _names_section(document: Document, room: Span, read: Span) -> bool:
    """Whether the span is all that the heading says: "agenda" asks for what stands below it."""
    heading = next((s for s in document.sections if s.start == room.start), None)
    return heading is not None and read.end <= heading.body and document.text[slice(*read)] == heading.heading


def _around(candidate: Candidate, room: Span, more: int) -> Span:
    return Span(max(room.start, candidate.passage.start), min(room.end, candidate.passage.end + more))


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
    mark = ITEM.match(text, sentence.start, sentence.end)
    start = mark.end() if mark else sentence.start
    end = sentence.end
    while end > start and text[end - 1] in ".!;," and not _ABBREVIATED.search(text, max(start, end - 5), end):
        end -= 1
    return Span(start, end)


def _steps(text: str, within: list[Span], around: list[Span], read: Span) -> Span:
    """From a sentence that begins to tell the steps, to the last that goes on."""
    following = within[within.index(around[-1]) + 1 :]
    end = read.end
    for sentence in following:
        if not _NEXT.match(text, sentence.start) or sentence.end - read.start > MOST:
            break
        end = _closed(text, sentence).end
    first = around[0]
    told = _FIRST.search(text, first.start, first.end) or _NEXT.match(text, first.start)
    begins = told or read.start == first.start  # "Press the button. Then ..."
    return Span(read.start, end) if end > read.end and begins else read
