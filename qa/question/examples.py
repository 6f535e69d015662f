"""Questions to begin with, for any corpus."""

from collections.abc import Callable, Iterable
from itertools import chain, islice, zip_longest

from corpus import Document
from qa.question.intent import intent_of

_BUILT_IN = {
    "sha256:ce8bbc0246a80bad422ef1558243a41f2fb6ba0d95e64e1974747ff46719731c": (
        "Who is Meta's spokesperson?",
        "When did Trump sign the executive order?",
        "How much did Meta pay for its stake in Scale AI?",
        "Why did the Pentagon call Anthropic a supply chain risk?",
    )
}
_ALWAYS = "What is this about?"  # answered with the documents' opening sentences
_TRIED = 8  # each takes as long as a question does, and the first reader waits for them
_LONGEST = 80  # characters of a heading that makes a question


def example_questions(documents: Iterable[Document], is_answered: Callable[[str], bool], limit: int = 4) -> list[str]:
    """Written ones for the built-in article, for others what their headings suggest; only those that are answered.

    Where these are fewer than ``limit``, the last one asks what the documents are about.
    """
    return list(islice(filter(is_answered, [*_suggested(documents)[:_TRIED], _ALWAYS]), limit))


def _suggested(documents: Iterable[Document]) -> list[str]:
    """The first question of each document, then the second of each, and so on."""
    each = [_suggestions(document) for document in islice(documents, _TRIED)]
    mixed = dict.fromkeys(question for question in chain(*zip_longest(*each)) if question)
    return [question for question in mixed if not intent_of(question)]


def _suggestions(document: Document) -> Iterable[str]:
    if written := _BUILT_IN.get(document.source_digest):
        return written
    headings = [s.heading for s in document.sections if s.heading != document.title] or [document.title]
    return [_asked(heading.strip().rstrip(".:")) for heading in headings if len(heading) <= _LONGEST]


def _asked(heading: str) -> str:
    return heading if heading.endswith("?") else f"What is said about “{heading}”?"
