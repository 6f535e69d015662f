"""The page that describes the endpoint."""

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
"""Swagger UI from a package on this machine: FastAPI's own page loads it from a content network."""

FILES = StaticFiles(packages=[("fastapi_swagger", "resources")])
"""What the page needs; they stand at ``/swagger``."""


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """What can be asked, to be tried."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=request.app.title,
        swagger_js_url="/swagger/swagger-ui-bundle.js",
        swagger_css_url="/swagger/swagger-ui.css",
        swagger_favicon_url="/swagger/favicon-32x32.png",
    )
