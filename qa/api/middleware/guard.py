"""The layer that every request passes, those of the chat too: hosts, origins, keys, and headers for browsers."""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from math import ceil
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import PinciteError
from qa.api import problems
from qa.api.errors import ForeignHost, ForeignOrigin, KeyMissing, ReadOnlyKey, TooOften, WritesOff
from qa.api.middleware.access import Access, Key, Sessions
from qa.api.middleware.rates import Rates

COOKIE = "pincite_session"
LOGIN, LOGOUT = "/login", "/logout"
_OPEN = frozenset({"/healthz", "/readyz", LOGIN, LOGOUT})
_PROGRAMS = ("/v1", "/mcp", "/gradio_api", "/metrics")
_ASKING = ("/v1", "/mcp", "/gradio_api/queue/join")
_WRITES = (("POST", "/v1/documents"), ("DELETE", "/v1/documents/"), ("POST", "/gradio_api/upload"))
# Gradio's page has scripts and styles within it, and makes functions from its templates.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """Refuses what may not come in. A page of another site can neither write to a local server nor read from it."""

    def __init__(self, app: ASGIApp, *, access: Access, sessions: Sessions, asked: Rates, wrong: "WrongKeys") -> None:
        self._app = app
        self._access = access
        self._sessions = sessions
        self._asked = asked
        self._wrong = wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it. Nothing here speaks over web sockets, so none is opened."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._app
        try:
            self._check(scope)
        except KeyMissing as error:
            app = _login(scope) if _is_page(scope) else problems.of(error)
        except PinciteError as error:
            app = problems.of(error)
        await app(scope, receive, with_headers)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._access.knows_host(host):
            raise ForeignHost("The server does not go by this name; add it with --allowed-hosts if it should.")
        origin = headers.get("origin")
        if origin is not None and not self._access.knows_origin(origin, host):
            raise ForeignOrigin("Pages of another site may not ask this server; list the site in PINCITE_CORS_ORIGINS.")
        if scope["path"] not in _OPEN:
            self._check_key(scope, headers)

    def _check_key(self, scope: Scope, headers: Headers) -> None:
        writes = any(scope["method"] == method and scope["path"].startswith(path) for method, path in _WRITES)
        if not self._access.keys:
            if writes and not self._access.open_writes:
                raise WritesOff("This server takes no changes without keys; start it with PINCITE_API_KEYS set.")
            return
        key = self._key_of(headers)
        scope.setdefault("state", {})["key"] = key.name if key else None
        if key is None:
            if "authorization" in headers:
                self._wrong.came_from(scope)
            raise KeyMissing("This needs a key that the server knows; send it as Authorization: Bearer <secret>.")
        if scope["path"].startswith(_ASKING) and (wait := self._asked.wait(key.name)):
            raise TooOften(
                f"The key {key.name!r} asks too often for one minute; wait {ceil(wait)} seconds and go on more slowly.",
                wait,
            )
        if writes and key.role != "write":
            raise ReadOnlyKey("This key may read only; use one of the role write.")

    def _key_of(self, headers: Headers) -> Key | None:
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._access.key_of(secret.strip())
        cookie = session_cookie(headers.getlist("cookie"))
        return self._sessions.key_of(cookie) if cookie else None


class WrongKeys:
    """How often wrong keys may come from one address. A right one is let in whatever others there try."""

    def __init__(self, a_minute: int = 10) -> None:
        self._rates = Rates(a_minute)

    def came_from(self, scope: Scope) -> None:
        """Count one. Raises TooOften beyond the number."""
        if wait := self._rates.wait((scope.get("client") or ("",))[0]):
            raise TooOften(
                f"Too many wrong keys came from this address; wait {ceil(wait)} seconds and check the key.", wait
            )


def session_cookie(lines: Iterable[str]) -> str | None:
    """The cookie of a session among the lines of a request's ``Cookie`` headers."""
    try:
        cookie = SimpleCookie("; ".join(lines)).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def _is_page(scope: Scope) -> bool:
    wanted = "text/html" in Headers(scope=scope).get("accept", "")
    return wanted and scope["method"] in {"GET", "HEAD"} and not scope["path"].startswith(_PROGRAMS)


def _login(scope: Scope) -> ASGIApp:
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(f"{LOGIN}?next={quote(scope['path'] + (f'?{query}' if query else ''), safe='')}", 303)
