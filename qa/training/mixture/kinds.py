"""Questions of kinds that people ask and SQuAD hardly has, made by rule with exact spans.

Why and how (a clause answers), lists (the whole enumeration, without its marks), definitions, yes or no (settled by a
clause). Every answer stands in the text as it is; the question is made of the words around it. So these teach what to
answer *with*; what questions in other words look like is taught by the sets that people wrote.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from qa.training.data.examples import Example

_AUXILIARY = r"is|are|was|were|can|could|will|would|should|must|may|might|has|have|had"
_DETERMINER = re.compile(r"(?:The|A|An|This|These|Those|Our|Their|Your|All|Some|Many|Most|Each|Every|Both|Several)\b")
_NOT_SUBJECTS = """
    It He She They This That These Those There What Which Who I You We One Here However While Although Though Even In On
    At When Whenever Where If As Often And But Or Nor So Yet Nearby Below Above For With Without After Before Because By
    To From No Not Then Thus Also Since During Under Over Until Unlike Like Once Only Just Perhaps Instead Another Other
    Others Such Both Now Today Later Further Moreover Despite Through Throughout Between Among Of First Second Third
    Rather Whether How Why More According
"""
_NO_SUBJECT = re.compile(rf"(?:{'|'.join(_NOT_SUBJECTS.split())}|[A-Z][a-z]+ly)\b")
_WORDS = r"(?: [\w'’&-]+)"
_STOP = r"[.!](?=\s|$)"
_CLAIM = re.compile(
    rf"(?P<subject>[A-Z][\w'’-]*{_WORDS}{{0,7}}?) (?P<auxiliary>{_AUXILIARY}) (?P<rest>[^.,;:?!\n]+)"
    r"(?=[.,;:?!](?:\s|$)|$)"
)
_WHY = re.compile(
    r"(?P<claim>[A-Z][^.;:?!\n]{12,150}?),? (?P<link>because of|because|so that|in order to|due to)"
    rf" (?P<answer>[^.;?!\n]{{8,170}}){_STOP}"
)
_TO = re.compile(
    r"To (?P<goal>(?!do\b|date\b|be\b)[a-z]+ [^.,;:?!\n]{4,80}),"
    rf" (?P<answer>(?!however\b|for example\b|and\b|or\b|but\b)[^.;:?!\n]{{12,170}}){_STOP}"
)
_BY = re.compile(
    r"(?P<claim>[A-Z][^.;:?!\n]{12,120}?)"
    rf" (?P<answer>by (?!spring|king|evening|morning|string|being|nothing|anything)[a-z]+ing [^.;?!\n]{{8,140}}){_STOP}"
)
_ITEM = r"[\w$€£'’&/%-]+(?: [\w$€£'’&/%-]+){0,4}"
_ENUMERATION = rf"{_ITEM}(?:, {_ITEM})+,? (?:and|or) {_ITEM}"
_SUCH_AS = re.compile(
    rf"(?<= )(?P<what>(?!of |the |for |in |to |and |with |by |as |other |are |is )[a-z][a-z-]+(?: [a-z][a-z-]+)?s),?"
    rf" (?:such as|including) (?P<answer>{_ENUMERATION})(?=[.,;)](?:\s|$))"
)
_INCLUDE = re.compile(
    rf"(?P<subject>[A-Z][\w'’-]*{_WORDS}{{0,7}}?) (?P<verb>includes?|included|consists? of|consisted of|comprises?"
    rf"|contains?|are|were|offers?|provides?|requires?) (?P<answer>{_ENUMERATION})(?=[.;](?:\s|$))"
)
_IS_A = re.compile(
    rf"(?P<subject>[A-Z][\w'’&-]*{_WORDS}{{0,4}}?)(?: \([^)\n]{{1,80}}\))?,?"
    r" (?P<verb>is|are|was|were|refers to|means|is defined as) (?P<answer>(?:an?|the|any|one of)"
    rf" [^.;:?!\n]{{15,190}}){_STOP}"
)
_RELATIVE = re.compile(r"\b(?:that|which|who|whose)\b")
_UNNAMED = re.compile(r"\b(?:this|that|it|its|them|they|these|those|so)\b")
_OPEN_END = re.compile(rf"\b(?:{_AUXILIARY}|be|been)$")
_PERSON = re.compile(
    r"an? [\w, -]*\b(?:politician|act(?:or|ress)|singer|writer|author|poet|player|scientist|musician|king|queen"
    r"|physicist|composer|painter|director|soldier|general|president|engineer|philosopher|mathematician|wrestler|journalist)\b"
)
_LONGEST = 40
"""Words of an answer: more than a reader would give are no answer to learn from."""
_BASES = {
    **{f"{base}s": base for base in ("include", "comprise", "contain", "offer", "provide", "require")},
    "included": "include",
    "consists of": "consist of",
    "consisted of": "consist of",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A question and where its answer stands in the text; ``text`` is the text where it was laid out anew."""

    kind: str
    question: str
    start: int
    end: int
    text: str


