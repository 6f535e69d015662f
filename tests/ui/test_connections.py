"""Connections that ask nothing, or slowly: each has its time, and all together a number of places."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from qa import Answerer
from tests.qa.api.conftest import GatedReader, Served
from ui.config import load_settings
from ui.server import create_server

HEAD = b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n"
Connect = Callable[[bytes], socket.socket]


@pytest.fixture
def server(gated: tuple[Answerer, GatedReader], tmp_path: Path) -> Iterator[Served]:
    served = Served(create_server(gated[0], load_settings(feedback=tmp_path / "feedback.jsonl")))
    yield served
    gated[1].gate.set()
    served.stop()


@pytest.fixture
def connect(server: Served) -> Iterator[Connect]:
    """Opens a connection and sends some bytes."""
    with contextlib.ExitStack() as opened:

        def connected(sent: bytes) -> socket.socket:
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            connection.sendall(sent)
            return connection

        yield connected


def all_of(connection: socket.socket) -> bytes:
    """Whatever comes until the server closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


def is_open(connection: socket.socket) -> bool:
    connection.settimeout(0.5)
    try:
        return bool(connection.recv(1))
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False


@pytest.mark.parametrize("sent", [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_a_head_that_does_not_come_ends_its_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("ui.connections.HEAD_SECONDS", 0.2)
    assert all_of(connect(sent)) == b""


def test_so_does_the_second_head_of_a_connection(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.connections.HEAD_SECONDS", 0.5)
    connection = connect(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    connection.sendall(b"GET /heal")
    assert b"HTTP/1.1" not in all_of(connection)


@pytest.mark.parametrize("path", [b"/v1/ask", b"/v1/documents"])
def test_a_body_that_comes_too_slowly_is_given_up(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    monkeypatch.setattr("qa.api.middleware.body_limit.GRACE", 0.3)
    head, begun = HEAD.replace(b"/v1/ask", path), b"{"
    if path == b"/v1/documents":
        head, begun = head.replace(b"application/json", b"multipart/form-data; boundary=x"), b"--x"
    answered = all_of(connect(head + begun))
    assert answered.startswith(b"HTTP/1.1 408") and b'"body_too_slow"' in answered and b"send it again" in answered


def test_a_body_that_comes_slowly_but_steadily_has_the_time_it_needs(
    connect: Connect, gated: tuple[Answerer, GatedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.api.middleware.body_limit.GRACE", 0.5)
    monkeypatch.setattr("qa.api.middleware.body_limit.SLOWEST", 0.1)
    gated[1].gate.set()
    body = b'{"question": "Who is it?    "}'
    connection = connect(HEAD + body[:15])
    time.sleep(1)  # longer than the grace
    connection.sendall(body[15:])
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_the_connection_that_waits_longest_makes_room(
    server: Served, gated: tuple[Answerer, GatedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.connections.MOST", 3)
    reader = gated[1]
    place = ("127.0.0.1", server.port)
    with contextlib.ExitStack() as opened:
        asking = opened.enter_context(socket.create_connection(place, timeout=60))
        asking.sendall(HEAD + b'{"question": "Who is it?    "}')
        assert reader.reading.acquire(timeout=60)
        idle = [opened.enter_context(socket.create_connection(place, timeout=60)) for _ in range(2)]
        assert httpx.get(f"{server.address}/healthz").status_code == 200
        assert [is_open(each) for each in idle] == [False, True]
        reader.gate.set()
        assert asking.recv(65536).startswith(b"HTTP/1.1 200")


def test_where_all_are_at_work_a_newcomer_is_told_so(
    server: Served, gated: tuple[Answerer, GatedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.connections.MOST", 1)
    reader = gated[1]
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as asking:
        asking.sendall(HEAD + b'{"question": "Who is it?    "}')
        assert reader.reading.acquire(timeout=60)
        refused = httpx.get(f"{server.address}/healthz")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1") and "try again" in refused.text
        reader.gate.set()
        assert asking.recv(65536).startswith(b"HTTP/1.1 200")
