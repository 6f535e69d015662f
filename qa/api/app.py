"""The endpoint's routes."""

from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.answerer import Answerer, check_question
from qa.api import problems
from qa.api.live import LiveAnswerer
from qa.wire import (
    AnswerOut,
    AskBody,
    DocumentsOut,
    DocumentTextOut,
    SearchBody,
    SearchOut,
    answer_out,
    document_out,
    documents_out,
    search_out,
)

_MAX_BODY = 1_000_000


def create_app(answerer: Answerer) -> FastAPI:
    """An application that answers from an open index, and from each newer generation of it."""
    live = answerer if isinstance(answerer, LiveAnswerer) else LiveAnswerer(answerer)
    app = FastAPI(
        title="Pincite",
        summary="Answers from a corpus in the corpus's own words, cited to the character.",
        version="1",
        redoc_url=None,
        docs_url=None,
    )
    problems.install(app)
    app.add_middleware(_BodyLimit)
    _add_answers(app, live)
    _add_documents(app, live)
    _add_state(app, live)
    _add_docs(app)

    # As applications, not functions, these take every method, also one that nobody knows.
    app.router.routes += [Route(path, _Unknown(app)) for path in ("/v1", "/v1/{path:path}")]
    return app


def _add_answers(app: FastAPI, live: LiveAnswerer) -> None:
    @app.post("/v1/ask", response_model=AnswerOut, responses=problems.documented(400, 404, 413, 422), tags=["answers"])
    def ask(body: AskBody) -> AnswerOut:
        """Answer a question with a cited verbatim span, or abstain."""
        answerer = live.current()
        answer = answerer.ask(
            body.question,
            history=body.turns(),
            top_k=body.top_k,
            doc_ids=body.doc_ids,
            min_confidence=body.min_confidence,
        )
        return answer_out(answer, answerer)

    @app.post(
        "/v1/search", response_model=SearchOut, responses=problems.documented(400, 404, 413, 422), tags=["answers"]
    )
    def search(body: SearchBody) -> SearchOut:
        """The best passages for a query."""
        check_question(body.query)
        hits = live.index.search(body.query, top_k=body.top_k, mode=body.mode, doc_ids=body.doc_ids)
        return search_out(hits)


def _add_documents(app: FastAPI, live: LiveAnswerer) -> None:
    @app.get("/v1/documents", response_model=DocumentsOut, tags=["documents"])
    def documents() -> DocumentsOut:
        """All documents of the index."""
        return documents_out(live.index)

    @app.get(
        "/v1/documents/{doc_id:path}",
        response_model=DocumentTextOut,
        responses={304: {"description": "Not Modified"}, **problems.documented(404)},
        tags=["documents"],
    )
    def document(
        doc_id: str, response: Response, if_none_match: Annotated[str | None, Header()] = None
    ) -> DocumentTextOut | Response:
        """One document with its text; its ETag changes with the text."""
        index = live.index
        found = index.document(doc_id)
        etag = f'"{found.text_digest}"'
        if if_none_match and etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
            return Response(status_code=304, headers={"ETag": etag})
        response.headers["ETag"] = etag
        return document_out(index, found)


def _add_state(app: FastAPI, live: LiveAnswerer) -> None:
    @app.get("/healthz", tags=["state"])
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["state"])
    def readyz() -> dict[str, str]:
        """An index is open and questions can be asked."""
        return {"status": "ready", "generation": live.index.generation}


def _add_docs(app: FastAPI) -> None:
    """Swagger UI from a package on this machine: FastAPI's own page loads it from a content network."""
    app.mount("/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/swagger/swagger-ui-bundle.js",
            swagger_css_url="/swagger/swagger-ui.css",
            swagger_favicon_url="/swagger/favicon-32x32.png",
        )


def _methods_at(app: FastAPI, scope: Scope) -> set[str]:
    """The methods of the routes, but for the catch-all, that stand at the request's path."""
    found: set[str] = set()
    for route in app.routes:
        match, _ = route.matches(scope)
        methods: set[str] = getattr(route, "methods", None) or set()
        if match is Match.PARTIAL:
            found |= methods
    return found


class _Unknown:
    """Whatever is mounted at ``/`` must not answer for the API."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = _methods_at(self._app, scope)
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404)


class _BodyLimit:
    """Refuses bodies over ``_MAX_BODY`` bytes, also those that do not say how long they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = 0
        refused = False

        async def counted() -> Message:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > _MAX_BODY:
                refused = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def answered(message: Message) -> None:
            if not refused:
                await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        refused = not length.isdigit() or int(length) > _MAX_BODY
        if not refused:
            await self._app(scope, counted, answered)
        if refused:
            detail = f"The body is over {_MAX_BODY:,} bytes; send less at once."
            await problems.problem(413, "body_too_large", detail)(scope, receive, send)
