"""The routes of documents."""

from typing import Annotated

from fastapi import FastAPI, Header, Response

from qa.api import problems
from qa.api.live import LiveAnswerer
from qa.wire import DocumentsOut, DocumentTextOut, document_out, documents_out

_UNCHANGED: dict[int | str, dict[str, object]] = {304: {"description": "Not Modified"}}
_READ = _UNCHANGED | problems.documented(404)
IfNoneMatch = Annotated[str | None, Header(description="The ETag of what you have already.")]


def add(app: FastAPI, live: LiveAnswerer) -> None:
    """Listing and reading."""

    @app.get("/v1/documents", tags=["documents"], response_model=DocumentsOut, responses=_UNCHANGED)
    def documents(response: Response, if_none_match: IfNoneMatch = None) -> DocumentsOut | Response:
        """All documents of the index; the ETag changes with the index."""
        index = live.index
        return _unchanged(response, index.generation, if_none_match) or documents_out(index)

    @app.get(
        "/v1/documents/{doc_id:path}",
        tags=["documents"],
        response_model=DocumentTextOut,
        responses=_UNCHANGED | problems.documented(404),
    )
    def document(doc_id: str, response: Response, if_none_match: IfNoneMatch = None) -> DocumentTextOut | Response:
        """One document with its text; its ETag changes with the text."""
        index = live.index
        found = index.document(doc_id)
        return _unchanged(response, found.text_digest, if_none_match) or document_out(index, found)


def _unchanged(response: Response, version: str, if_none_match: str | None) -> Response | None:
    """A 304 for who has this version; the ETag is set in any case."""
    etag = f'"{version}"'
    response.headers["ETag"] = etag
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return Response(status_code=304, headers={"ETag": etag}) if etag in tags or "*" in tags else None
