"""What a whole server, chat and endpoint, does with its settings, and how it stops."""

import concurrent.futures
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from qa import Answerer
from tests.qa.api.conftest import GatedReader, Served
from tests.waiting import until
from ui.config import load_settings
from ui.server import GRACE, create_server

REQUEST_LOG = "qa.api.middleware.request_log"
QUESTION = {"question": "What is the office cat called?"}
FULL = "All places in the line are taken"
Gated = tuple[Answerer, GatedReader]
Start = Callable[..., httpx.Client]


class Tab:
    """An open page of the chat, of which only its requests are there."""

    def __init__(self, client: httpx.Client, session: str = "tab") -> None:
        self.client = client
        self.session = session
        self.config = client.get("/config").json()
        self.numbers = {event["api_name"]: event["id"] for event in self.config["dependencies"]}

    def call(self, name: str, *data: object, **fields: object) -> str:
        """What the first output becomes, of an event that is dealt with at once."""
        response = self.client.post("/gradio_api/run/predict", json=self._event(name, data, fields))
        return str(response.raise_for_status().json()["data"][0])

    def join(self) -> int:
        """Ask for the answers to all questions that wait; the status."""
        return self.client.post("/gradio_api/queue/join", json=self._event("answer_1", [None], None)).status_code

    def answered(self) -> str:
        """What came of that, when it is done."""
        return self.client.get("/gradio_api/queue/data", params={"session_hash": self.session}).text

    def _event(self, name: str, data: object, fields: object) -> dict[str, object]:
        return {"fn_index": self.numbers[name], "data": data, "event_data": fields, "session_hash": self.session}


@pytest.fixture
def start(gated: Gated, tmp_path: Path) -> Iterator[Start]:
    """Starts the server that ``pincite serve`` starts with these settings; its reader waits for the gate."""
    answerer, reader = gated
    running: list[tuple[Served, httpx.Client]] = []

    def started(**settings: object) -> httpx.Client:
        served = Served(create_server(answerer, load_settings(**{"feedback": tmp_path / "feedback.jsonl"} | settings)))
        running.append((served, httpx.Client(base_url=served.address, timeout=30)))
        return running[-1][1]

    yield started
    reader.gate.set()
    for served, client in running:
        client.close()
        served.stop()


def test_chat_and_endpoint_stand_in_one_line_of_the_configured_length(start: Start, gated: Gated) -> None:
    client, (_, reader) = start(at_work=1, waiting=1), gated
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(client.post, "/v1/ask", json=QUESTION) for _ in range(2)]
        until(lambda: "pincite_questions_waiting 1.0" in client.get("/metrics").text)
        refused = client.post("/v1/ask", json=QUESTION)
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        tab = Tab(client)
        tab.call("ask", QUESTION["question"], None)
        assert tab.join() == 200 and FULL in tab.answered()
        reader.gate.set()
        assert [one.result().status_code for one in taken] == [200, 200]


def test_a_question_of_a_page_that_was_closed_leaves_the_line(start: Start, gated: Gated) -> None:
    client, (_, reader) = start(at_work=1), gated

    def waiting() -> bool:
        return "pincite_questions_waiting 1.0" in client.get("/metrics").text

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        taken = pool.submit(client.post, "/v1/ask", json=QUESTION)
        assert reader.reading.acquire(timeout=60)
        with client.stream("GET", "/gradio_api/heartbeat/tab") as page:
            alive = page.iter_lines()
            assert "ALIVE" in next(alive)
            tab = Tab(client)
            tab.call("ask", QUESTION["question"], None)
            assert tab.join() == 200
            until(waiting)
        until(lambda: not waiting())
        reader.gate.set()
        assert taken.result().status_code == 200
    assert "pincite_answers_total 1.0" in client.get("/metrics").text, "nobody asks for the other answer any more"


def test_the_chat_has_as_many_answers_at_work_as_the_settings_say(start: Start, gated: Gated) -> None:
    client, (_, reader) = start(at_work=3), gated
    for session in "abc":
        tab = Tab(client, session)
        tab.call("ask", QUESTION["question"], None)
        assert tab.join() == 200
        assert reader.reading.acquire(timeout=60)


