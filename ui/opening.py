"""From settings to an open index and an answerer."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus import Document, read_builtin
from corpus.errors import PinciteError
from index import DEFAULT_ENCODER, Index, indexed
from index.errors import IndexMissing
from qa import Answerer, load_reader
from ui.cli.terminal import Bar, say
from ui.config import Settings
from ui.errors import UnaskedRemoval

_NAMED = 5
"""How many documents a sentence names."""


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


def check_nothing_dropped(documents: Sequence[Document], settings: Settings) -> None:
    """Raises UnaskedRemoval where these would replace others, but for the built-in ones, which are always to be had."""
    doc_ids = {document.doc_id for document in documents}
    builtin = {(document.doc_id, document.text_digest) for document in read_builtin()}
    records = [record for record in indexed(settings.index) if (record.doc_id, record.text_digest) not in builtin]
    if dropped := sorted(record.doc_id for record in records if record.doc_id not in doc_ids):
        raise UnaskedRemoval(
            f"The index in {settings.index} also holds {named(dropped)}, which this would drop: "
            "say --replace if it is to go, add to it with: pincite documents add, or choose another --index."
        )


def gone_from(documents: Iterable[Document], paths: Iterable[Path]) -> list[str]:
    """Which of the documents were read from files below these paths that are not there any more."""
    folders = [path.resolve() for path in paths if path.is_dir()]
    origins = {d.doc_id: Path(d.origin) for d in documents if d.origin}
    return [name for name, file in origins.items() if any(map(file.is_relative_to, folders)) and not file.exists()]


def named(doc_ids: Sequence[str]) -> str:
    """Some documents by name, and how many more there are."""
    more = f" and {len(doc_ids) - _NAMED:,} more" if len(doc_ids) > _NAMED else ""
    return f"{', '.join(map(repr, doc_ids[:_NAMED]))}{more}"


def make_answerer(index: Index, settings: Settings) -> Answerer:
    """The index with the configured reader."""
    return Answerer(index, reader=load_reader(settings.reader))
