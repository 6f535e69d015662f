"""More questions than a server answers at once, clients that go, a server that stops."""

import concurrent.futures
import json
import socket
import threading
import time
from collections.abc import Callable

import httpx
import pytest
from fastapi.testclient import TestClient

from qa import Answerer
from qa.api import LiveAnswerer, create_app
from qa.api.errors import Overloaded
from qa.api.limits import Limits
from tests.qa.api.conftest import GatedReader, Served
from tests.waiting import until

QUESTION = {"question": "What is the office cat called?"}
LEAVES = "Who leaves?"
Gated = tuple[Answerer, GatedReader]


def metric(address: str, name: str) -> float:
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    return float(next(line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name} ")))


def test_a_full_line_refuses_within_a_second_and_answers_the_rest(gated: Gated, serve: Callable[..., Served]) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer, limits=Limits(at_work=2, waiting=3)))

    def ask(_: int) -> tuple[int, float, httpx.Headers, object]:
        begun = time.monotonic()
        response = client.post("/v1/ask", json=QUESTION)
        return response.status_code, time.monotonic() - begun, response.headers, response.json().get("code")

    client = httpx.Client(base_url=server.address, timeout=60)
    with client, concurrent.futures.ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(ask, number) for number in range(9)]
        until(lambda: sum(one.done() for one in asked) == 4)
        assert metric(server.address, "pincite_questions_at_work") == 2
        assert metric(server.address, "pincite_questions_waiting") == 3
        reader.gate.set()
        results = [one.result() for one in asked]
    refused = [result for result in results if result[0] == 503]
    assert sorted(result[0] for result in results) == [200] * 5 + [503] * 4
    for _, seconds, headers, code in refused:
        assert seconds < 1
        assert (headers["Retry-After"], code) == ("1", "overloaded")
    assert metric(server.address, "pincite_questions_waiting") == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {"question": LEAVES}),
        ("/v1/ask/batch", {"questions": [{"question": LEAVES}]}),
        ("/v1/search", {"query": LEAVES}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": LEAVES}]}),
    ],
)
def test_a_client_that_goes_leaves_the_line(
    gated: Gated, serve: Callable[..., Served], path: str, body: dict[str, object]
) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer, limits=Limits(at_work=1, waiting=4)))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(httpx.post, f"{server.address}/v1/ask", json=QUESTION, timeout=60)
        assert reader.reading.acquire(timeout=60)
        sent = json.dumps(body).encode()
        with socket.create_connection(("127.0.0.1", server.port)) as leaving:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            leaving.sendall(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
            until(lambda: metric(server.address, "pincite_questions_waiting") == 1)
        until(lambda: metric(server.address, "pincite_questions_waiting") == 0)
        reader.gate.set()
        assert first.result().status_code == 200
    assert reader.read_questions == [QUESTION["question"]]


def test_a_batch_stops_when_its_client_goes(gated: Gated, serve: Callable[..., Served]) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.address}/v1/ask/batch", json={"questions": [QUESTION] * 5}, timeout=0.5)
    until(lambda: 'status="499"' in httpx.get(f"{server.address}/metrics").text)
    reader.gate.set()
    until(lambda: metric(server.address, "pincite_questions_at_work") == 0)
    assert len(reader.read_questions) == 1


def test_a_server_that_stops_finishes_what_it_took(gated: Gated, serve: Callable[..., Served]) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer, limits=Limits(at_work=1, waiting=4)))
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(httpx.post, f"{server.address}/v1/ask", json=QUESTION, timeout=60) for _ in range(3)]
        until(lambda: metric(server.address, "pincite_questions_waiting") == 2)
        server.ask_to_stop()
        threading.Timer(0.5, reader.gate.set).start()
        assert [one.result().status_code for one in asked] == [200, 200, 200]
    server.stop()


def test_two_applications_of_one_answerer_both_count(gated: Gated) -> None:
    answerer, reader = gated
    reader.gate.set()
    live = LiveAnswerer(answerer)
    with (
        TestClient(create_app(live), base_url="http://127.0.0.1") as one,
        TestClient(create_app(live), base_url="http://127.0.0.1") as other,
    ):
        assert one.post("/v1/ask", json=QUESTION).json()["answer"] == "Miso"
        for client in (one, other):
            assert "pincite_answers_total 1.0" in client.get("/metrics").text


def test_whoever_has_the_live_answerer_stands_in_the_same_line(gated: Gated) -> None:
    answerer, reader = gated
    live = LiveAnswerer(answerer)
    app = create_app(live)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        taken = [live.queue.submit(lambda: live.current().ask("Who?")) for _ in range(18)]
        with pytest.raises(Overloaded, match="again"):
            live.submit("What?")
        assert client.post("/v1/ask", json=QUESTION).status_code == 503
        reader.gate.set()
        concurrent.futures.wait(taken)
        assert live.submit(QUESTION["question"]).result().text == "Miso"
        assert "pincite_answers_total 1.0" in client.get("/metrics").text
    with pytest.raises(Overloaded, match="stopping"):
        live.submit("What?")
