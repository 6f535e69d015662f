"""The application: its layers, from the outside in, and its routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import chain

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from qa.answerer import Answerer
from qa.api import problems
from qa.api.limits import Limits
from qa.api.live import LiveAnswerer
from qa.api.metrics import Meters
from qa.api.middleware.access import Access, Sessions
from qa.api.middleware.body_limit import BodyLimit
from qa.api.middleware.guard import Guard, WrongKeys
from qa.api.middleware.openai_errors import OpenAIErrors
from qa.api.middleware.rates import Rates
from qa.api.middleware.request_log import Head, Requests
from qa.api.openapi import Described
from qa.api.queue import QuestionQueue
from qa.api.routes import ask, docs, documents, health, login, openai
from qa.api.routes.mcp import create_mcp
from qa.api.state import State

_LIMITS = Limits()
_CHANGES_WAITING = 8
_ROUTERS = tuple(routes.router for routes in (ask, openai, documents, health, login, docs))
_GUARDED = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # the guard has checked already
_OURS = ("/v1", "/v1/{path:path}", "/mcp", "/healthz", "/readyz", "/metrics")
_EXPOSED = ["ETag", "Retry-After", "X-Request-ID"]


def create_app(
    answerer: Answerer | LiveAnswerer,
    *,
    limits: Limits = _LIMITS,
    access: Access | None = None,
    log_questions: bool = False,
) -> FastAPI:
    """An application that answers from an open index, and from each newer generation of it.

    A ``LiveAnswerer`` keeps its own queue, so that whatever else it is given to shares the queue too.
    """
    live = (
        answerer
        if isinstance(answerer, LiveAnswerer)
        else LiveAnswerer(answerer, queue=QuestionQueue(limits.at_work, limits.waiting))
    )
    meters = Meters(live)
    live.on_answer(meters.answered)
    access = access or Access()
    sessions, wrong = Sessions(access), WrongKeys()
    app = Described(
        title="Pincite",
        summary="Answers from a corpus in the corpus's own words, cited to the character.",
        version="1",
        servers=[{"url": "/", "description": "This server."}],
        generate_unique_id_function=lambda route: str(route.name),  # what generated clients call their functions
        redoc_url=None,
        docs_url=None,
        middleware=[
            Middleware(Requests, seen=meters.requested, log_questions=log_questions),
            Middleware(OpenAIErrors),
            *_cross_origin(access),
            Middleware(Guard, access=access, sessions=sessions, asked=Rates(limits.rate), wrong=wrong),
            Middleware(Head),
            Middleware(BodyLimit, limits=limits),
        ],
        dependencies=[Depends(HTTPBearer(auto_error=False, description="A key, where the server has keys."))],
    )
    problems.install(app)
    changes = QuestionQueue(running=1, waiting=_CHANGES_WAITING)
    State(live, limits, meters, access, sessions, wrong, changes).install(app)
    for router in _ROUTERS:
        app.include_router(router)
    app.mount("/swagger", docs.FILES)
    tools = create_mcp(live)
    offered = tools.streamable_http_app(
        stateless_http=True, json_response=True, max_request_body_size=limits.body, transport_security=_GUARDED
    ).routes
    # Without sessions the server never speaks first: the stream that GET opens would carry nothing and stay open.
    app.router.routes += [Route(r.path, r.endpoint, methods=["POST"]) for r in offered if isinstance(r, Route)]
    app.router.lifespan_context = _lifespan((live.queue, changes), tools)

    # As applications, not functions, these take every method, also one that nobody knows.
    app.router.routes += [Route(path, _Unknown(app)) for path in _OURS]
    return app


def _cross_origin(access: Access) -> list[Middleware]:
    """CORS is off until a setting names origins."""
    if not access.origins:
        return []
    methods, headers = ["GET", "POST", "DELETE"], ["Authorization", "Content-Type", "If-None-Match", "X-Request-ID"]
    headers += ["Mcp-Protocol-Version", "Mcp-Session-Id"]  # what a client of the Model Context Protocol sends
    origins = list(access.origins)
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=methods,
            allow_headers=headers,
            expose_headers=_EXPOSED,
        )
    ]


def _lifespan(
    queues: Iterable[QuestionQueue], tools: MCPServer
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run():
            yield
        for queue in queues:
            await asyncio.to_thread(queue.close)

    return lifespan


def _methods_at(app: FastAPI, scope: Scope) -> set[str]:
    """The methods of the routes, but for the catch-all, that stand at the request's path."""
    allowed: set[str] = set()
    # FastAPI shows the routes of an included router as one, without their methods.
    for route in chain(app.routes, *(router.routes for router in _ROUTERS)):
        match, _ = route.matches(scope)
        methods: set[str] = getattr(route, "methods", None) or set()
        if match is Match.PARTIAL:
            allowed |= methods
    return allowed | ({"HEAD"} if "GET" in allowed else set())


class _Unknown:
    """Whatever is mounted at ``/`` must not answer for the API."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = _methods_at(self._app, scope)
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404)
