"""Errors as RFC 9457 problem details; the only place that knows HTTP statuses."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from corpus.errors import DocumentError, InputError, PinciteError
from index.errors import EmptyCorpus, IndexBusy, IndexFault, UnknownDocument
from qa.api.errors import AccessError, KeyMissing, Overloaded, TooOften, UnknownModel
from qa.errors import QuestionTooLong

_STATUS: tuple[tuple[type[PinciteError], int], ...] = (
    (UnknownDocument, 404),
    (UnknownModel, 404),
    (QuestionTooLong, 413),
    (InputError, 422),
    (EmptyCorpus, 409),
    (DocumentError, 422),
    (IndexFault, 503),
    (Overloaded, 503),
    (KeyMissing, 401),
    (TooOften, 429),
    (AccessError, 403),
    (PinciteError, 500),
)
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}
_LASTING = "60"
"""Seconds to wait where somebody has to mend something first: a damaged index, a full disk."""
_CODES = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
MEDIA_TYPE = "application/problem+json"
UNREADABLE = "The body cannot be read as what its Content-Type says; send it as /docs describes."
UNFORESEEN = "Pincite failed on this request; its log says why. Please report it."
TOO_SLOW = "The body came too slowly and was given up; send it again over a better connection."
_NO_JSON = "The body is no JSON object; send one with Content-Type: application/json. See /docs for the fields."


class Problem(BaseModel):
    """The body of every error (``application/problem+json``)."""

    type: str = Field(description="A URN that ends with the code.", examples=["urn:pincite:problem:empty_question"])
    title: str = Field(description="The status in words.", examples=["Unprocessable Content"])
    status: int = Field(description="The status.", examples=[422])
    detail: str = Field(
        description="What is wrong, and what to do next.", examples=["The question is empty; type one."]
    )
    code: str = Field(description="Stable: programs may match on it.", examples=["empty_question"])


def status_of(error: type[PinciteError]) -> int:
    """The status for an error: that of its nearest class in the table."""
    return next(status for kind, status in _STATUS if issubclass(error, kind))


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A response of the problem media type."""
    return JSONResponse(body(status, code, detail), status, headers, media_type=MEDIA_TYPE)


def body(status: int, code: str, detail: str) -> dict[str, object]:
    """The JSON of a problem."""
    return Problem(
        type=f"urn:pincite:problem:{code}", title=title(status), status=status, detail=detail, code=code
    ).model_dump()


def title(status: int) -> str:
    """The status in the words of RFC 9110, which not every Python has yet."""
    return {413: "Content Too Large", 422: "Unprocessable Content"}.get(status) or HTTPStatus(status).phrase


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem."""
    app.add_exception_handler(PinciteError, _pincite)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def install_unknown(app: FastAPI) -> None:
    """Answer with a problem where a mounted ``app`` has nothing, and leave its own errors to it."""
    for status in (404, 405):
        app.add_exception_handler(status, _http)


def of(error: PinciteError) -> JSONResponse:
    """The response to an error."""
    status = status_of(type(error))
    headers = _HEADERS.get(status)
    if isinstance(error, TooOften):
        headers = {"Retry-After": str(ceil(error.wait))}
    if isinstance(error, IndexFault) and not isinstance(error, IndexBusy):
        headers = {"Retry-After": _LASTING}
    return problem(status, error.code, str(error), headers)


def _pincite(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, PinciteError):
        raise error
    return of(error)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Says which field and why, without echoing the input: it may hold what JSON cannot."""
    errors: Sequence[dict[str, Any]] = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(item["type"] in {"json_invalid", "model_attributes_type"} for item in errors):
        return problem(422, "invalid_request", _NO_JSON)
    return problem(422, "invalid_request", reasons([(item["loc"][1:] or item["loc"], item["msg"]) for item in errors]))


def reasons(faults: Iterable[tuple[Sequence[str | int], str]]) -> str:
    """The sentence for fields that are wrong: of each its place and what is wrong with it."""
    return "; ".join(f"{'.'.join(map(str, place))}: {why}" for place, why in faults) + ". See /docs for the fields."


def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    detail = {
        400: UNREADABLE,
        404: f"There is nothing at {request.url.path}; see /docs for what there is.",
        405: f"{request.method} is not possible at {request.url.path}; see /docs for what is.",
    }.get(error.status_code, str(error.detail))
    code = _CODES.get(error.status_code, "http_error")
    return problem(error.status_code, code, detail, dict(error.headers) if error.headers else None)


def unforeseen() -> JSONResponse:
    """The response to an error that nobody thought of."""
    return problem(500, "internal_error", UNFORESEEN)
