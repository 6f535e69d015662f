"""Health, readiness and metrics."""

from fastapi import FastAPI, Response

from qa.api.live import LiveAnswerer
from qa.api.metrics import MEDIA_TYPE, Meters


def add(app: FastAPI, live: LiveAnswerer, meters: Meters) -> None:
    """The routes for whoever runs the server."""

    @app.get("/healthz", tags=["state"])
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["state"])
    def readyz() -> dict[str, str]:
        """An index is open and questions can be asked."""
        return {"status": "ready", "generation": live.index.generation}

    @app.get("/metrics", tags=["state"], response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def metrics() -> Response:
        """Counters and gauges, as Prometheus reads them."""
        return Response(meters.page(), media_type=MEDIA_TYPE)
