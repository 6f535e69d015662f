"""Why there may be no answer though the documents speak of it: what a reader that quotes cannot do.

Told by the question's form. Beside an abstention that is said; of what would have to be worked out an answer is refused
where the quoted sentence does not speak of the result, and what is answered by a sentence is answered.
"""

import re

import regex

_DEGREES = (
    "more|less|most|least|fewer|fewest|larger|largest|smaller|smallest|bigger|biggest|higher|highest|lower|lowest|longer"
    "|longest|shorter|shortest|cheaper|cheapest"
)
_COMPUTED = [
    (re.compile(asks, re.IGNORECASE), re.compile(says, re.IGNORECASE))
    for asks, says in (
        (
            rf"\b(?:which|who|what)\b (?:[\w'-]+ ){{0,5}}?"
            rf"(?:(?:has|have|had|got|gets?|costs?|takes?|lasts?) (?:the )?"
            rf"(?:{_DEGREES})|(?:is|are|was|were) (?:the )?(?!more|less|most|least)(?:{_DEGREES}))\b",
            rf"\b(?:{_DEGREES}|\w{{3,}}est|maximum|minimum|at most|at least|up to|than)\b",
        ),
        (
            r"\b(?:in total|altogether|sum of|total (?:of|number|amount)|add up)\b"
            r"|\bhow (?:much|many) (?:\w+ ){0,3}in all\b"
            r"|\bin all\W*$",
            r"\b(?:total\w*|altogether|in all|sum|combined|overall|together|all)\b",
        ),
        (r"\b(?:average|mean of|median)\b", r"\b(?:average\w*|mean|median)\b"),
        (
            rf"\b(?:how (?:much|many) (?:{_DEGREES})|difference between|how (?:much|many) .*\b(?:compared|than))\b",
            rf"\b(?:{_DEGREES}|difference|than|extra|additional)\b",
        ),
    )
]
"""What a question asks to be worked out, and how a sentence speaks that says the result."""
_ARITHMETIC = re.compile(
    r"\b(?:count the|compare[ds]?|comparison|percentage of|how many times|how many different|rank(?:ed)? (?:by|the)"
    rf"|sort(?:ed)? by|list all|in all"
    rf"|(?:which|who|what) (?:\w+ ){{0,3}}(?:is|are|was|were) (?:the )?(?:{_DEGREES}))\b",
    re.IGNORECASE,
)
"""What may be asked to be worked out, and is only told so beside an abstention."""
_LETTER, _LATIN = regex.compile(r"\p{L}"), regex.compile(r"\p{Script=Latin}")
_WORD = regex.compile(r"\p{L}+")
_ENGLISH = frozenset(
    """
    a an and are as at be by can do does for from has have how in is it of on or that the this to was what when where
    which who why will with you
    """.split()  # noqa: SIM905 - a paragraph of words reads better than a hundred quotes
)
_OTHERS = frozenset(
    """
    der die das und ist nicht wie wer wann warum ein eine für mit auf von zu den dem
    le la les des est qui que quoi quand pourquoi comment une dans pour avec sur
    el los las qué quién cuándo cómo dónde por una del con para es está
    il lo gli chi che cosa quando perché come dove di del della per con è
    o os as que quem quando onde como por uma do da em para com é não
    de het een en van wat wie waar wanneer hoe waarom niet met voor op
    """.split()  # noqa: SIM905 - one language a line
)
COUNTS = "Pincite quotes what the documents say; it does not count, add up or compare."
FOREIGN_QUESTION = "The reader knows English, and this seems to be asked in another language."
FOREIGN_TEXT = "The reader knows English, and the nearest passages are in another language or script."


def beyond(question: str, nearest: str) -> str | None:
    """A sentence on what of a question, or of the ``nearest`` passage's text, is beyond the reader; None if nothing."""
    if is_foreign(question):
        return FOREIGN_QUESTION
    if _ARITHMETIC.search(question) or any(asks.search(question) for asks, _ in _COMPUTED):
        return COUNTS
    return FOREIGN_TEXT if is_foreign(nearest) else None


def is_computed(question: str, quote: str) -> bool:
    """Whether the answer would have to be counted, added up or compared: it is asked for, and the quote says it not."""
    return any(asks.search(question) and not says.search(quote) for asks, says in _COMPUTED)


def is_foreign(text: str) -> bool:
    """Whether a text is plainly not English: of another script, or of words that hold the other languages together."""
    letters = _LETTER.findall(text)
    if not letters:
        return False
    if sum(_LATIN.match(letter) is not None for letter in letters) < len(letters) / 2:
        return True
    words = [word.casefold() for word in _WORD.findall(text)]
    english, others = (sum(word in of for word in words) for of in (_ENGLISH, _OTHERS - _ENGLISH))
    return others >= 2 and others > 2 * english
