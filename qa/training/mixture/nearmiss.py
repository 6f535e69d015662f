"""Near misses: a question changed by rule so that its own paragraph no longer answers it.

The kinds follow Rajpurkar, Jia and Liang (ACL 2018, table 1): entity or number swap, antonym, negation.
A swapped-in name, number or antonym never stands in the paragraph, and what it replaces always does;
otherwise the changed question might still be answered there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from qa.evaluation.measures.answers import normalise
from qa.training.data.examples import Example

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w-]+(?: (?:of |the |de |von )?[A-Z][\w-]+)*")
_YEAR = re.compile(r"\b(?:1\d{3}|20[0-2]\d)\b")
_DECADE = re.compile(r"\b(?:1\d|20)\d0s\b")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})*(?:\.\d+)?%?(?![\w-])")
_MONTH = re.compile(r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b")
_ORDINAL = re.compile(r"\b(?:\d{1,2}(?:st|nd|rd|th)|second|third|fourth|fifth|sixth|seventh)\b")
_PATTERNS = {
    "year": _YEAR,
    "decade": _DECADE,
    "month": _MONTH,
    "ordinal": _ORDINAL,
    "number": _NUMBER,
    "name": _NAME,
}

_PAIRS = """
    first/last largest/smallest biggest/smallest highest/lowest oldest/youngest older/younger longest/shortest
    best/worst before/after increase/decrease increased/decreased rise/fall rose/fell north/south east/west
    northern/southern eastern/western male/female men/women majority/minority maximum/minimum early/late
    earlier/later earliest/latest begin/end began/ended start/stop started/stopped open/close opened/closed
    won/lost win/lose gained/lost more/fewer higher/lower larger/smaller accept/reject accepted/rejected
    support/oppose supported/opposed allowed/forbidden legal/illegal positive/negative strong/weak
    stronger/weaker internal/external public/private rural/urban ancient/modern created/destroyed
    built/demolished hot/cold wet/dry richest/poorest rich/poor upper/lower inside/outside born/buried
    entered/left arrived/departed attacked/defended successful/failed common/rare import/export husband/wife
    mother/father son/daughter brother/sister king/queen army/navy summer/winter primary/secondary
"""
_ANTONYMS = dict[str, str]()
for _pair in _PAIRS.split():
    _one, _other = _pair.split("/")
    _ANTONYMS.setdefault(_one, _other)
    _ANTONYMS.setdefault(_other, _one)
_ANTONYM = re.compile(r"\b(?:" + "|".join(_ANTONYMS) + r")\b", re.IGNORECASE)

_NEGATABLE = re.compile(
    r"\b(is|are|was|were|did|does|do|could|can|would|has|have|had)\b(?= (?:the|a|an|[A-Z]|used|made|considered|known))"
)
_CONTRACTED = {"can": "can't"}

Mentions = Mapping[str, Mapping[str, Sequence[str]]]


def mentions(examples: Iterable[Example]) -> Mentions:
    """Names, numbers and dates asked about in each article: title -> kind -> sorted mentions."""
    by_title: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for example in examples:
        for kind, match in _things(example.question):
            by_title[example.title][_fine(kind, example.question, match)].add(match.group())
    return {title: {kind: sorted(texts) for kind, texts in kinds.items()} for title, kinds in by_title.items()}


def near_miss(example: Example, known: Mentions, random: Random) -> Example | None:
    """The example with a changed question and no answer, or None where no rule applies safely.

    A question of yes or no has none: what contradicts it settles it.
    """
    if example.id.startswith("rule-yesno"):
        return None
    rules = [_swap, _swap, _swap, _antonym, _antonym, _antonym]
    random.shuffle(rules)
    if random.random() < 0.08:
        rules.insert(0, _negate)
    for rule in rules:
        question = rule(example, known, random)
        if question is not None:
            title, context, focus = example.title, example.context, example.focus
            return Example(f"{example.id}~near", question, context, (), False, title, "near", focus)
    return None


def _things(text: str) -> list[tuple[str, re.Match[str]]]:
    matches: list[tuple[str, re.Match[str]]] = []
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            if not any(m.start() < match.end() and match.start() < m.end() for _, m in matches):
                matches.append((kind, match))
    return matches


def _fine(kind: str, text: str, match: re.Match[str]) -> str:
    """Names are alike when the word before is ("in Paris" and "in Lyon", not "by Chopin")."""
    return f"name {text[: match.start()].rsplit(maxsplit=1)[-1].lower()}" if kind == "name" else kind


def _swap(example: Example, known: Mentions, random: Random) -> str | None:
    """A name, number or date exchanged for another of the article that the paragraph does not have."""
    question, context = example.question, f" {normalise(example.context)} "
    things = _things(question)
    random.shuffle(things)
    for kind, match in things:
        old = normalise(match.group())
        if f" {old} " not in context:
            continue
        others = known.get(example.title, {}).get(_fine(kind, question, match), ())
        fitting = [other for other in others if _foreign(normalise(other), old, context)]
        if fitting:
            return question[: match.start()] + random.choice(fitting) + question[match.end() :]
    return None


def _foreign(new: str, old: str, context: str) -> bool:
    """Whether no word of the new mention stands in the old one or (short words aside) in the paragraph."""
    words = set(new.split())
    return (
        bool(words)
        and not words & set(old.split())
        and not any(f" {word} " in context for word in words if len(word) > 3 or len(words) == 1)
    )


def _antonym(example: Example, known: Mentions, random: Random) -> str | None:
    """A word exchanged for its opposite, where the paragraph has the word and not the opposite."""
    context = f" {normalise(example.context)} "
    for match in _ANTONYM.finditer(example.question):
        word = match.group().lower()
        opposite = _ANTONYMS[word]
        if f" {word} " in context and f" {opposite} " not in context:
            return example.question[: match.start()] + opposite + example.question[match.end() :]
    return None


def _negate(example: Example, known: Mentions, random: Random) -> str | None:
    """The first auxiliary negated, unless the paragraph itself speaks of what is not."""
    if re.search(r"\b(?:not|no|never|without|except)\b|n't", f"{example.context} {example.question}"):
        return None
    match = _NEGATABLE.search(example.question)
    if match is None:
        return None
    negated = _CONTRACTED.get(match.group(), f"{match.group()}n't")
    return example.question[: match.start()] + negated + example.question[match.end() :]
