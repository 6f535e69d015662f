"""Pincite as tools of the Model Context Protocol, over HTTP at ``/mcp`` or over standard input and output."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from corpus.errors import PinciteError
from index import Mode
from qa.answerer import check_question
from qa.api.live import LiveAnswerer
from qa.api.middleware.request_log import note_question
from qa.api.queue import finished, submitted
from qa.api.routes.ask import answered
from qa.wire.convert import search_out
from qa.wire.schemas import AskBody, CitationOut, DocIds, SearchOut, TurnBody

T = TypeVar("T")
_LONGEST = 20_000
_LISTED = 100
_INSTRUCTIONS = (
    "Answers from a set of documents in their own words. Quote `quote` as it is and cite doc_id, start and end; when "
    "`abstained` is true the documents do not say."
)
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)

TopK = Annotated[int, Field(ge=1, le=50, description="How many passages.")]


class Asked(BaseModel):
    """An answer with its citations, or why there is none."""

    answer: str | None
    abstained: bool
    message: str | None
    confidence: float | None
    citations: list[CitationOut]


class Excerpt(BaseModel):
    """``text`` runs from ``start`` to ``end`` of the document's ``characters``."""

    doc_id: str
    title: str
    text: str
    start: int
    end: int
    characters: int


class Listed(BaseModel):
    """A document of the list."""

    doc_id: str
    title: str
    characters: int


class Listing(BaseModel):
    """Some of the documents, from ``start`` on, ``of`` so many."""

    documents: list[Listed]
    start: int
    of: int


def create_mcp(live: LiveAnswerer) -> MCPServer:
    """The server with its four tools, which stand in the same line as all other questions."""
    server = MCPServer("pincite", instructions=_INSTRUCTIONS, version="1", log_level="WARNING")

    @server.tool(annotations=_READS)
    async def ask(
        question: Annotated[str, Field(description="A question; `history` completes one that leans on earlier ones.")],
        context: Context,
        doc_ids: DocIds = None,
        history: Annotated[list[TurnBody] | None, Field(description="The turns before, oldest first.")] = None,
    ) -> Asked:
        """Answer a question with a verbatim, cited span of the documents, or say that they do not say."""

        def work() -> Asked:
            check_question(question)
            out = answered(live, AskBody(question=question, doc_ids=doc_ids, history=history or []))
            return Asked.model_validate(out, from_attributes=True)

        return await _in_line(live, context, work, question)

    @server.tool(annotations=_READS)
    async def search(
        query: str,
        context: Context,
        mode: Mode = "hybrid",
        top_k: TopK = 5,
        doc_ids: DocIds = None,
    ) -> SearchOut:
        """The best passages of the documents for a query."""

        def work() -> SearchOut:
            check_question(query)
            index = live.index
            return search_out(index.search(query, top_k=top_k, mode=mode, doc_ids=doc_ids), index)

        return await _in_line(live, context, work, query)

    @server.tool(annotations=_READS)
    async def list_documents(
        context: Context,
        start: Annotated[int, Field(ge=0, description="How many to pass over.")] = 0,
    ) -> Listing:
        """The documents that there are, by id; a hundred at once."""

        def work() -> Listing:
            records = live.index.manifest.documents
            shown = records[start : start + _LISTED]
            listed = [
                Listed(doc_id=record.doc_id, title=record.title, characters=record.characters) for record in shown
            ]
            return Listing(documents=listed, start=start, of=len(records))

        return await _in_line(live, context, work)

    @server.tool(annotations=_READS)
    async def read_document(
        doc_id: str,
        context: Context,
        start: Annotated[int, Field(ge=0)] = 0,
        end: Annotated[int | None, Field(description=f"At most {_LONGEST:,} characters come at once.")] = None,
    ) -> Excerpt:
        """The text of a document, or a part of it by its characters."""

        def work() -> Excerpt:
            document = live.index.document(doc_id)
            size = len(document.text)
            first = min(start, size)
            last = max(min(size if end is None else end, first + _LONGEST, size), first)
            text = document.text[first:last]
            return Excerpt(doc_id=doc_id, title=document.title, text=text, start=first, end=last, characters=size)

        return await _in_line(live, context, work)

    return server


async def _in_line(live: LiveAnswerer, context: Context, work: Callable[[], T], question: str = "") -> T:
    """A named error reaches the model as its sentence; a call that is given up leaves the line."""
    request = context.request_context.request
    try:
        if request is None:  # over standard input and output, where giving up cancels this
            return await asyncio.wrap_future(await submitted(live.queue, work))
        note_question(request, question)
        return await finished(request, await submitted(live.queue, work))
    except PinciteError as error:
        raise ToolError(f"{error} ({error.code})") from error
    except ClientDisconnect as error:
        raise ToolError("Nobody waits for this any more.") from error
