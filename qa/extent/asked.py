"""What the form of a question says about the size of its answer."""

import re

from qa.question.names import AUXILIARY

_LEAD = r"^\W*(?:(?:and|but|so|also|ok|okay|then|well|please|pls|hey|hi|oh)[, ]+)*"
# "May minutes" asks nothing, and "Can you tell me ...?" something else.
_YES_NO = re.compile(
    rf"{_LEAD}(?:(?!(?:may|will)\b){AUXILIARY}(?:n['’]?t)?|(?:may|will)(?=\s.*\?)|am|might|need|ca(?:n['’]?t|nnot)"
    r"|(?:won|shan|ain)['’]?t)\s+(?!(?:you|u|any(?:one|body))\b)",
    re.IGNORECASE,
)
# "Is it hot or cold?" and "Did he say when?" ask for more than yes or no.
_CHOICE = re.compile(
    rf"\bor\b|\w\s+(?:what|when|where|who|whom|whose|which|why|how)\b(?!\s+{AUXILIARY}\b)", re.IGNORECASE
)
_SINGULAR = r"(?:\w*(?:ss|us|is)|does|has|was|always|news|series|lens|gas|yes|his|hers|its|as)"
_NOUNS = rf"(?:(?!{AUXILIARY}\b)[\w'-]+ ){{0,2}}?(?!{_SINGULAR}\b)[\w-]+s\b(?! (?:is|was|has|does)\b)"
_LIST = re.compile(
    rf"{_LEAD}(?:(?:what|which|where|who|whom)(?:['’]re| are| were| all\b)|(?:list|name|enumerate)\b"
    r"|(?:(?:at|by|for|from|in|of|on|to|under|with) )?(?:what|which) "
    rf"(?:{_NOUNS}|(?:kinds?|types?|sorts?|stuff|all)\b))",
    re.IGNORECASE,
)
_OPEN = re.compile(
    rf"{_LEAD}(?:(?:what|which|who|whom|where)\b(?!['’]s\b| (?:is|was)\b)"
    r"|(?:who|where|what)(?: is|['’]s| was) "
    r"(?:present|listed|needed|required|included|covered|excluded|in|on|there)\b)",
    re.IGNORECASE,
)
_STEPS = re.compile(
    rf"{_LEAD}(?:how (?:do|can|could|should|would|must|to)\b|what (?:should|must|do|shall) (?:i|you|we|one) do\b"
    r"|what (?:are|is) the (?:steps?|procedure|process|instructions?)\b)",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(rf"{_LEAD}how many ((?:(?!{AUXILIARY}\b)[\w'-]+ ?)+)", re.IGNORECASE)


def is_yes_no(question: str) -> bool:
    """Whether a sentence settles it: yes or no."""
    return _YES_NO.match(question) is not None and _CHOICE.search(question) is None


def is_list(question: str) -> bool:
    """Whether several things may be asked for."""
    return asks_several(question) or _OPEN.match(question) is not None


def asks_several(question: str) -> bool:
    """Whether several things are plainly asked for."""
    return _LIST.match(question) is not None


def is_steps(question: str) -> bool:
    """Whether it asks how something is done."""
    return _STEPS.match(question) is not None


def counted(question: str) -> str | None:
    """What is to be counted: "young employees" of "How many young employees are ..."; None where nothing is."""
    found = _HOW_MANY.match(question)
    return found[1] if found else None