def made_by_rule(texts: Iterable[tuple[str, str]], random: Random) -> list[Example]:
    """Questions on (title, text) pairs: at most one of each kind for a text."""
    examples = []
    for number, (title, text) in enumerate(texts):
        for rule, share in RULES.items():
            candidates = [candidate for candidate in rule(title, text, random) if _short(candidate)]
            if candidates and random.random() < share:
                chosen = random.choice(candidates)
                answer = (chosen.text[chosen.start : chosen.end], chosen.start)
                name = f"rule-{chosen.kind}-{number}"
                examples.append(
                    Example(name, chosen.question, chosen.text, (answer,), True, title, "rule", chosen.start)
                )
    return examples


def paragraphs(title: str, text: str, most: int = 900) -> Iterator[tuple[str, str]]:
    """A long text as (title, part) pairs: whole paragraphs, at most about so many characters together."""
    part = ""
    for paragraph in (p.strip() for p in text.split("\n\n")):
        if part and len(part) + len(paragraph) > most:
            yield title, part
            part = ""
        part = f"{part}\n\n{paragraph}" if part else paragraph
    if part:
        yield title, part


def why(title: str, text: str, random: Random) -> Iterator[Made]:
    """Because, so that, in order to, due to: the clause is the answer."""
    for match in _starting(_WHY, text):
        if (question := _asked("why", match["claim"], random)) is None:
            continue
        start = match.start("link") if match["link"] in ("in order to", "so that") else match.start("answer")
        yield Made("why", question, start, match.end("answer"), text)


def how(title: str, text: str, random: Random) -> Iterator[Made]:
    """To do this, do that; it is done by doing that."""
    for match in _starting(_TO, text):
        if _UNNAMED.search(match["goal"]):
            continue
        opening = random.choice(
            ("How do I", "How can I", "How do you", "How does one", "how to", "What should I do to")
        )
        yield Made("how", f"{opening} {match['goal']}?", match.start("answer"), match.end("answer"), text)
    for match in _starting(_BY, text):
        if question := _asked("how", match["claim"], random):
            yield Made("how", question, match.start("answer"), match.end("answer"), text)


def listed(title: str, text: str, random: Random) -> Iterator[Made]:
    """Enumerations, half of them laid out as a list, as documents have them."""
    for match in _SUCH_AS.finditer(text):
        opening = random.choice(("What are examples of", "Which", "Name some", "What are the", "list of"))
        tail = " are named?" if opening == "Which" else "?"
        yield Made("list", f"{opening} {match['what']}{tail}", match.start("answer"), match.end("answer"), text)
    for match in _starting(_INCLUDE, text):
        subject, verb = _lowered(match["subject"]), match["verb"]
        if _NO_SUBJECT.match(match["subject"]):
            continue
        if verb in ("are", "were"):
            question = f"What {verb} {subject}?"
        else:
            does = "did" if verb in ("included", "consisted of") else "does" if verb in _BASES else "do"
            question = f"What {does} {subject} {_BASES.get(verb, verb)}?"
        if random.random() < 0.5:
            yield Made("list", question, match.start("answer"), match.end("answer"), text)
        else:
            yield _laid_out(question, text, match, random)


