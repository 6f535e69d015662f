"""The records of a corpus.

Every offset is a half-open range of Unicode code points in ``Document.text``.
"""

from dataclasses import dataclass, field

from corpus.digest import digest

EXTRACTION = 1
"""Which version of the reading of files makes texts, sections and pages: raised with every change to what comes out.

A document that an earlier one has read is read again when its file is indexed, though the file has not changed.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a printed page (numbered from 1) stands in the text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it, up to the next heading.

    ``start`` is where the heading begins, ``body`` where the text below it begins.
    """

    heading: str
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One source, as text. ``doc_id`` is the file's path relative to its root, with ``/``.

    ``origin`` is the absolute path of the file on the machine that read it, empty where it was sent.

    ``source_digest`` is of the file's bytes, ``text_digest`` of the text (UTF-8); both read
    ``sha256:<hex>``. Sections and pages stand in the order of the text and do not overlap.
    """

    doc_id: str
    text: str
    title: str
    source_digest: str
    text_digest: str
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    extraction: int = EXTRACTION
    origin: str = field(default="", compare=False)

    @classmethod
    def of(cls, doc_id: str, text: str, title: str) -> "Document":
        """A text that is its own source, without pages or sections."""
        text_digest = digest(text.encode())
        return cls(doc_id, text, title, text_digest, text_digest)

    def page_at(self, offset: int) -> int | None:
        """The number of the page that holds ``offset``, if the source has pages."""
        return next((p.number for p in self.pages if p.start <= offset < p.end), None)


@dataclass(frozen=True, slots=True)
class Passage:
    """What is searched and read: ``document.text[start:end] == text``, within one section."""

    doc_id: str
    start: int
    end: int
    text: str
    section: str | None
    title: str = ""

    @property
    def context(self) -> str:
        """What it stands under: encoded, scored and read with it, and no part of its text."""
        return context(self.title, self.section)


def context(title: str, section: str | None) -> str:
    """A document's title and the section within it, as one line."""
    return ". ".join(part for part in (title.strip(), (section or "").strip()) if part)
