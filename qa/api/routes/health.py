"""Health, readiness and metrics."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from qa.api.metrics import MEDIA_TYPE
from qa.api.openapi import errors
from qa.api.state import Held, Live
from qa.wire.schemas import Generation

_PAGE = {
    "text/plain": {
        "schema": {"type": "string", "description": "Prometheus's text format, 0.0.4."},
        "example": "# TYPE pincite_answers_total counter\npincite_answers_total 12.0\n",
    }
}


class HealthOut(BaseModel):
    """The server runs."""

    status: Literal["ok"] = Field(default="ok", description="Always that.", examples=["ok"])


class ReadyOut(BaseModel):
    """The server answers."""

    status: Literal["ready"] = Field(default="ready", description="Always that.", examples=["ready"])
    generation: Generation


router = APIRouter(tags=["state"])
"""For whoever runs the server."""


@router.get("/healthz", responses=errors(keyed=False))
def healthz() -> HealthOut:
    """The process answers."""
    return HealthOut()


@router.get("/readyz", responses=errors(keyed=False))
def readyz(live: Live) -> ReadyOut:
    """An index is open and questions can be asked."""
    return ReadyOut(generation=live.index.generation)


@router.get("/metrics", response_class=Response, responses={200: {"content": _PAGE}, **errors()})
def metrics(held: Held) -> Response:
    """Counters and gauges, as Prometheus reads them."""
    return Response(held.meters.page(), media_type=MEDIA_TYPE)
