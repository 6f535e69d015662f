"""What is said to whoever asks nothing of the corpus: greetings, help with questions to try, and summaries."""

from collections.abc import Sequence
from itertools import islice
from threading import Lock
from typing import Protocol

from corpus import Document, sentences
from index import Index
from qa.cite import cite
from qa.question.examples import example_questions
from qa.question.intent import Intent
from qa.types import Answer, Candidate

NOTHING_TO_SEARCH = "There is nothing to search: the chosen documents hold no passage."
_SUMMARISED = 3
_MESSAGES: dict[Intent, str] = {
    "greeting": "Hello! I answer questions with the words of the documents, and show where they stand.",
    "thanks": "You are welcome. Ask on whenever you like.",
    "help": "I answer with the documents' own words and cite where they stand; when they do not say, I tell you.",
}


class Ask(Protocol):
    """How a question is answered."""

    def __call__(self, question: str, *, doc_ids: Sequence[str] | None = None) -> Answer:
        """As ``Answerer.ask``."""


class Replies:
    """Replies of an open index. Safe to use from several threads."""

    def __init__(self, index: Index) -> None:
        """What is replied tells what can be asked of this index."""
        self._index = index
        self._choosing = Lock()
        self._chosen: list[str] | None = None

    def to(self, question: str, intent: Intent, doc_ids: Sequence[str] | None, ask: Ask) -> Answer:
        """The reply to small talk of that intent. Raises UnknownDocument, and what ``ask`` raises."""
        if intent == "summary":
            return self._summary(question, self._documents(doc_ids))
        message = _MESSAGES[intent]
        if intent != "thanks" and (examples := self.examples(ask) if doc_ids is None else self._examples(ask, doc_ids)):
            message += " Try: " + " ".join(f"“{example}”" for example in examples)
        return Answer(question, question, reason=intent, message=message)

    def examples(self, ask: Ask) -> list[str]:
        """Questions to begin with, each of which ``ask`` answers; the first call asks them."""
        with self._choosing:
            if self._chosen is None:
                self._chosen = self._examples(ask, None)
            return self._chosen

    def _examples(self, ask: Ask, doc_ids: Sequence[str] | None) -> list[str]:
        return example_questions(
            self._documents(doc_ids), lambda question: not ask(question, doc_ids=doc_ids).abstained
        )

    def _documents(self, doc_ids: Sequence[str] | None) -> list[Document]:
        return [self._index.document(doc_id) for doc_id in (self._index.documents if doc_ids is None else doc_ids)]

    def _summary(self, question: str, documents: list[Document]) -> Answer:
        """The documents' own opening sentences: nobody says better in their words what they are about."""
        leads = ((lead, document) for document in documents if (lead := self._lead(document)))
        citations = tuple(cite(lead, document) for lead, document in islice(leads, _SUMMARISED))
        if not citations:
            return Answer(question, question, reason="no_passages", message=NOTHING_TO_SEARCH)
        return Answer(question, question, citations[0].quote, citations=citations)

    def _lead(self, document: Document) -> Candidate | None:
        """The first two sentences of a document's first passage that holds more than headings."""
        for passage in (p for p in self._index.passages if p.doc_id == document.doc_id):
            headings = (document.title, passage.section)
            found = (s for s in sentences(passage.text) if passage.text[s.start : s.end].lstrip("# ") not in headings)
            if spans := list(islice(found, 2)):
                return Candidate(passage, passage.start + spans[0].start, passage.start + spans[-1].end, 0.0, 0.0)
        return None
