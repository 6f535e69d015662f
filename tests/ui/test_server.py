"""Which servers may start, and who may then do what."""

import asyncio
import socket
import subprocess
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index import Index
from qa import Answerer
from qa.api import LiveAnswerer, create_app
from qa.errors import InvalidSetting
from tests.fakes import FixedReader, HashEncoder, document
from tests.ui.commands import PINCITE, environment, run
from ui.chat.app import mount_chat
from ui.config import load_settings
from ui.errors import InsecureAddress
from ui.server import access_of, listen, takes_uploads

KEYS = "ci:write:0123456789abcdef"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_others_reach_no_server_without_keys_unless_that_is_said(host: str) -> None:
    with pytest.raises(InsecureAddress, match=r"PINCITE_API_KEYS.*--no-auth"):
        access_of(load_settings(host=host))
    assert access_of(load_settings(host=host, api_keys=KEYS)).keys[0].name == "ci"
    unguarded = access_of(load_settings(host=host, no_auth=True))
    assert (unguarded.keys, unguarded.open_writes) == ((), False)


READ_KEY = "team:read:0123456789abcdef"


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({}, True),
        ({"chat_uploads": False}, False),
        ({"host": "0.0.0.0", "no_auth": True}, False),
        ({"host": "0.0.0.0", "no_auth": True, "chat_uploads": True}, False),
        ({"host": "0.0.0.0", "api_keys": KEYS}, False),
        ({"host": "0.0.0.0", "api_keys": KEYS, "chat_uploads": True}, True),
        ({"host": "0.0.0.0", "api_keys": READ_KEY, "chat_uploads": True}, False),
        ({"api_keys": f"{KEYS},{READ_KEY.replace('0', '1')}"}, True),
        ({"api_keys": READ_KEY}, False),
    ],
)
def test_the_chat_offers_to_add_documents_only_where_that_can_work(settings: dict[str, object], offered: bool) -> None:
    assert takes_uploads(load_settings(**settings)) is offered


@pytest.mark.parametrize("uploads", [True, False])
def test_a_page_without_uploads_has_no_button_for_them(tmp_path: Path, uploads: bool) -> None:
    index = Index.build([document("a.txt", "The cat sleeps.")], tmp_path / "index", encoder=HashEncoder())
    answerer = Answerer(index, reader=FixedReader({}))
    app = mount_chat(create_app(answerer), LiveAnswerer(answerer), feedback=tmp_path / "kept.jsonl", uploads=uploads)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        page = client.get("/config").text
    assert "masthead" in page
    assert ("add-documents" in page) is uploads


@pytest.mark.parametrize("path", ["/v2/ask", "/V1/ask", "//v1/ask", "/nothing/here"])
def test_what_is_nowhere_is_a_problem_outside_the_endpoint_too(tmp_path: Path, path: str) -> None:
    index = Index.build([document("a.txt", "The cat sleeps.")], tmp_path / "index", encoder=HashEncoder())
    answerer = Answerer(index, reader=FixedReader({}))
    app = mount_chat(create_app(answerer), LiveAnswerer(answerer), feedback=tmp_path / "kept.jsonl", uploads=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for method in ("GET", "POST"):
            found = client.request(method, f"http://127.0.0.1{path}")
            assert found.headers["content-type"] == "application/problem+json"
            assert found.status_code in {404, 405} and found.json()["code"] in {"not_found", "method_not_allowed"}
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_everyone_may_write(host: str) -> None:
    assert access_of(load_settings(host=host)).open_writes


@pytest.mark.parametrize("names", ["docs.example.org", "*", "localhost, docs.example.org"])
def test_a_name_for_others_on_loopback_is_a_proxy_and_wants_keys(names: str) -> None:
    """Behind a TLS proxy every request comes from this machine."""
    with pytest.raises(InsecureAddress, match=r"PINCITE_API_KEYS.*--no-auth"):
        access_of(load_settings(allowed_hosts=names))
    assert not access_of(load_settings(allowed_hosts=names, no_auth=True)).open_writes
    assert not takes_uploads(load_settings(allowed_hosts=names, no_auth=True))
    assert access_of(load_settings(allowed_hosts="localhost")).open_writes


def test_hosts_and_origins_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_CORS_ORIGINS", "https://a.example, https://b.example")
    access = access_of(load_settings(allowed_hosts="Docs.example.org,[::5]", no_auth=True))
    assert access.knows_host("docs.example.org:8000")
    assert access.origins == ("https://a.example", "https://b.example")
    with pytest.raises(InvalidSetting, match="--host"):
        access_of(load_settings(host="no.such.host.invalid"))


def test_the_command_refuses_in_one_sentence_before_anything_is_built(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--host", "0.0.0.0", code=1)
    assert done.stderr.count("\n") == 1 and "--no-auth" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_told_before_anything_is_built(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        done = run(tmp_path, "serve", "--port", port, code=1)
    assert done.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use")
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_in_no_message(tmp_path: Path) -> None:
    settings = {**environment(), "PINCITE_API_KEYS": "ci:admin:very-secret-indeed"}
    done = subprocess.run(
        [*PINCITE, "serve"], cwd=tmp_path, env=settings, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1 and "PINCITE_API_KEYS" in done.stderr
    assert "secret-indeed" not in done.stderr


def test_a_response_does_not_wait_until_its_head_is_acknowledged() -> None:
    async def sends_at_once() -> int:
        asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(met, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            try:
                return await asked
            finally:
                writer.close()

    listener = listen("127.0.0.1", 0)
    assert asyncio.run(sends_at_once()) == 1
