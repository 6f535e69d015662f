"""Health, readiness and metrics."""

from typing import Literal

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

from qa.api.live import LiveAnswerer
from qa.api.metrics import MEDIA_TYPE, Meters
from qa.api.openapi import errors
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


def add(app: FastAPI, live: LiveAnswerer, meters: Meters) -> None:
    """The routes for whoever runs the server."""

    @app.get("/healthz", tags=["state"], responses=errors(keyed=False))
    def healthz() -> HealthOut:
        """The process answers."""
        return HealthOut()

    @app.get("/readyz", tags=["state"], responses=errors(keyed=False))
    def readyz() -> ReadyOut:
        """An index is open and questions can be asked."""
        return ReadyOut(generation=live.index.generation)

    @app.get("/metrics", tags=["state"], response_class=Response, responses={200: {"content": _PAGE}, **errors()})
    def metrics() -> Response:
        """Counters and gauges, as Prometheus reads them."""
        return Response(meters.page(), media_type=MEDIA_TYPE)
