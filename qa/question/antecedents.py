"""Words that point back ("he", "its", "that letter", "the company") and what they point to."""

import re
from collections.abc import Sequence
from itertools import islice

from qa.question.ellipsis import bare
from qa.question.names import AUXILIARY, DATES, FUNCTION_WORD, is_person, names_in
from qa.question.turns import StandaloneTurn

_PERSON = re.compile(r"\b(?:he|him|his|she|her|hers|himself|herself)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|itself|they|them|their|theirs|this|that|these|those)\b", re.IGNORECASE)
_DEMONSTRATIVE = frozenset({"this", "that"})
_POINTERS = 12
"""How many words of a question are tried: one that leans on what was said before points to it early."""
_SUBJECTS = frozenset({"it", "he", "she", "they"})
_LONGEST_PHRASE = 20
_PLURALS = frozenset({"they", "them", "their", "theirs", "these", "those"})
_MEASURE = re.compile(
    rf"\d|{DATES.pattern}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|half|twice"
    r"|years?|months?|weeks?|days?|hours?|minutes?|today|yesterday|tomorrow|percent|per cent|evening|morning|night"
    r"|January|February|March|April|June|July|August|September|October|November|December)\b",
    re.IGNORECASE,
)
_NO_THING = re.compile(
    rf"^(?:in|on|at|by|for|from|with|to|until|since|because|as|after|before|if|when|while|about|over|under|so|not|no)\b"
    rf"|\b{AUXILIARY}\b",
    re.IGNORECASE,
)
_POSSESSIVE = frozenset({"his", "its", "their", "her"})
_JUDGED = (
    "legal|illegal|lawful|possible|impossible|hard|easy|difficult|important|necessary|common|normal|safe|dangerous|risky"
    "|likely|unlikely|better|best|wise|fair|true|clear|allowed|required|expensive|cheap|useful|mandatory|essential"
)
# "Is it up to each lab whether ...", "What is it that ...", "it seems": stands for what follows.
_EMPTY_IT = re.compile(
    r"\bit (?:\w+ )?(?:that|who)\b|^(?:(?:and|but|so) )?(?:is|was|isn't|wasn't) it\b.*\b(?:that|whether|to|if|true)\b"
    r"|\bit (?:seems?|appears?|takes?)\b"
    rf"|\bit (?:be |been |so |too )*(?:like|{_JUDGED}) (?:to|for|that|if|whether)\b"
    rf"|\b(?:{_JUDGED}) (?:is|was|will|would) it (?:be )?(?:to|for|that)\b"
    r"|\bit (?:costs?|means?|helps?|hurts?|pays?) (?:to|if|for \w+ to)\b|\bit matters? (?:if|whether|that|who|how)\b",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"[,;:]|\b(?:that|when|if|because|who|which|while|since|after|before|although|and|but|whether|what|so|as|unless)\b",
    re.IGNORECASE,
)
_ROLE = (
    "company|firm|lab|developer|startup|organisation|organization|agency|newspaper|outlet|spokesman|spokeswoman"
    "|spokesperson|man|woman|person|executive|team|unit"
)
_NOUN_PHRASE = re.compile(
    rf"\b(?:(?:this|that|these|those) (?P<noun>[a-z][a-z-]+)|the (?P<role>{_ROLE}))\b"
    r"(?! (?:who|that|which|of|in|behind)\b)"
)
# "What is the unit price?", "What does the company handbook say?": the role belongs to another noun, and names nobody.
_BEFORE_COMPOUND = re.compile(r"\b(?:what (?:is|are|was|were)|for|of|in|on|from|by|under|with)\s*$", re.IGNORECASE)
_AFTER_COMPOUND = re.compile(
    rf"\s+(?!{AUXILIARY}\b|(?:now|today|then|yet|too|there|here|worth|like)\b|\w+(?:ed|ing)\b)[a-z]+"
)
_COMPOUND_SUBJECT = re.compile(r"\s+[a-z]+ (?:says?|cover|allow|mean|contain|require|define|state|apply)\b")
_NO_NOUN = re.compile(
    rf"(?:{AUXILIARY}|no|any|every|some|not|who|which|that|to|the|a|an|of|in|on|for|with|from|by|as|at|and|or|if|mean|means|happen|happens"
    r"|happened|work|works|change|affect|worry|matter|apply|say|said|about|so|really|all|actually|even|still|ever|also)"
)


