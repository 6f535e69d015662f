"""Nothing leaves the machine: indexing, asking and serving with every outgoing connection refused."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

SCRIPT = """
import socket, sys
outside = []

def audit(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[1][0] if event in ("socket.connect", "socket.sendto") else arguments[0]
        if isinstance(arguments[1], (str, bytes)) and event == "socket.connect":
            return  # a Unix socket
        if host not in ("127.0.0.1", "::1", "localhost", None, ""):
            outside.append((event, host))
            raise OSError(f"{event} to {host} is refused")

sys.addaudithook(audit)
from corpus import read_builtin
from index import Index
from qa import Answerer
from ui.server import create_server
from fastapi.testclient import TestClient

answerer = Answerer(Index.build(read_builtin(), sys.argv[1]))
with TestClient(create_server(answerer).app, base_url="http://127.0.0.1") as client:
    assert client.post("/v1/ask", json={"question": "Who is Meta's spokesperson?"}).json()["answer"]
    for page in ("/", "/docs", "/openapi.json"):
        assert client.get(page).status_code == 200, page
print(outside)
"""


def test_no_request_leaves_the_machine(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(REPOSITORY), "HOME": str(tmp_path / "home"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "index")],
        env=environment, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


DOORS = {
    "the commands": "import sys; sys.argv[1:] = ['--version']\nfrom ui.cli import main as enter",
    "a Hugging Face reader": "from qa import load_reader\nenter = lambda: load_reader('nowhere')",
}


@pytest.mark.parametrize("door", DOORS)
def test_each_door_tells_the_libraries_before_they_are_imported(door: str, tmp_path: Path) -> None:
    script = f"""{DOORS[door]}
import os, sys
before = {{"huggingface_hub", "gradio"}} & sys.modules.keys()
try:
    enter()
except (Exception, SystemExit):
    pass
print(before, os.environ.get("HF_HUB_OFFLINE"), os.environ.get("GRADIO_ANALYTICS_ENABLED"))
"""
    environment = {"PYTHONPATH": str(REPOSITORY), "HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "set() 1 False"
