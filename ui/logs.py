"""The server's log: a line a person reads on a terminal, one JSON object a line elsewhere."""

import json
import logging
import sys
from datetime import UTC, datetime

from ui.cli.terminal import say

_LOG = logging.getLogger(__name__)
_TALKING = ("qa.api", __name__)


class JsonLines(logging.Formatter):
    """Time, level, logger and message, then the fields that the record brings."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object on one line."""
        content = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            content["error"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """The message, then its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        fields = " ".join(f"{name}={value!r}" for name, value in getattr(record, "fields", {}).items())
        return f"{super().format(record)} {fields}".rstrip()


def log_to_stderr() -> None:
    """Warnings of all, every request, and what is announced."""
    handler = logging.StreamHandler()
    plain = PlainLines("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(plain if sys.stderr.isatty() else JsonLines())
    handler.addFilter(_is_wanted)  # some libraries set the level of their own loggers
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _TALKING:
        logging.getLogger(name).setLevel(logging.INFO)


def _is_wanted(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.startswith(_TALKING)


def announce(sentence: str) -> None:
    """A sentence for whoever started the server: as it is on a terminal, a line of the log elsewhere."""
    if sys.stderr.isatty():
        say(sentence)
    else:
        _LOG.info(sentence)