def with_antecedents(question: str, said: Sequence[StandaloneTurn], names: frozenset[str]) -> str:
    """The question with its first word that points back replaced; unchanged where none does."""
    for pattern, antecedent in ((_PERSON, _person), (_THING, _thing)):
        called: dict[bool, str | None] = {}  # of "this" or "that", and of all other words
        for match in islice(pattern.finditer(question), _POINTERS):
            demonstrative = match[0].lower() in _DEMONSTRATIVE
            if demonstrative not in called:
                called[demonstrative] = antecedent(said, names, match[0].lower())
            if (name := called[demonstrative]) and _points_back(question, match, names):
                possessive = _is_possessive(question, match)
                given = f"{name}'{'' if name.endswith('s') else 's'}" if possessive else name
                return f"{question[: match.start()]}{given}{question[match.end() :]}"
    if (phrase := _noun_phrase(question, names)) and (fuller := _fuller(phrase, said, names)):
        return f"{question[: phrase.start()]}{fuller}{question[phrase.end() :]}"
    return question


def points_back(question: str, names: frozenset[str]) -> bool:
    """Whether some word of the question stands for what was said before."""
    matches = (match for pattern in (_PERSON, _THING) for match in islice(pattern.finditer(question), _POINTERS))
    phrase = _noun_phrase(question, names)
    return any(_points_back(question, match, names) for match in matches) or bool(phrase and phrase["noun"])


def _noun_phrase(question: str, names: frozenset[str]) -> re.Match[str] | None:
    """Find "that letter", or "the company" in a question that names nobody."""
    match = _NOUN_PHRASE.search(question)
    if match is None or (match["noun"] and _NO_NOUN.fullmatch(match["noun"])):
        return None
    before = question[: match.start()]
    after = question[match.end() :]
    compound = _BEFORE_COMPOUND.search(before) and _AFTER_COMPOUND.match(after)
    if match["role"] and (compound or _COMPOUND_SUBJECT.match(after)):
        return None
    if match["noun"] and match[0].startswith("that ") and re.search(r"[^s]s$", match["noun"]):
        return None  # "require that labs share": no plural follows the word that points
    if match["noun"] and re.search(
        r"\b(?:said|says?|know|think|claim\w*|is it|was it|so|lab|labs|those|all)\s*$", before
    ):
        return None  # "says that officials ...": a clause, not a phrase
    if match["role"] and names_in(before, names):
        return None
    return match


def _fuller(phrase: re.Match[str], said: Sequence[StandaloneTurn], names: frozenset[str]) -> str | None:
    """What "that letter" or "the company" was called, told by the turns before."""
    noun = phrase["noun"] or phrase["role"]
    people = noun.endswith(("man", "woman", "person")) or noun == "executive"
    for turn in reversed(said):
        if phrase["role"]:
            if found := (_person if people else _thing)([turn], names, "the"):
                return found
            continue
        stem = noun.rstrip("s")
        asked = bare(turn.question)
        if stem in asked.lower() or stem in turn.answer.lower():
            named = re.search(
                rf"\b(?:the|an?|this|these) ((?:[\w-]+ ){{0,3}}?{stem}\w*(?: of(?: the)?(?: [\w-]+){{1,2}})?)", asked
            )
            if named:
                return f"the {named[1]}"
            known = [asked[start:end] for start, end in names_in(asked, names)] + DATES.findall(asked)
            return f"the {noun} ({', '.join(known)})" if known else None
    return None


def _points_back(question: str, match: re.Match[str], names: frozenset[str]) -> bool:
    """Whether a pronoun finds nothing in its own question that it could stand for."""
    word = match[0].lower()
    before, after = question[: match.start()], question[match.end() :]
    if _is_no_pronoun(question, match):
        return False
    nouns = [w for w in re.findall(r"[\w'-]+", before) if not FUNCTION_WORD.fullmatch(w)]
    if not nouns:
        return True
    if _is_possessive(question, match):
        return not names_in(before, names) and len(nouns) < 2
    if word in _SUBJECTS and not FUNCTION_WORD.fullmatch(before.split()[-1]) and re.match(r"\s+\w", after):
        return False  # "the models it covers"
    # Within one clause a pronoun does not stand for the subject ("which model came out of it").
    content = before[before.lower().find(nouns[0].lower()) :]
    return _BOUNDARY.search(content) is None


