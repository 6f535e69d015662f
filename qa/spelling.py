"""A likely misspelling of a corpus word in a question, and the question as it was probably meant.

A word is doubted only if the corpus does not hold it in any form, if it is no common English word, and if a corpus
word lies within a slip or two of it. Nothing is ever changed silently: the corrected question is offered.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from corpus import Document
from index.lexical import terms

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4  # of three letters, nearly everything is one slip from something else
_LONG = 8  # words from this length on may be two slips away


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

    def correct(self, question: str) -> str | None:
        """The question with each misspelled word replaced by the corpus word it is nearest to; None if none is."""
        corrected = _WORD.sub(lambda found: self._nearest(found[0]) or found[0], question)
        return corrected if corrected != question else None

    def _nearest(self, typed: str) -> str | None:
        word = typed.casefold()
        if len(word) < _SHORTEST or self._is_known(word):
            return None
        slips = 2 if len(word) >= _LONG else 1
        found = [
            (apart, -self._times[near], near, written)
            for length in range(len(word) - slips, len(word) + slips + 1)
            for near, written in self._near.get((word[0], length), {}).items()
            if (apart := distance(word, near, slips)) <= slips
        ]
        return min(found)[3] if found else None

    def _is_known(self, word: str) -> bool:
        return word in self._times or any(stem in self._stems for stem in terms(word)) or self._is_common(word)


def distance(one: str, other: str, most: int) -> int:
    """How many letters are missing, added, wrong or swapped with the next (optimal string alignment; Boytsov 2011).

    Anything beyond ``most`` is ``most + 1``.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most and (not before or min(last) > most):
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
