"""Errors in OpenAI's form on OpenAI's routes: clients made for it show the sentence of no other.

Problems come from many places (fields, keys, sizes, what nobody foresaw); here they are said in the caller's form.
"""

import json
from typing import Any

from pydantic import BaseModel, Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api.problems import MEDIA_TYPE

PATHS = ("/v1/chat/completions", "/v1/models")
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}


class OpenAIError(BaseModel):
    """What went wrong, as OpenAI's clients read it."""

    message: str = Field(
        description="What is wrong, and what to do next.", examples=["The question is empty; type one."]
    )
    type: str = Field(description="The kind of error.", examples=["invalid_request_error"])
    param: None = Field(default=None, description="Always null: the message names the field.", examples=[None])
    code: str = Field(description="Stable: programs may match on it.", examples=["empty_question"])


class OpenAIErrorOut(BaseModel):
    """The body of every error of these routes."""

    error: OpenAIError = Field(description="What went wrong.")


def is_openai(path: str) -> bool:
    """Whether a path is one of OpenAI's."""
    return path in PATHS or path.startswith("/v1/models/")


def from_problem(problem: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's form of a problem's JSON."""
    status = problem["status"]
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return OpenAIErrorOut(error=OpenAIError(message=problem["detail"], type=kind, code=problem["code"])).model_dump()


class OpenAIErrors:
    """Middleware that says each problem of an OpenAI route in OpenAI's form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or not is_openai(scope["path"]):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def translated(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if headers.get("content-type") == MEDIA_TYPE:
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            openai_body = json.dumps(from_problem(json.loads(body)), ensure_ascii=False).encode() if body else b""
            headers = MutableHeaders(raw=start["headers"])
            headers["content-type"] = "application/json"
            if body:  # the answer to HEAD has none, and keeps the length that it would have
                headers["content-length"] = str(len(openai_body))
            await send(start)
            await send({"type": "http.response.body", "body": openai_body})

        await self._app(scope, receive, translated)