def _is_no_pronoun(question: str, match: re.Match[str]) -> bool:
    """Whether it stands for nothing before: an empty "it", the department, "that labs", or what is named after it."""
    word = match[0].lower()
    before, after = question[: match.start()], question[match.end() :]
    return (
        (word == "it" and _EMPTY_IT.search(question) is not None)
        or (match[0] == "IT" and not question.isupper())
        or (word in {"this", "that", "these", "those"} and not _is_alone(word, before, after))
        # "Who published their weights?"
        or (word == "their" and re.match(rf"who (?!{AUXILIARY}\b)\w+ $", before, re.IGNORECASE) is not None)
        # "In its letter, what did Anthropic say?"
        or (
            _is_possessive(question, match)
            and re.search(rf", .*\b{AUXILIARY} [A-Z]", after) is not None
            and not question.istitle()
        )
    )


def _is_alone(word: str, before: str, after: str) -> bool:
    """Whether "that" is a pronoun: nothing follows that it could belong to, and no clause hangs on it."""
    if word == "that" and re.search(r"\w\s*$", before) and not re.search(rf"\b{AUXILIARY}\s*$", before, re.IGNORECASE):
        return (
            not after.strip(" ?!.")
            and re.search(r"\b(?:of|about|for|by|from|with|to|after|before)\s*$", before) is not None
        )
    following = re.match(r"\s*([\w'-]+)", after)
    if following and following[1].lower() in {"who", "that", "which", "whose"}:
        return False  # "those who refuse"
    return following is None or _NO_NOUN.fullmatch(following[1].lower()) is not None


def _is_possessive(question: str, match: re.Match[str]) -> bool:
    word = match[0].lower()
    if word not in _POSSESSIVE:
        return False
    return word != "her" or re.match(r"\s+[a-z]", question[match.end() :]) is not None


def _person(said: Sequence[StandaloneTurn], names: frozenset[str], word: str) -> str | None:
    """The person last spoken of: answered, then asked about."""
    for turn in reversed(said):
        for text in (turn.answer, turn.question):
            called = [text[start:end] for start, end in names_in(text, names)]
            people = [name for name in called if _may_be_person(name, turn)]
            if people:
                return people[-1]
    return None


def _thing(said: Sequence[StandaloneTurn], names: frozenset[str], word: str) -> str | None:
    """What was last answered, or else asked about, that is no person, date, number or clause.

    Of a turn that was abstained from, only what the corpus knows: nothing was said there.
    """
    for turn in reversed(said):
        if word in _DEMONSTRATIVE and turn.answer and len(turn.answer.split()) <= _LONGEST_PHRASE:
            return turn.answer
        found = names_in(turn.answer, names)
        answered = [] if _is_measure(_without(turn.answer, found)) else [turn.answer[s:e] for s, e in found]
        asked = [turn.question[s:e] for s, e in names_in(turn.question, names)]
        known = asked if turn.answer else [name for name in asked if name.lower() in names]
        things = [name for name in (*answered[-1:], *reversed(known)) if not _may_be_person(name, turn)]
        if things:
            return things[0]
        if _is_noun_phrase(turn.answer) and (word not in _PLURALS or _is_plural(turn.answer)):
            return turn.answer
    return None


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without its names: "GPT-4" is no number, "March Networks" no month."""
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def _is_measure(answer: str) -> bool:
    """Whether it says when or how much: no "it" stands for that."""
    return _MEASURE.search(answer) is not None


def _is_noun_phrase(answer: str) -> bool:
    """Whether it may name a thing: short, no clause, no phrase of place, time or cause, no person of one word."""
    words = answer.split()
    short = 0 < len(words) <= 6 and not _is_measure(answer)
    return short and not _NO_THING.search(answer) and not (len(words) == 1 and answer[:1].isupper())


def _is_plural(answer: str) -> bool:
    return re.search(r"\band\b|[^su\W]s$|ies$", answer, re.IGNORECASE) is not None


def _may_be_person(name: str, turn: StandaloneTurn) -> bool:
    """By its form, and by how it was asked for: "What is Muse Spark?" asks for no person."""
    defined = re.match(r"what(?:'s| is| are| was| were)\b", turn.question, re.IGNORECASE)
    return is_person(name) and not (defined and bare(turn.question).endswith(name))
