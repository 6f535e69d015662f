"""The JSON endpoint."""

from qa.api.app import create_app
from qa.api.live import LiveAnswerer
from qa.api.routes.mcp import create_mcp

__all__ = ["LiveAnswerer", "create_app", "create_mcp"]
