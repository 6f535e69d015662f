"""What a question may mean: as it was typed, spelt right, put in full. Each is searched and read; the best is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from index import Index
from index.lexical import terms
from qa.question.antecedents import points_back
from qa.question.followup import standalone_question
from qa.question.names import names_in, proper_names
from qa.question.spelling import Speller, doubtful
from qa.types import Turn

_LEANING = 2
"""Amid a conversation, a question with fewer words of its own than this and without a name asks of what was said."""
_QUESTIONS = 2
"""How many questions before are searched for beside one that leans on them."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is searched for, and what the reader is asked of the passages that are found."""

    searched: str
    read: str


class Forms:
    """Tells what may be meant, by the names and words of an index; they are gathered when they are first needed."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def of(self, question: str, history: Sequence[Turn]) -> list[Form]:
        """The likeliest first; a question that stands alone and is spelt as the corpus spells has one form, itself.

        A question that leans on the turns before (oldest first) is completed by rule. Since a rule may take the wrong
        word for the right one, it is also read as it was typed, among the passages of what was asked before.
        """
        completed = standalone_question(question, history, self._names) if history else question
        corrected = self._corrected(completed, names=False)
        forms = [Form(text, text) for text in (corrected, completed) if text]
        if history and (completed != question or self._leans(question)):
            before = [turn.question.strip() for turn in history[-_QUESTIONS:]]
            forms.append(Form(" ".join([question, *before]), question))
        return forms

    def meant(self, question: str) -> str | None:
        """The question without its likely misspellings, those of names too; None where it has none."""
        return self._corrected(question, names=True)

    def _leans(self, question: str) -> bool:
        few = len(set(terms(question))) < _LEANING and not names_in(question, self._names)
        return few or points_back(question, self._names)

    def _corrected(self, question: str, *, names: bool) -> str | None:
        if not doubtful(question, lambda word: self._index.holds(word) or self._is_common(word)):
            return None
        return self._speller.correct(question, names=names)

    @cached_property
    def _names(self) -> frozenset[str]:
        return proper_names(self._index.documents.values())

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self._index.documents.values(), self._is_common)

    def _is_common(self, word: str) -> bool:
        """What the encoder knows as one piece is common English."""
        return self._index.encoder.count_tokens(word) == 1
