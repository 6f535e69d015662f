"""Which reader reads which files: each takes the bytes of a file and gives an ``Extract``.

A reader opens nothing but those bytes. The message of an error that it raises lacks its subject, the name
of the file: ``corpus.loading`` puts that first.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from corpus.formats.epub import read_epub
from corpus.formats.extract import Extract
from corpus.formats.html import read_html
from corpus.formats.office import read_docx, read_pptx, read_xlsx
from corpus.formats.pdf import read_pdf
from corpus.formats.plain import read_markdown, read_text

READERS: Mapping[str, Callable[[bytes], Extract]] = MappingProxyType(
    {
        ".txt": read_text,
        ".text": read_text,
        ".md": read_markdown,
        ".markdown": read_markdown,
        ".html": read_html,
        ".htm": read_html,
        ".xhtml": read_html,
        ".pdf": read_pdf,
        ".docx": read_docx,
        ".pptx": read_pptx,
        ".xlsx": read_xlsx,
        ".epub": read_epub,
    }
)
"""By the suffix of the file's name, in lower case."""
