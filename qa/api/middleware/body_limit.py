"""The limits on how much a request may send, and how slowly."""

import asyncio
import contextlib
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api import problems
from qa.api.limits import Limits

GRACE = 20.0
"""Seconds that a body may take however short it is."""
SLOWEST = 1000
"""Bytes a second that it has to come at beyond that: whoever sends less holds a connection, not a conversation."""


class _Refused(Exception):
    """What the application meets in the place of the rest of a body: nothing of it may be taken for the whole."""


class BodyLimit:
    """Refuses bodies over the limit of their path, also those that do not say how long they are: all or nothing.

    So it does with bodies that come too slowly.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._limits.upload if scope["path"] in UPLOADS else self._limits.body
        over = (413, "body_too_large", f"The body is over {most:,} bytes; send less at once.")
        seen, whole, begun = 0, False, time.monotonic()
        refused: tuple[int, str, str] | None = None

        async def counted() -> Message:
            nonlocal seen, whole, refused
            if whole:
                return await receive()
            try:
                async with asyncio.timeout(begun + GRACE + seen / SLOWEST - time.monotonic()):
                    message = await receive()
            except TimeoutError as error:
                refused = _SLOW
                raise _Refused from error
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if seen > most:
                refused = over
                raise _Refused
            return message

        async def answered(message: Message) -> None:
            if not refused:
                await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            refused = over
        else:
            with contextlib.suppress(_Refused):
                await self._app(scope, counted, answered)
        if refused:
            await problems.problem(*refused)(scope, receive, send)


_SLOW = (408, "body_too_slow", problems.TOO_SLOW)
UPLOADS = frozenset({"/v1/documents", "/gradio_api/upload"})
"""Paths that take files."""
