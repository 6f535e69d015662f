"""The JSON endpoint."""

from qa.api.app import create_app
from qa.api.live import LiveAnswerer

__all__ = ["LiveAnswerer", "create_app"]
