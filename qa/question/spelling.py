"""A likely misspelling of a corpus word in a question, and the question as it was probably meant.

A word is doubted only if the corpus does not hold it in any form, if it is no common English word, and if a corpus
word lies within a slip or two of it. Nothing is changed silently: what was searched for is shown, and a name, which may
well be another's, is only offered.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from rapidfuzz.distance import OSA

from corpus import Document
from index.lexical import terms

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4  # of three letters, nearly everything is one slip from something else
_LONG = 8  # words from this length on may be two slips away
_ENDINGS = ("y", "s", "d", "r")
_MOST_DOUBTED = 12  # more unknown words than these are no slips: another language, a list of names, noise


def doubtful(question: str, is_known: Callable[[str], bool]) -> set[str]:
    """The words of a question that may be misspelled; ``is_known`` is asked of words in lower case."""
    words = set(_WORD.findall(question))
    return {word for word in words if len(word.casefold()) >= _SHORTEST and not is_known(word.casefold())}


def _is_form(typed: str, near: str) -> bool:
    """Whether they differ in their ending alone, as two words of one root do: "burglars" is no slip of "burglary"."""
    if not near.endswith(_ENDINGS):
        return False
    return typed == near[:-1] or (typed[:-1] == near[:-1] and typed.endswith(_ENDINGS))


class Speller:
    """The words of a corpus. Immutable after it is made."""

    def __init__(self, documents: Iterable[Document], is_common: Callable[[str], bool]) -> None:
        """``is_common`` tells, of a word in lower case, whether it is common English."""
        self._is_common = is_common
        counts = Counter(word for document in documents for word in _WORD.findall(document.text))
        self._stems = {stem for word in counts for stem in terms(word)}
        self._near: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
        self._times: Counter[str] = Counter()
        for word, times in counts.most_common():
            folded = word.casefold()
            self._times[folded] += times
            if len(folded) >= _SHORTEST and terms(folded):  # a stop word is not searched for, so not offered either
                # The commonest way to write it; the first letter is seldom the wrong one.
                self._near[folded[0], len(folded)].setdefault(folded, word)

    def correct(self, question: str, *, names: bool = True) -> str | None:
        """The question with each misspelled word replaced by the corpus word it is nearest to; None if none is.

        Without ``names``, a word with a capital stays as it was typed, unless it comes first.
        """
        doubted = doubtful(question, self._is_known)
        if not names:
            first = _WORD.search(question)
            doubted = {word for word in doubted if word == word.lower() or (first and word == first[0])}
        if not doubted or len(doubted) > _MOST_DOUBTED:
            return None
        meant = {word: self._nearest(word) or word for word in doubted}
        corrected = _WORD.sub(lambda found: meant.get(found[0], found[0]), question)
        return corrected if corrected != question else None

    def _nearest(self, typed: str) -> str | None:
        word = typed.casefold()
        slips = 2 if len(word) >= _LONG else 1
        found = [
            (apart, -self._times[near], near, written)
            for length in range(len(word) - slips, len(word) + slips + 1)
            for near, written in self._near.get((word[0], length), {}).items()
            # Letters missing, added, wrong or swapped with the next (optimal string alignment; Boytsov 2011).
            if (apart := OSA.distance(word, near, score_cutoff=slips)) <= slips and not _is_form(word, near)
        ]
        return min(found)[3] if found else None

    def _is_known(self, word: str) -> bool:
        return word in self._times or any(stem in self._stems for stem in terms(word)) or self._is_common(word)