def test_the_chat_refuses_in_words_what_its_queue_cannot_hold(start: Start, gated: Gated) -> None:
    client, (_, reader) = start(at_work=1, waiting=4), gated
    tab, late = Tab(client), Tab(client, "late")
    tab.call("ask", QUESTION["question"], None)
    assert tab.join() == 200
    assert reader.reading.acquire(timeout=60)
    assert sorted(tab.join() for _ in range(40)) == [200] * 4 + [503] * 36
    assert "Waiting for its turn" in late.call("ask", QUESTION["question"], None)
    assert late.join() == 503
    shown = late.call("refused", None)
    assert "Too many questions are waiting" in shown and "Ask again" in shown and "Waiting for its turn" not in shown
    reader.gate.set()
    assert "Miso" in tab.answered()


def test_a_chat_without_places_to_wait_answers(start: Start, gated: Gated) -> None:
    client, (_, reader) = start(at_work=1, waiting=0), gated
    reader.gate.set()
    tab = Tab(client)
    tab.call("ask", QUESTION["question"], None)
    assert tab.join() == 200 and "Miso" in tab.answered()


def test_uploads_have_the_configured_size_and_number(start: Start) -> None:
    client = start(max_upload_mb=1, max_documents=1)
    large = client.post("/v1/documents", files={"files": ("large.txt", b"x" * 2**21)})
    assert large.status_code == 413
    second = client.post("/v1/documents", files={"files": ("dog.txt", b"The office dog is called Kuro.")})
    assert second.json()["code"] == "too_many_documents"


@pytest.mark.parametrize("kept", [False, True])
def test_the_log_holds_questions_where_that_is_set(
    start: Start, gated: Gated, caplog: pytest.LogCaptureFixture, kept: bool
) -> None:
    client, (_, reader) = start(log_questions=kept), gated
    reader.gate.set()
    with caplog.at_level(logging.INFO, "qa.api"):
        client.post("/v1/ask", json=QUESTION)
        until(
            lambda: any(record.name == "qa.api.middleware.request_log" for record in caplog.records)
        )  # it comes after the answer
    assert [
        record.fields.get("question") for record in caplog.records if record.name == "qa.api.middleware.request_log"
    ] == [QUESTION["question"] if kept else None]


def test_opinions_go_into_the_configured_file(start: Start, gated: Gated, tmp_path: Path) -> None:
    client, (_, reader) = start(feedback=tmp_path / "opinions.jsonl"), gated
    reader.gate.set()
    tab = Tab(client)
    tab.call("ask", QUESTION["question"], None)
    tab.join()
    tab.answered()
    assert "this is kept" in tab.call("rate", None, rating="up", turn="0")
    row = json.loads((tmp_path / "opinions.jsonl").read_text("utf-8"))
    assert (row["question"], row["rating"]) == (QUESTION["question"], "up")


@pytest.mark.parametrize("offered", [False, True])
def test_the_page_offers_to_add_documents_where_that_is_set(start: Start, offered: bool) -> None:
    assert ('id="add-documents"' in str(Tab(start(chat_uploads=offered)).config)) == offered


def test_open_pages_do_not_hold_up_a_server_that_stops_and_questions_are_answered(gated: Gated) -> None:
    answerer, reader = gated
    served = Served(create_server(answerer))
    with (
        httpx.Client(base_url=served.address, timeout=60) as client,
        client.stream("GET", "/gradio_api/heartbeat/tab") as page,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        alive = page.iter_lines()
        assert "ALIVE" in next(alive)
        asked = pool.submit(client.post, "/v1/ask", json=QUESTION)
        assert reader.reading.acquire(timeout=60)
        begun = time.monotonic()
        served.ask_to_stop()
        assert "".join(alive).replace("data: ALIVE", "") == "", "the stream ends while a question is at work"
        threading.Timer(1, reader.gate.set).start()
        assert asked.result().status_code == 200
        served.stop()
        assert time.monotonic() - begun < GRACE / 2


def test_the_stream_that_a_client_of_mcp_may_open_is_not_offered(start: Start) -> None:
    refused = start().get("/mcp", headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
