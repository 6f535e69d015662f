"""The outermost layer: every request gets an id and a line in the log, and every failure a response."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api import problems

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CLIENT_GONE = 499
_LONGEST_PATH = 200
_OWN_HEAD = ("/gradio_api", "/mcp")


class Noted(NamedTuple):
    """What is counted of a request. ``key`` is the name of the key it came with, empty where there was none."""

    method: str
    route: str
    status: int
    seconds: float
    key: str
    client: str


Seen = Callable[[Noted], None]


def note_question(request: Request, question: str) -> None:
    """Leave the question for the log, which keeps it only where a setting asks for that."""
    request.state.question = question


def note_failure(scope: Scope, error: Exception) -> None:
    """Write an error that nobody thought of into the log, with the id of its request."""
    _log.error("unforeseen error", exc_info=error, extra={"fields": {"request_id": scope["state"]["request_id"]}})


class Requests:
    """Ids, log and failures. The log names who asked: the client's address, and its key by name.

    It holds no query string, no secret, and no question unless ``log_questions``.
    """

    def __init__(self, app: ASGIApp, *, seen: Seen, log_questions: bool) -> None:
        self._app = app
        self._seen = seen
        self._log_questions = log_questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = _identifier(scope)
        status = 0
        begun = time.perf_counter()
        scope.setdefault("state", {})["request_id"] = identifier

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identifier
            await send(message)

        try:
            await self._app(scope, receive, with_id)
        except ClientDisconnect:
            status = status or _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the edge: whatever was not foreseen gets a response
            note_failure(scope, error)
            if not status:
                await problems.unforeseen()(scope, receive, with_id)
        finally:
            self._note(scope, identifier, status or _CLIENT_GONE, time.perf_counter() - begun)

    def _note(self, scope: Scope, identifier: str, status: int, seconds: float) -> None:
        client, key = (scope.get("client") or ("",))[0], scope["state"].get("key") or ""
        self._seen(Noted(scope["method"], _route(scope), status, seconds, key, client))
        fields = {
            "request_id": identifier,
            "method": scope["method"],
            "path": _cut(scope["path"]),
            "status": status,
            "ms": round(1000 * seconds, 1),
            "client": client,
        }
        if key:
            fields["key"] = key
        if self._log_questions and (question := scope["state"].get("question")):
            fields["question"] = question
        _log.info("request", extra={"fields": fields})


class Head:
    """Answers HEAD wherever GET is answered, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if scope["type"] == "http" and scope["method"] == "HEAD" and not scope["path"].startswith(_OWN_HEAD):
            await self._app({**scope, "method": "GET"}, receive, bodiless)
        else:
            await self._app(scope, receive, send)


def _cut(path: str) -> str:
    """As much of a path as a line of the log needs: whoever has no key either may not fill the disk."""
    return path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"


def _identifier(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def _route(scope: Scope) -> str:
    """The route's pattern: a label for each document or unknown path would fill the memory of who counts them."""
    return str(getattr(scope.get("route"), "path", "other"))
