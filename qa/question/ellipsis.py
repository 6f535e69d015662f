"""Questions that are no clause of their own ("Why?", "How much?", "And in May?") made whole by the question before."""

import re

from qa.question.names import AUXILIARY, NAME, QUESTION_WORD, names_in
from qa.question.turns import StandaloneTurn

_SPELT = {
    "wat": "what",
    "wot": "what",
    "wen": "when",
    "y": "why",
    "abt": "about",
    "bout": "about",
    **{f"{word}s": f"{word}'s" for word in ("what", "who", "where", "when", "how")},
}
_QUESTION_WORDS = (" whom", " what", " when", " where", " which")
_ASKS_WITHIN = re.compile(r"\b(?:who|whom|what|which|whose|when|where|why|how)\b\s+\w", re.IGNORECASE)
_SAID_BACK = frozenset({"then", "now", "so", "and", "yes", "no", "really", "sure", "continue", "more"})
_AUXILIARY_FIRST = re.compile(rf"{AUXILIARY}\b", re.IGNORECASE)
_FINITE = re.compile(
    rf"\b{AUXILIARY}\b|\b\w+(?:ed|es)\b|\b(?:said|says|sent|got|made|took|gave|went|came)\b", re.IGNORECASE
)
_PREPOSITION = re.compile(r"(in|on|at|for|by|with|from|to|under|after|before|during|of|about)\b", re.IGNORECASE)


def bare(text: str) -> str:
    """One line without its closing mark; question words as the dictionary has them."""
    words = text.strip().rstrip("?!. ").replace("’", "'").split()
    return " ".join(_SPELT.get(word.lower(), word) for word in words)


def why(last: StandaloneTurn, *, negated: bool) -> str:
    """From "Did X do Y?" comes "Why did X do Y?"; from "Who did Y?" (X), "Why X did Y?"."""
    asked = bare(last.question)
    if re.match(r"(?:why|how come)\b", asked, re.IGNORECASE):
        return f"{asked}: {last.answer}, why?" if last.answer else f"{asked}?"
    if _AUXILIARY_FIRST.match(asked):
        auxiliary, _, rest = asked.partition(" ")
        return f"Why {auxiliary.lower()} {_negated(rest) if negated else rest}?"
    return f"Why {_lower_first(statement(asked, last.answer))}?"


def asked_again(wh: str, last: StandaloneTurn) -> str:
    """From "How much?" after "Which firm did X put money into?" (Y), "How much did X put money into Y?"."""
    return f"{wh[:1].upper()}{wh[1:]} {statement(bare(last.question), last.answer)}?"


def statement(asked: str, answer: str) -> str:
    """The earlier question with its answer in the place of its question word."""
    wh = QUESTION_WORD.match(asked)
    if wh is None:
        return asked
    rest = asked[wh.end() :].strip()
    if not answer:
        return rest
    if re.match(r"(?:when|where|why|how|for|since|in|on|at)\b", asked, re.IGNORECASE):
        return rest
    if _AUXILIARY_FIRST.match(rest):
        return f"{rest} {answer}"
    head, space, tail = rest.partition(" ")
    if wh[0].lower() in {"which", "what", "whose"}:  # "Which firm did ...": the noun belongs to the question word
        found = _FINITE.search(rest)
        tail = rest[found.start() :] if found else tail
        return f"{tail} {answer}" if _AUXILIARY_FIRST.match(tail) and not _is_copula(tail) else f"{answer} {tail}"
    return f"{answer} {head}{space}{tail}"


def is_fragment(plain: str, *, led: bool, names: frozenset[str]) -> bool:
    """Whether it has no clause: "In May", "Anthropic", "Francis Brennan's", "assembled under whom"."""
    words = plain.split()
    if len(words) > 6 or not words or QUESTION_WORD.match(plain) or _AUXILIARY_FIRST.match(plain):
        return False
    if _ASKS_WITHIN.search(plain) or plain.lower() in _SAID_BACK:
        return False
    if not any(character.isalnum() for character in plain):
        return False
    # Three words of a search ("export controls date") are no fragment: only what plainly hangs on something is.
    hangs = _PREPOSITION.match(plain) or plain.endswith("'s") or plain.lower().endswith(_QUESTION_WORDS)
    # At the beginning every word is capitalised: one alone is a name only if the corpus, or its own form, has it so.
    named = NAME.fullmatch(plain) and (len(words) > 1 or plain.lower() in names or not plain[1:].islower())
    return led or bool(hangs) or bool(named)


def exchanged(fragment: str, last: StandaloneTurn, names: frozenset[str]) -> str:
    """The earlier question with the fragment in the place of what it is like."""
    asked = bare(last.question)
    if last.answer and re.search(r"\b(?:whom|what|when|where|which)$", fragment, re.IGNORECASE):
        return f"{last.answer} {_lower_first(fragment)}?"
    preposition = _PREPOSITION.match(fragment)
    if preposition:
        before = list(re.finditer(rf"\b{preposition[0]}\b", asked, re.IGNORECASE))
        return f"{asked[: before[-1].start()].rstrip() if before else asked} {fragment}?"
    found = names_in(asked, names)
    if found:
        start, end = found[-1]
        return f"{asked[:start]}{_owner(fragment)}{asked[end:]}?"
    return f"{asked}, {fragment}?"


def _negated(rest: str) -> str:
    subject = NAME.match(rest)
    return f"{subject[0]} not{rest[subject.end() :]}" if subject else f"not {rest}"


def _is_copula(tail: str) -> bool:
    return re.match(r"(?:is|are|was|were|has|have|had)\b", tail, re.IGNORECASE) is not None


def _owner(fragment: str) -> str:
    """The name without its possessive, which the question brings along where it needs one."""
    return re.sub(r"'s?$", "", fragment)


def _lower_first(text: str) -> str:
    head = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if head in {"The", "A", "An", "Its", "Their"} else text
