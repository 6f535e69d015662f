"""What the browser tests share: an answerer that knows its answers, documents, and what a reader does on a page."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from corpus import Document, Passage, Section
from index import Hit, Index
from qa import Answerer
from qa.types import Answer, Candidate, Turn
from tests.fakes import FixedReader, document

Open = Callable[..., Page]
"""Opens a page; see the fixture ``open_page``."""

PATIENCE = 60_000
"""Milliseconds: a machine that is busy with other work must not fail these tests."""
expect.set_options(timeout=PATIENCE)

SPOKESPERSON = "Who is Meta's spokesperson?"
ORDER = "When did Trump sign the executive order?"
UNANSWERABLE = "How do I bake sourdough bread?"
BROKEN = "What breaks?"
UNSURE = "Where is the ring?"
WRITER = "Who wrote the charter?"
CAT = "What is the cat called?"
READ_KEY, WRITE_KEY = "read-0123456789abcdef", "write-0123456789abcdef"
_ANSWERS = {
    SPOKESPERSON: "Francis Brennan",
    ORDER: "June 2",
    "What did the minister say?": "<img src=x onerror=alert(3)>",
    WRITER: "Ada Byron",
    CAT: "Tom",
}
_POEM = "A small poem\n\nRoses are red,\nviolets are blue,\nthe reader found\nwhat was true."
_BAD = "<b>bold</b> ${alert(7)} {{7*7}} `x`"


_GUESSES = {UNSURE: {"the tower": 0.5, "a drawer": -0.2, "the river": -1.0, "the well": -9.0}}


class FingerReader:
    """Points at the words that it was told for a question, in whichever passage holds them."""

    name, depth = "finger", 0

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        if guesses := _GUESSES.get(question):
            return FixedReader(guesses).read(question, passages)
        words = _ANSWERS.get(question)
        found = [(p, p.text.find(words) if words else -1) for p in passages]
        return [
            [Candidate(p, p.start + at, p.start + at + len(words), 9.0, 0.0) if at >= 0 and words
            else Candidate(p, p.start, p.end, 0.0, 9.0)]
            for p, at in found
        ]  # fmt: skip


class ListeningAnswerer(Answerer):
    """Remembers each question's history, fails at one question as a bug would, and can be held up."""

    def __init__(self, index: Index) -> None:
        super().__init__(index, reader=FingerReader())
        self.histories: dict[str, list[Turn]] = {}
        self.may_answer = threading.Event()
        self.may_answer.set()

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        top_k: int = 8,
        doc_ids: Sequence[str] | None = None,
        min_confidence: float | None = None,
        on_hits: Callable[[list[Hit]], None] | None = None,
    ) -> Answer:
        self.histories[question] = list(history)
        self.may_answer.wait(PATIENCE / 1000)
        if question == BROKEN:
            raise RuntimeError("as planned")
        return super().ask(
            question,
            history=history,
            top_k=top_k,
            doc_ids=doc_ids,
            min_confidence=min_confidence,
            on_hits=on_hits,
        )


@dataclass
class Site:
    """A running server and what it answers from."""

    url: str
    answerer: Answerer
    feedback: Path


def hostile_document() -> Document:
    """Text, title, section and id that would run as script wherever one of them is not escaped."""
    title = "Minutes <script>alert(1)</script> ${alert(2)} {{7*7}}"
    body = (
        "The minister said <img src=x onerror=alert(3)> and `${alert(4)}` to {{constructor.constructor('alert(5)')()}} "
        'on Monday 😀 é́ as [promised](javascript:alert(6)). $$x^2$$ __i18n__{"key":"x"} &lt;i&gt; </section></div> '
        '<a href="javascript:alert(8)">a boat</a>.'
    )
    start = len(title) + 2
    text = f"{title}\n\n{_BAD}\n\n{body}"
    doc_id = "evil/<img src=x onerror=alert(9)>\"'${alert(10)}`.txt"
    found = document(doc_id, text, title)
    sections = (Section(title, 0, start, start), Section(_BAD, start, start + len(_BAD) + 2, len(text)))
    return Document(doc_id, text, title, found.source_digest, found.text_digest, (), sections)


def poem() -> Document:
    return document("verse/poem.txt", _POEM, "A small poem")


def charters() -> list[Document]:
    """Two documents that say the same, and one that says it in other words."""
    same = "The charter of the town was written by Ada Byron."
    return [
        document("a.txt", f"A first page. {same} It still holds.", "Annals"),
        document("b.txt", f"{same} Nobody signed it.", "Book of the town"),
        document("c.txt", "Ada Byron wrote the charter in one night.", "Chronicle"),
        document("d.txt", "The ring lies in the tower.", "Diary"),
        document("e.txt", "They say that the ring was put into a drawer.", "Essays"),
        document("f.txt", "Or was the ring thrown into the river?", "Fables"),
        document("g.txt", "No ring fell into the well.", "Gazette"),
    ]


def ask(page: Page, question: str) -> None:
    """Type and press Enter, then wait for what comes of it."""
    turns = page.locator("#conversation .turn").count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("#conversation .turn")).to_have_count(turns + 1)
    expect(page.locator("#conversation .waiting")).to_have_count(0)


def tab_to(page: Page, target: Locator, *, back: bool = False) -> None:
    """Press Tab until the element has the focus, as who has no mouse does."""
    for _ in range(40):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if target.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {target}")


def marked(page: Page) -> str:
    return "".join(page.locator("#source mark").all_text_contents())


IN_VIEW = """selector => {
    const box = document.querySelector(selector).getBoundingClientRect();
    const inside = (b) => box.top >= b.top - 1 && box.bottom <= b.bottom + 1;
    for (let node = document.querySelector(selector).parentElement; node; node = node.parentElement) {
        if (["auto", "scroll"].includes(getComputedStyle(node).overflowY) && !inside(node.getBoundingClientRect()))
            return false;
    }
    return inside({ top: 0, bottom: innerHeight });
}"""


def comes_into_view(page: Page, selector: str) -> None:
    """Wait until the element lies within the window and within every box that scrolls it."""
    page.wait_for_function(IN_VIEW, arg=selector)


def has_no_horizontal_scroll(page: Page) -> bool:
    fits: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return fits
