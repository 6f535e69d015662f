"""Names, dates and function words in questions, told by their form and by the corpus."""

import re
from collections.abc import Iterable
from functools import lru_cache

from corpus import Document

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
DATES = re.compile(rf"\b(?:{_MONTH}) \d{{1,2}}(?:, \d{{4}})?|\b(?:{_DAY})\b|\b\d{{4}}\b")
_DATE = re.compile(rf"(?:{_MONTH}|{_DAY})\b.*")
_NAME_WORD = r"[A-Z0-9][\w&]*(?:[.\-’'](?!s\b)\w+)*"
NAME = re.compile(rf"\b[A-Z][\w&]*(?:[.\-’'](?!s\b)\w+)*(?:,? (?:of |for |and )?{_NAME_WORD})*")
_MID_SENTENCE = re.compile(r"(?<=[a-z,;:] )[A-Z][\w&-]*(?: [A-Z0-9][\w&-]*)*")
_ORGANISATION = re.compile(
    r"\b(?:AI|Inc|Corp|Ltd|LLC|Labs?|Agency|Department|Ministry|Center|Centre|Institute|University|College|School|Bank"
    r"|Times|Post|Journal|News|House|Court|Council|Commission|Committee|Union|Party|Group|Company|Project|Act|Order"
    r"|Pentagon|Congress|Senate|Street|City|States|Kingdom|Republic)\b|\d"
)
_FIRST_WORD = re.compile(r"\w+(?:'s)? ?")
_LONGEST_NAME = 6
_TITLE = re.compile(
    r"(?:Secretary|Officer|CEO|CTO|CFO|President|Minister|Adviser|Advisor|Director|Chair\w*|Senator|Judge|Governor)$"
)
AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)"
QUESTION_WORD = re.compile(
    r"(?:(?:for|since|until|by|from|to|with|in|at|on|under) )?"
    r"(?:what|which|who|whom|whose|when|where|why|how)\b(?:'s)?(?: (?:much|many|long|often|old))?",
    re.IGNORECASE,
)
FUNCTION_WORD = re.compile(
    rf"(?:{AUXILIARY}|what|which|who|whom|whose|when|where|why|how|and|but|so|also|then|the|a|an|of|in|on|at|for|by"
    r"|with|from|to|old|much|many|long|often|wat|wot|wen|n|about|there|any|not|even|exactly|really)",
    re.IGNORECASE,
)

_NO_NAME = re.compile(
    rf"{FUNCTION_WORD.pattern}|i|he|she|it|we|you|they|him|her|them|his|its|their|this|that|these|those|my|our|your|me|us|if"
    r"|no|yes|one|some|all|each|both|such|here|now|just|only|because|while|as|or",
    re.IGNORECASE,
)


def proper_names(documents: Iterable[Document]) -> frozenset[str]:
    """The capitalised names within the documents' sentences, in lower case: readers type them so."""
    found = {name for document in documents for name in _MID_SENTENCE.findall(document.text)}
    return frozenset(name.lower() for name in found if not _DATE.fullmatch(name) and not _NO_NAME.fullmatch(name))


def names_in(text: str, names: frozenset[str]) -> list[tuple[int, int]]:
    """Where names stand in a text, in order: capitalised, or known to the corpus in any case."""
    found: list[tuple[int, int]] = []
    for match in NAME.finditer(text):
        start = match.start()
        first = _FIRST_WORD.match(text) if start == 0 else None
        if first and (FUNCTION_WORD.fullmatch(first[0].strip().lower()) or QUESTION_WORD.fullmatch(first[0].strip())):
            start += first.end()
        name = text[start : match.end()]
        if name and name[:1].isupper() and not _DATE.fullmatch(name):
            found.append((start, match.end()))
    return sorted(found or _known(text, names))


@lru_cache(maxsize=64)  # the turns of a conversation are looked through again for each question that follows
def _known(text: str, names: frozenset[str]) -> tuple[tuple[int, int], ...]:
    """The longest names of the corpus at each word, in any case."""
    words = [match.span() for match in re.finditer(r"[\w&-]+", text)]
    found: list[tuple[int, int]] = []
    for place, (start, _) in enumerate(words):
        if found and start < found[-1][1]:
            continue
        for _, end in reversed(words[place : place + _LONGEST_NAME]):
            if text[start:end].lower() in names:
                found.append((start, end))
                break
    return tuple(found)


def is_person(name: str) -> bool:
    """By form alone: two or three capitalised words, none of an organisation or a title."""
    words = name.split()
    capitalised = 2 <= len(words) <= 3 and all(word[:1].isupper() for word in words)
    return capitalised and _ORGANISATION.search(name) is None and _TITLE.search(name) is None
