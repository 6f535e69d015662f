"""Rendered markup taken apart, and answers to render."""

from dataclasses import replace

from lxml import html

from corpus import Document, Passage
from qa.cite import cite
from qa.types import Answer, Candidate
from ui.chat import source
from ui.chat.answers import place_of


def parsed(markup: str) -> html.HtmlElement:
    return html.fragment_fromstring(markup, create_parent="div")


def texts(markup: str, path: str) -> list[str]:
    return [found.text_content() for found in parsed(markup).xpath(path)]


def answer_to(question: str, *spans: tuple[Document, str], **changes: object) -> Answer:
    """An answer that cites the last occurrence of each span's words."""
    citations = []
    for found, words in spans:
        start = found.text.rindex(words)
        whole = Passage(found.doc_id, 0, len(found.text), found.text, None)
        citations.append(cite(Candidate(whole, start, start + len(words), 1.0, 0.0), found))
    text = spans[0][1] if spans else None
    answer = Answer(question, question, text, citations=tuple(citations))
    return replace(answer, **changes)


def panel(found: Document, words: str) -> str:
    citation = answer_to("?", (found, words)).citations[0]
    return source.source_panel(found, place_of(citation))
