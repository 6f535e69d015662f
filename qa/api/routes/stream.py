"""Server-sent events: what was found, then what it answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import StreamingResponse

from corpus.errors import PinciteError
from qa.api.live import LiveAnswerer
from qa.api.middleware.request_log import note_failure
from qa.api.queue import submitted
from qa.wire.convert import failed_out
from qa.wire.schemas import AnswerOut, ErrorOut, SearchOut

OnHits = Callable[[SearchOut], None]
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
UNFORESEEN = ErrorOut(code="internal_error", detail="Pincite failed on this question; its log says why.")


async def streamed(live: LiveAnswerer, request: Request, ask: Callable[[OnHits], AnswerOut]) -> StreamingResponse:
    """The events ``hits`` and ``answer``, or ``error`` in the place of what failed. Raises Overloaded before that."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def put(item: str | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            put(_event("answer", ask(lambda hits: put(_event("hits", hits)))))
        except PinciteError as error:
            put(_event("error", failed_out(error).error))
        except Exception as error:  # noqa: BLE001 - the edge: the response has begun already
            note_failure(request.scope, error)
            put(_event("error", UNFORESEEN))
        finally:
            put(None)

    return event_stream(_until_none(queue, await submitted(live.queue, work)))


def event_stream(events: AsyncIterator[str]) -> StreamingResponse:
    """A response that no proxy keeps or holds back."""
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


async def _until_none(queue: "asyncio.Queue[str | None]", future: Future[None]) -> AsyncIterator[str]:
    """A client that goes before its turn leaves the line."""
    try:
        while (event := await queue.get()) is not None:
            yield event
    finally:
        future.cancel()


def _event(name: str, body: BaseModel) -> str:
    return f"event: {name}\ndata: {body.model_dump_json(by_alias=True)}\n\n"
