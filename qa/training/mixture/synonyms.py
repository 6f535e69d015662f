"""Questions in other words: some of a question's words replaced by WordNet's synonyms, in the same form.

What people ask shares few words with the text, where the questions of SQuAD repeat it; a reader that is shown synonyms
has to look for what is meant. Open English WordNet (Princeton's licence, and CC BY 4.0) is read as its project keeps
it: a folder of YAML files. Only what a word most often means is replaced.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import yaml

Synonyms = Mapping[str, list[str]]
"""For each form of a word the forms that may stand in its place."""
WORDNET, SYNONYMS = "wordnet", "synonyms.json.gz"
"""WordNet's folder beside the data, and what is made of it in a run's work."""

_SENSES = 2  # of a word, beginning with the commonest, whose synonyms are used
_MOST_SENSES = 9  # a word of more means too many things to be replaced without its sentence
_SHORTEST = 4  # letters of a word that is replaced
_SHARE = 0.7  # of the words that can be replaced are
_PLAIN = re.compile(r"[a-z]+(?: [a-z]+)?")
_NEVER_REPLACED = """
    what when where which who whom whose why how many much there have does been were will would could should about from
    with that this these those than then they them their some most more other first last year years name named called
    term word
"""
_KEPT = frozenset(_NEVER_REPLACED.split())


def reworded(question: str, synonyms: Synonyms, random: Random) -> str:
    """The question with most of its replaceable words replaced; names, numbers and function words stay."""
    return re.sub(r"[A-Za-z'-]+", lambda word: _replaced(word[0], synonyms, random), question)


def _replaced(word: str, synonyms: Synonyms, random: Random) -> str:
    known = synonyms.get(word)
    return random.choice(known) if known and random.random() < _SHARE else word


def read_wordnet(folder: Path) -> dict[str, list[str]]:
    """The synonyms of all plain words, by form. ``folder`` holds ``entries-*.yaml`` and the synsets' files."""
    members: dict[str, list[str]] = {}
    entries: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        read = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)  # a safe loader, written in C
        if path.name.startswith("entries-"):
            entries |= {word: kinds for word, kinds in read.items() if _PLAIN.fullmatch(word)}
        elif path.name.startswith(("adj.", "adv.", "noun.", "verb.")):
            members |= {name: synset["members"] for name, synset in read.items()}
    pairs: dict[str, list[str]] = defaultdict(list)
    seen: dict[str, set[str]] = defaultdict(set)
    for lemma, kinds in entries.items():
        for kind, entry in kinds.items():
            for form in _forms(lemma, kind, entry).values():
                seen[form].add(kind.replace("s", "a"))
            if " " not in lemma and lemma not in _KEPT and len(entry["sense"]) <= _MOST_SENSES:
                for other in _others(lemma, entry, members):
                    _pair(_forms(lemma, kind, entry), _forms(other, kind, entries.get(other, {}).get(kind, {})), pairs)
    # Of what can be noun and verb alike ("gain", "still") only the sentence tells which it is.
    sure = {form: others for form, others in pairs.items() if len(form) >= _SHORTEST and len(seen[form]) == 1}
    return {form: sorted(set(others)) for form, others in sorted(sure.items())}


def _others(lemma: str, entry: Mapping[str, Any], members: Mapping[str, list[str]]) -> Iterator[str]:
    for sense in entry["sense"][:_SENSES]:
        for word in members[sense["synset"]]:
            if word != lemma and _PLAIN.fullmatch(word) and len(word) > 2:
                yield word


def _pair(forms: Mapping[str, str], others: Mapping[str, str], pairs: dict[str, list[str]]) -> None:
    for name in forms.keys() & others.keys():
        if forms[name] != others[name] and forms[name] not in _KEPT:
            pairs[forms[name]].append(others[name])


def _forms(lemma: str, kind: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """The forms of a noun or verb by their names; where WordNet names irregular ones, these."""
    if kind == "n":
        irregular = entry.get("form", [])
        return {"base": lemma, "many": irregular[0] if irregular else _with_s(lemma)}
    if kind != "v":
        return {"base": lemma}
    verb, _, rest = lemma.partition(" ")
    irregular = [form for form in entry.get("form", []) if " " not in form]
    ing = next((form for form in irregular if form.endswith("ing")), _with_ing(verb))
    past = [form for form in irregular if not form.endswith("ing")]
    forms = {"base": verb, "third": _with_s(verb), "ing": ing}
    # The participle comes after the past where they differ (began, begun); both stand in questions about the past.
    forms |= {"past": past[0], "done": past[-1]} if past else {"past": _with_ed(verb), "done": _with_ed(verb)}
    return {name: f"{form} {rest}".strip() for name, form in forms.items()}


def _with_s(word: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh)$", word):
        return f"{word}es"
    return f"{word[:-1]}ies" if re.search(r"[^aeiou]y$", word) else f"{word}s"


def _with_ed(word: str) -> str:
    if word.endswith("e"):
        return f"{word}d"
    return f"{word[:-1]}ied" if re.search(r"[^aeiou]y$", word) else f"{_doubled(word)}ed"


def _with_ing(word: str) -> str:
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")):
        return f"{word[:-1]}ing"
    return f"{_doubled(word)}ing"


def _doubled(word: str) -> str:
    """With the last letter doubled, where a word of one syllable ends in one vowel and one consonant."""
    once = re.fullmatch(r"[^aeiou]*[aeiou][bdgklmnprt]", word)
    return f"{word}{word[-1]}" if once else word


def write_synonyms(synonyms: Synonyms, path: Path) -> None:
    """As ``prepare`` leaves them in a run's work."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(synonyms, file)


def read_synonyms(path: Path) -> dict[str, list[str]]:
    """What ``write_synonyms`` wrote; empty where there is no such file, and questions stay in their own words."""
    if not path.exists():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        read: dict[str, list[str]] = json.load(file)
        return read
