"""The log of a real server, which writes to a file here."""

import json
import subprocess
import sys

LOGGED = """
import logging
from ui.logs import log_to_stderr
log_to_stderr()
logging.getLogger("qa.api.middleware.request_log").info("request", extra={"fields": {"path": "/v1/ask", "status": 200}})
logging.getLogger("elsewhere").info("chatter")
logging.getLogger("talkative").setLevel(logging.DEBUG)
logging.getLogger("talkative").debug("chatter")
logging.getLogger("talkative").info("chatter")
try: 1 / 0
except ZeroDivisionError: logging.getLogger("elsewhere").exception("two\\nlines")
"""


def test_elsewhere_than_on_a_terminal_each_line_is_json() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGED], capture_output=True, text=True, check=True)
    first, second = map(json.loads, done.stderr.splitlines())
    assert (first["message"], first["path"], first["status"], first["level"]) == ("request", "/v1/ask", 200, "info")
    assert second["message"] == "two\nlines" and "ZeroDivisionError" in second["error"]


def test_on_a_terminal_a_person_reads_it() -> None:
    script = f"import sys; sys.stderr.isatty = lambda: True\n{LOGGED}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "INFO qa.api.middleware.request_log: request path='/v1/ask' status=200" in done.stderr
    assert "chatter" not in done.stderr
