"""The page that asks a reader for a key, turns it into a cookie, and takes it back."""

from html import escape
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from qa.api.errors import TooOften
from qa.api.middleware.access import SESSION_SECONDS
from qa.api.middleware.guard import COOKIE, LOGIN, LOGOUT, session_cookie
from qa.api.state import Held

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pincite: key</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:15vh auto;padding:0 1rem}}
input,button{{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0 .75rem}}</style></head>
<body><main><h1>Pincite</h1><form method="post" action="{action}">
<label for="key">Your key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<p role="alert">{note}</p><button>Open</button></form></main></body></html>"""


router = APIRouter(include_in_schema=False)
"""The form, what it sends, and the way out. Without keys there is nothing to ask for."""


@router.get(LOGIN)
def form(held: Held, following: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The form."""
    return _form(following) if held.access.keys else RedirectResponse("/", 303)


@router.post(LOGIN)
def enter(
    request: Request,
    held: Held,
    key: Annotated[str, Form(max_length=1000)] = "",
    following: Annotated[str, Query(alias="next")] = "/",
) -> Response:
    """A cookie for who has a key, and on to where they wanted to go."""
    known = held.access.key_of(key)
    if known is None:
        try:
            held.wrong.came_from(request.scope)
        except TooOften as error:
            return _form(following, str(error), 429)
        return _form(following, "The server does not know this key; check it and try again.", 401)
    response = RedirectResponse(_local(following), 303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, held.sessions.begin(known), max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=secure
    )
    return response


@router.post(LOGOUT)
def leave(request: Request, held: Held) -> Response:
    """The cookie is worth nothing any more, here and in the browser."""
    if cookie := session_cookie(request.headers.getlist("cookie")):
        held.sessions.end(cookie)
    response = RedirectResponse(LOGIN, 303)
    response.delete_cookie(COOKIE)
    return response


def _form(following: str, note: str = "", status: int = 200) -> HTMLResponse:
    action = f"{LOGIN}?next={quote(_local(following), safe='')}"
    return HTMLResponse(_PAGE.format(action=escape(action), note=escape(note)), status, {"Cache-Control": "no-store"})


def _local(following: str) -> str:
    """A path on this server, whatever the address said: nobody is sent elsewhere from here."""
    sound = following.startswith("/") and not following.startswith(("//", "/\\")) and following.isprintable()
    return following if sound else "/"
