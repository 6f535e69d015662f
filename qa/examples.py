"""Questions to begin with, for any corpus."""

from collections.abc import Iterable

from corpus import Document

_BUILT_IN = {
    "sha256:ce8bbc0246a80bad422ef1558243a41f2fb6ba0d95e64e1974747ff46719731c": (
        "Who is Meta's spokesperson?",
        "When did Trump sign the executive order?",
        "How much did Meta pay for its stake in Scale AI?",
        "Why did the Pentagon call Anthropic a supply chain risk?",
    )
}


def example_questions(documents: Iterable[Document], limit: int = 4) -> list[str]:
    """Written ones for the built-in article; for other documents, one that each section's heading suggests."""
    found: list[str] = []
    for document in documents:
        headings = [s.heading for s in document.sections if s.heading != document.title] or [document.title]
        found += _BUILT_IN.get(document.source_digest) or [
            f"What is said about “{h.rstrip('.:')}”?" for h in headings[:2]
        ]
        if len(found) >= limit:
            break
    return found[:limit]
