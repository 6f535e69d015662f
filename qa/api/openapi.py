"""What the OpenAPI schema says of errors, events and headers, which FastAPI cannot know by itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel

from corpus.errors import (
    PinciteError,
)
from qa.api import problems
from qa.api.errors import (
    ForeignHost,
    ForeignOrigin,
    KeyMissing,
    TooOften,
)
from qa.api.middleware.openai_errors import OpenAIErrorOut, from_problem, is_openai

Responses = dict[int | str, dict[str, Any]]
Body = Literal["json", "form"]
Case = tuple[int, str, str]
"""Status, code and sentence of an error."""

OPEN = frozenset({"/healthz", "/readyz"})
"""Routes of the schema that need no key."""

_BODIES: Mapping[Body, tuple[Case, ...]] = {
    "json": (
        (400, "invalid_request", problems.UNREADABLE),
        (408, "body_too_slow", problems.TOO_SLOW),
        (413, "body_too_large", "The body is over 1,000,000 bytes; send less at once."),
        (422, "invalid_request", "top_k: Input should be greater than or equal to 1. See /docs for the fields."),
    ),
    "form": (
        (400, "invalid_request", problems.UNREADABLE),
        (408, "body_too_slow", problems.TOO_SLOW),
        (413, "body_too_large", "The body is over 20,971,520 bytes; send less at once."),
        (422, "invalid_request", "files: Field required. See /docs for the fields."),
    ),
}
_INTERNAL: Case = (500, "internal_error", problems.UNFORESEEN)
_HEADERS = {
    401: {"WWW-Authenticate": ("How to send a key.", "Bearer")},
    429: {"Retry-After": ("Seconds to wait before asking again.", "3")},
    503: {"Retry-After": ("Seconds to wait before asking again.", "1")},
}
_REQUEST_ID = ("The request's own id, if it brought a sound one; else a new one. The log names it.", "trace-7")
_REF = {"$ref": "#/components/schemas/Problem"}


def errors(*kinds: type[PinciteError], body: Body | None = None, keyed: bool = True) -> Responses:
    """The ``responses`` of a route that raises these: each status, with an example of each code that it comes with."""
    everywhere = (KeyMissing, TooOften, ForeignHost, ForeignOrigin) if keyed else (ForeignHost, ForeignOrigin)
    cases = [*(_BODIES[body] if body else ()), *(_case(kind) for kind in (*everywhere, *kinds)), _INTERNAL]
    return {status: _response(status, cases) for status in sorted({case[0] for case in cases})}


def events(description: str, item: dict[str, Any], example: str) -> dict[str, Any]:
    """The ``content`` of server-sent events; ``item`` is the schema of each (as OpenAPI 3.2 has it)."""
    return {"text/event-stream": {"itemSchema": {"description": description, **item}, "example": example}}


def named_event(name: str, shape: type[BaseModel]) -> dict[str, Any]:
    """The schema of an event whose data are JSON of a shape that the schema has already."""
    reference = {"$ref": f"#/components/schemas/{shape.__name__}"}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": reference}
    return {"type": "object", "required": ["event", "data"], "properties": {"event": {"const": name}, "data": data}}


def header(name: str, description: str, example: str) -> dict[str, Any]:
    """A response header, by its name."""
    return {name: {"description": description, "required": True, "schema": {"type": "string"}, "example": example}}


class Described(FastAPI):
    """An application whose schema is completed before it is shown."""

    def openapi(self) -> dict[str, Any]:
        """As FastAPI makes it, with the shape of problems, the id of each response and no error that cannot be."""
        if self.openapi_schema is None:
            _complete(super().openapi())
        return super().openapi()


def _case(kind: type[PinciteError]) -> Case:
    return problems.status_of(kind), kind.code, kind.example


def _response(status: int, cases: list[Case]) -> dict[str, Any]:
    examples = {code: problems.body(status, code, detail) for at, code, detail in cases if at == status}
    codes = ", ".join(f"`{code}`" for code in examples)
    headers: dict[str, Any] = {}
    for name, (description, example) in _HEADERS.get(status, {}).items():
        headers |= header(name, description, example)
    return {
        "description": f"{problems.title(status)}: {codes}",
        "content": {
            problems.MEDIA_TYPE: {
                "schema": _REF,
                "examples": {code: {"value": value} for code, value in examples.items()},
            }
        },
        **({"headers": headers} if headers else {}),
    }


def _complete(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]
    shapes["Problem"] = problems.Problem.model_json_schema()
    form = OpenAIErrorOut.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes |= {**form.pop("$defs"), OpenAIErrorOut.__name__: form}
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    for shape in shapes.values():
        for field in shape.get("properties", {}).values():
            if field.get("items", {}).get("contentMediaType"):
                field["items"]["format"] = "binary"  # by which generated clients know a file
    for path, operation in operations(schema):
        if path in OPEN:
            operation.pop("security", None)
        # FastAPI gives one to whatever has a parameter, and in a shape that no problem has.
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            del operation["responses"]["422"]
        if is_openai(path) or path == "/v1/models/{model}":
            _in_openais_form(operation["responses"])
        for response in operation["responses"].values():
            response["headers"] = {**response.get("headers", {}), **header("X-Request-ID", *_REQUEST_ID)}


def _in_openais_form(responses: dict[str, Any]) -> None:
    """The errors of a route that speaks OpenAI's language."""
    for response in responses.values():
        if media := response.get("content", {}).pop(problems.MEDIA_TYPE, None):
            examples = {code: {"value": from_problem(example["value"])} for code, example in media["examples"].items()}
            schema = {"$ref": f"#/components/schemas/{OpenAIErrorOut.__name__}"}
            response["content"]["application/json"] = {"schema": schema, "examples": examples}


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, with its path."""
    for path, item in schema["paths"].items():
        for operation in item.values():
            yield path, operation
