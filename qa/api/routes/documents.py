"""The routes of documents."""

import threading
from typing import Annotated
from unicodedata import normalize

from fastapi import APIRouter, File, Header, Path, Request, Response, UploadFile

from corpus.digest import digest
from corpus.errors import (
    DocumentTooCostly,
    DocumentTooLarge,
    EmptyDocument,
    EncryptedDocument,
    UnknownFormat,
    UnreadableDocument,
    UnsafeName,
)
from index.errors import (
    EmptyCorpus,
    IndexBusy,
    IndexCorrupt,
    IndexForeign,
    IndexMissing,
    IndexTooNew,
    IndexUnwritable,
    UnknownDocument,
)
from qa.api import uploads
from qa.api.errors import NothingAdded, Overloaded, ReadOnlyKey, TooManyDocuments, WritesOff
from qa.api.openapi import Responses, errors, header
from qa.api.queue import finished, submitted
from qa.api.state import Held, Live
from qa.api.uploads import Upload
from qa.wire.convert import document_out, documents_out
from qa.wire.schemas import ChangeOut, DocumentsOut, DocumentTextOut

_VERSION = '"sha256:ce8bbc0246a80bad422ef1558243a41f2fb6ba0d95e64e1974747ff46719731c"'
_ETAG = header("ETag", "The version; send it as If-None-Match.", _VERSION)
_VERSIONED: Responses = {
    200: {"headers": _ETAG},
    304: {"description": "Not Modified: what you have is current.", "headers": _ETAG},
}
_CHANGES = (
    ReadOnlyKey,
    WritesOff,
    IndexBusy,
    IndexUnwritable,
    IndexMissing,
    IndexCorrupt,
    IndexForeign,
    IndexTooNew,
    Overloaded,
)
_UNREADABLE = (
    UnknownFormat,
    UnreadableDocument,
    EncryptedDocument,
    EmptyDocument,
    DocumentTooLarge,
    DocumentTooCostly,
    UnsafeName,
    NothingAdded,
)
IfNoneMatch = Annotated[str | None, Header(description="The ETag of what you have already.", examples=[_VERSION])]
Id = Annotated[str, Path(description="The document's id.", examples=["the-last-holdout.txt"])]
Files = Annotated[
    list[UploadFile],
    File(
        description="Text, Markdown, HTML, PDF, DOCX, PPTX, XLSX or EPUB, one or several; their names become ids.",
        examples=[["(the bytes of handbook.pdf)"]],
    ),
]


router = APIRouter(tags=["documents"])
"""Listing and reading, adding and removing."""


@router.get("/v1/documents", response_model=DocumentsOut, responses=_VERSIONED | errors())
def documents(response: Response, live: Live, if_none_match: IfNoneMatch = None) -> DocumentsOut | Response:
    """All documents of the index; the ETag changes with the index."""
    index = live.index
    return _unchanged(response, index.generation, if_none_match) or documents_out(index)


@router.get(
    "/v1/documents/{doc_id:path}",
    response_model=DocumentTextOut,
    responses=_VERSIONED | errors(UnknownDocument),
)
def document(
    doc_id: Id, response: Response, live: Live, if_none_match: IfNoneMatch = None
) -> DocumentTextOut | Response:
    """One document with its text; its ETag changes with anything that is told of it."""
    index = live.index
    out = document_out(index, index.document(doc_id))
    return _unchanged(response, digest(out.model_dump_json().encode()), if_none_match) or out


@router.post(
    "/v1/documents",
    status_code=201,
    response_model=ChangeOut,
    responses=errors(*_CHANGES, *_UNREADABLE, TooManyDocuments, body="form"),
)
async def upload(files: Files, request: Request, held: Held) -> ChangeOut:
    """Add files, or replace the documents of the same name; each that cannot be read is named."""
    if len(files) > held.limits.files:
        raise TooManyDocuments(f"{len(files)} files were sent, {held.limits.files} are allowed at once; send fewer.")
    sent = [Upload(normalize("NFC", file.filename or ""), await file.read()) for file in files]
    stop = threading.Event()
    future = await submitted(held.changes, lambda: uploads.add(held.live, sent, held.limits, stop))
    return await finished(request, future, stop.set)


@router.delete(
    "/v1/documents/{doc_id:path}",
    response_model=ChangeOut,
    responses=errors(*_CHANGES, UnknownDocument, EmptyCorpus),
)
async def delete(doc_id: Id, request: Request, held: Held) -> ChangeOut:
    """Remove a document; the last one stays, since there is no empty index."""
    return await finished(request, await submitted(held.changes, lambda: uploads.remove(held.live, doc_id)))


def _unchanged(response: Response, version: str, if_none_match: str | None) -> Response | None:
    """A 304 for who has this version; the ETag is set in any case."""
    etag = f'"{version}"'
    response.headers["ETag"] = etag
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return Response(status_code=304, headers={"ETag": etag}) if etag in tags or "*" in tags else None
