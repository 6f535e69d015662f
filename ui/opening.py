"""From settings to an open index and an answerer."""

import os

from corpus import Document, read_builtin
from corpus.errors import IndexMissing, PinciteError
from index import DEFAULT_ENCODER, Index
from qa import Answerer, load_reader
from ui.config import Settings
from ui.terminal import Bar, say


def open_or_build(settings: Settings) -> Index:
    """The configured index; where there is none yet, the built-in article is indexed first."""
    try:
        return Index.open(settings.index, encoder=settings.encoder)
    except IndexMissing:
        if os.path.exists(settings.index / "CURRENT") or os.path.isfile(settings.index):  # noqa: PTH110, PTH113 - never raise
            raise
    say(f"There is no index in {settings.index} yet; building the one of the built-in article.")
    return build_index(read_builtin(), settings)


def build_index(documents: list[Document], settings: Settings) -> Index:
    """Build with a progress bar."""
    with Bar("Encoding", "passages") as bar:
        return Index.build(documents, settings.index, encoder=settings.encoder or DEFAULT_ENCODER, progress=bar.show)


def documents_before(settings: Settings) -> tuple[dict[str, Document], str | None]:
    """What need not be read again; nothing, and why, where the index there cannot be opened, which building repairs."""
    try:
        return Index.open(settings.index, encoder=settings.encoder).documents, None
    except IndexMissing:
        return {}, None
    except PinciteError as error:
        return {}, str(error).rsplit(";", 1)[0]  # without the advice, which is to build


def make_answerer(index: Index, settings: Settings) -> Answerer:
    """The index with the configured reader."""
    return Answerer(index, reader=load_reader(settings.reader))
