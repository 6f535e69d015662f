"""Adding and removing documents of the open index, one change at a time."""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError
from typing import NamedTuple

from corpus import Document
from corpus.errors import DocumentError, DuplicateDocument
from corpus.sandbox import read_untrusted
from index import Index
from qa.api.errors import NothingAdded, TooManyDocuments
from qa.api.limits import Limits
from qa.api.live import LiveAnswerer
from qa.wire.convert import change_out, failed_file_out
from qa.wire.schemas import ChangeOut, FailedFileOut


class Upload(NamedTuple):
    """A file as it was sent."""

    name: str
    data: bytes


def add(live: LiveAnswerer, uploads: Sequence[Upload], limits: Limits, stop: threading.Event) -> ChangeOut:
    """Read the files, each in its own process, and add those that can be read; a document of the same id is replaced.

    Raises the file's own error if it is the only one, else NothingAdded if none can be read; TooManyDocuments, what
    ``Index.update`` raises, and CancelledError where ``stop`` was set before all were read: then nothing is added.
    """
    documents: dict[str, Document] = {}
    failed: list[FailedFileOut] = []
    errors: list[DocumentError] = []
    for upload in uploads:
        try:
            if upload.name in documents:
                raise DuplicateDocument(f"'{upload.name}' was sent twice: rename one of the two.")
            documents[upload.name] = read_untrusted(upload.data, upload.name, limits.reading)
        except DocumentError as error:
            errors.append(error)
            failed.append(failed_file_out(upload.name, error))
        if stop.is_set():
            raise CancelledError
    if not documents:
        raise errors[0] if len(errors) == 1 else NothingAdded(" ".join(map(str, errors)))
    if len(live.index.documents.keys() | documents.keys()) > limits.documents:
        raise TooManyDocuments(f"The index may hold {limits.documents:,} documents; remove some first.")
    before = live.index.documents.keys()
    index = live.index.update(add=documents.values())
    return _changed(live, index, documents.keys() - before, documents.keys() & before, [], failed)


def remove(live: LiveAnswerer, doc_id: str) -> ChangeOut:
    """Remove a document. Raises UnknownDocument, and what ``Index.update`` raises."""
    live.index.document(doc_id)
    return _changed(live, live.index.update(remove=[doc_id]), (), (), [doc_id], [])


def _changed(
    live: LiveAnswerer,
    index: Index,
    added: Collection[str],
    replaced: Collection[str],
    removed: list[str],
    failed: list[FailedFileOut],
) -> ChangeOut:
    live.adopt(index)
    return change_out(index, added, replaced, removed, failed)
