"""Follow-up questions made to stand alone, by rule: pronouns, "that letter", "And in May?", "Why?".

Rules and not a model, for one reason above others: a question that stands alone must be left exactly as it is.
A question is changed only where something in it plainly points back. The turns before are made to stand alone first,
so that a chain ("Who is A?", "And B?", "And C?") keeps its thread.
"""

import re
from collections.abc import Sequence

from qa.question.antecedents import with_antecedents
from qa.question.ellipsis import asked_again, bare, exchanged, is_fragment, why
from qa.question.turns import StandaloneTurn
from qa.types import Turn

_LEAD = re.compile(r"^(?:(?:and|but|so|also|ok|okay|then|well|n|oh)[, ]+)+", re.IGNORECASE)
_ABOUT = re.compile(r"(?:(?:what|how)(?: about| of)|same for|or)\s+", re.IGNORECASE)
_WHY = re.compile(r"(?:why|how come|how so|what for|for what)(?: (?:not|so|is that|was that|tho|though|then|exactly))*")
_BARE = re.compile(
    r"(?:(?:for|since|until|by|from|to|with|in|at|on) )?"
    r"(?:when|where|who|whom|how(?: (?:much|many|long|often|far|soon|big|exactly))?|which(?: ones?)?|what)"
    r"(?: (?:exactly|then|else|though|tho|with|to|from|of|on|by))?"
)


TURNS = 10
"""How many turns before a question are read, the latest ones."""
ANSWER_CHARACTERS = 2000
"""How much of each of their answers is."""


def remembered(history: Sequence[Turn]) -> list[Turn]:
    """What is read of a conversation, oldest first: what it leans on stands near the question."""
    return [Turn(turn.question, turn.answer and turn.answer[:ANSWER_CHARACTERS]) for turn in history[-TURNS:]]


def standalone_question(question: str, history: Sequence[Turn], names: frozenset[str] = frozenset()) -> str:
    """The question with what it takes from the turns before (oldest first) put in; unchanged if it stands alone.

    ``names`` are the corpus's, in lower case, so that "wat did anthropic say" is seen to name its subject.
    """
    said: list[StandaloneTurn] = []
    for turn in remembered(history):
        said.append(StandaloneTurn(_resolve(turn.question, said, names), turn.answer or ""))
    return _resolve(question, said, names)


def _resolve(question: str, said: Sequence[StandaloneTurn], names: frozenset[str]) -> str:
    if not said:
        return question
    asked = bare(question)
    plain = _LEAD.sub("", asked, count=1)
    if _WHY.fullmatch(plain.lower()):
        return why(said[-1], negated="not" in plain.lower().split())
    if _BARE.fullmatch(plain.lower()):
        return asked_again(plain, said[-1])
    about = _ABOUT.match(plain)
    rest = plain[about.end() :] if about else plain
    if is_fragment(rest, led=about is not None or plain != asked, names=names):
        return exchanged(rest, said[-1], names)
    return with_antecedents(question, said, names)