def _laid_out(question: str, text: str, match: re.Match[str], random: Random) -> Made:
    """The enumeration as items on lines of their own."""
    items = [item for item in re.split(r", (?:and |or )?| and | or ", match["answer"]) if item]
    mark = random.choice(("- ", "* ", "• ", "1. "))
    numbered = [f"{n}. {item}" if mark == "1. " else f"{mark}{item}" for n, item in enumerate(items, start=1)]
    before = f"{text[: match.start('answer')].rstrip()}:\n\n"
    block = "\n".join(numbered)
    after = text[match.end("answer") :].lstrip(".; ")
    start = len(before) + len(numbered[0]) - len(items[0])
    return Made("list", question, start, len(before) + len(block), f"{before}{block}\n\n{after}".rstrip())


def defined(title: str, text: str, random: Random) -> Iterator[Made]:
    """X is a Y: the whole predicate, or its first part where it is long."""
    for match in _starting(_IS_A, text):
        subject = match["subject"]
        if _NO_SUBJECT.match(subject) or _RELATIVE.search(subject) or re.search(rf"\b(?:{_AUXILIARY})\b", subject):
            continue
        end = match.end("answer")
        if len(match["answer"].split()) > 14 and (comma := text.find(", ", match.start("answer") + 25, end)) > 0:
            end = comma
        name = _lowered(subject)
        asked = "Who" if _PERSON.match(match["answer"]) and match["verb"] in ("is", "was") else "What"
        verb = match["verb"] if match["verb"] in ("is", "are", "was", "were") else "is"
        question = random.choice(
            (
                f"{asked} {verb} {name}?",
                f"{asked} {verb} {name}?",
                f"What does {name} mean?",
                f"define {name}",
                f"{name} meaning",
            )
            if asked == "What"
            else (f"Who {verb} {name}?",)
        )
        yield Made("definition", question, match.start("answer"), end, text)


def settled(title: str, text: str, random: Random) -> Iterator[Made]:
    """Yes or no: the clause that settles it."""
    for claim in _starting(_CLAIM, text):
        rest = claim["rest"].rstrip()
        unclear = _NO_SUBJECT.match(claim["subject"]) or _RELATIVE.search(claim["subject"]) or " and " in rest
        if unclear or not 15 < len(rest) < 120:
            continue
        positive = rest.removeprefix("not ")
        question = f"{claim['auxiliary'].capitalize()} {_lowered(claim['subject'])} {positive}?"
        start = random.choice((claim.start("subject"), claim.start("auxiliary")))
        yield Made("yesno", question, start, claim.start("rest") + len(rest), text)


Rule = Callable[[str, str, Random], Iterator[Made]]
RULES: Mapping[Rule, float] = {why: 1.0, how: 1.0, listed: 1.0, defined: 0.35, settled: 0.15}
"""Each with the share of its questions that are kept: texts hold more definitions and statements than reasons."""


def _short(candidate: Made) -> bool:
    return len(candidate.text[candidate.start : candidate.end].split()) <= _LONGEST


def _starting(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Where a sentence of the text begins with the pattern."""
    return (match for start in _starts(text) if (match := pattern.match(text, start)))


def _starts(text: str) -> list[int]:
    return [0, *(gap.end() for gap in re.finditer(r"(?<=[a-z)\d][.!?])[\"”’]?\s+(?=[A-Z])|\n+", text))]


def _asked(word: str, claim: str, random: Random) -> str | None:
    """The claim as a question after why or how; None where it speaks of something that is not named."""
    parts = _CLAIM.fullmatch(claim.strip(" ,"))
    if _NO_SUBJECT.match(claim) or ", and " in claim or _OPEN_END.search(claim.rstrip(" ,")):
        return None
    if parts is not None:
        return f"{word.capitalize()} {parts['auxiliary']} {_lowered(parts['subject'])} {parts['rest'].strip(' ,')}?"
    if not _DETERMINER.match(claim):
        return None
    openings = {
        "why": ("Why is it that", "What is the reason that", "For what reason is it said that"),
        "how": ("How is it that", "In what way is it that", "By what means is it that"),
    }
    return f"{random.choice(openings[word])} {_lowered(claim.strip(' ,'))}?"


def _lowered(text: str) -> str:
    """The text as it stands within a sentence."""
    return text[0].lower() + text[1:] if _DETERMINER.match(text) else text
