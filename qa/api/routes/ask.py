"""The routes that answer."""

import threading
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ValidationError

from corpus.errors import PinciteError
from index.errors import UnknownDocument
from qa.answerer import check_question
from qa.api import problems
from qa.api.errors import InvalidRequest, Overloaded
from qa.api.live import LiveAnswerer
from qa.api.middleware.request_log import note_failure, note_question
from qa.api.openapi import errors, events, named_event
from qa.api.queue import finished, submitted
from qa.api.routes.stream import UNFORESEEN, OnHits, streamed
from qa.api.state import Live
from qa.errors import CitationBroken, EmptyQuestion, InvalidText, QuestionTooLong
from qa.types import Turn
from qa.wire.convert import answer_out, failed_out, search_out
from qa.wire.schemas import AnswerOut, AskBody, BatchBody, BatchOut, ErrorOut, FailedOut, SearchBody, SearchOut

_EVENTS = events(
    "With `stream=true`: `hits` holds what `/v1/search` would, before it is read, and then `answer` the same JSON as "
    "without; or `error`, a code and a detail, comes in the place of what failed. Then the stream ends. Where nothing "
    "is searched (a greeting, thanks, help, a summary) `answer` comes alone.",
    {"oneOf": [named_event("hits", SearchOut), named_event("answer", AnswerOut), named_event("error", ErrorOut)]},
    'event: hits\ndata: {"hits":[…]}\n\nevent: answer\ndata: {"question":"Who is Meta\'s spokesperson?",…}\n\n',
)
_QUESTION = (EmptyQuestion, QuestionTooLong, InvalidText)
_SEARCHED = errors(*_QUESTION, UnknownDocument, Overloaded, body="json")
_ASKED = errors(*_QUESTION, UnknownDocument, Overloaded, CitationBroken, body="json")
Stream = Annotated[
    bool,
    Query(
        description="Server-sent events: `hits` where it is searched, then `answer`; or `error` if it fails then.",
        examples=[False],
    ),
]


router = APIRouter(tags=["answers"])
"""Asking, alone and in batches, and searching. Each request takes one place in the queue."""


@router.post("/v1/ask", response_model=AnswerOut, responses={200: {"content": _EVENTS}, **_ASKED})
async def ask(body: AskBody, request: Request, live: Live, stream: Stream = False) -> Response:
    """Answer a question with a cited verbatim span, or abstain."""
    note_question(request, body.question)
    check_question(body.question)
    if stream:
        return await streamed(live, request, lambda on_hits: answered(live, body, on_hits=on_hits))
    return await finished(request, await submitted(live.queue, lambda: _json(answered(live, body))))


@router.post("/v1/ask/batch", response_model=BatchOut, responses=errors(Overloaded, body="json"))
async def batch(body: BatchBody, request: Request, live: Live) -> Response:
    """Answer several questions one after the other; one that is wrong or fails leaves an error in its place."""
    note_question(request, "\n".join(item.question for item in body.questions if isinstance(item, AskBody)))
    stop = threading.Event()
    future = await submitted(live.queue, lambda: _json(_answered_all(live, request, body, stop)))
    return await finished(request, future, stop.set)


@router.post("/v1/search", response_model=SearchOut, responses=_SEARCHED)
async def search(body: SearchBody, request: Request, live: Live) -> Response:
    """The best passages for a query."""
    note_question(request, body.query)
    check_question(body.query)

    def found() -> Response:
        index = live.index
        hits = index.search(body.query, top_k=body.top_k, mode=body.mode, doc_ids=body.doc_ids)
        return _json(search_out(hits, index))

    return await finished(request, await submitted(live.queue, found))


def answered(
    live: LiveAnswerer, body: AskBody, *, history: Sequence[Turn] | None = None, on_hits: OnHits | None = None
) -> AnswerOut:
    """What the endpoint answers; ``history`` is the body's own unless given. Raises what ``Answerer.ask`` does."""
    answer = live.ask(
        body.question,
        history=body.turns() if history is None else history,
        top_k=body.top_k,
        doc_ids=body.doc_ids,
        min_confidence=body.min_confidence,
        on_hits=(lambda hits, index: on_hits(search_out(hits, index))) if on_hits else None,
    )
    return answer_out(answer)


def _answered_all(live: LiveAnswerer, request: Request, body: BatchBody, stop: threading.Event) -> BatchOut:
    results: list[AnswerOut | FailedOut] = []
    for number, item in enumerate(body.questions):
        if stop.is_set():
            break
        try:
            if isinstance(item, ValidationError):
                wrong = [(("questions", number, *one["loc"]), one["msg"]) for one in item.errors()]
                raise InvalidRequest(problems.reasons(wrong))
            results.append(answered(live, item))
        except PinciteError as error:
            results.append(failed_out(error))
        except Exception as error:  # noqa: BLE001 - the edge: the others are answered all the same
            note_failure(request.scope, error)
            results.append(FailedOut(error=UNFORESEEN))
    return BatchOut(results=results)


def _json(body: BaseModel) -> Response:
    """Written where the answer was found, off the event loop."""
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")
