"""Server-sent events on a real server."""

import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from qa import Answerer
from qa.api import create_app
from qa.api.limits import Limits
from tests.fakes import FixedReader
from tests.qa.api.conftest import GatedReader, Served

QUESTION = {"question": "What is the office cat called?"}


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_hits_come_before_they_are_read_then_the_answer(
    gated: tuple[Answerer, GatedReader], serve: Callable[..., Served]
) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer))
    with httpx.stream("POST", f"{server.address}/v1/ask?stream=true", json=QUESTION, timeout=30) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        found = events(response.iter_lines())
        name, hits = next(found)
        assert name == "hits" and not reader.gate.is_set()
        assert hits["hits"][0]["doc_id"] == "cat.txt"  # type: ignore[index]
        reader.gate.set()
        name, answer = next(found)
        assert next(found, None) is None
    plain = httpx.post(f"{server.address}/v1/ask", json=QUESTION).json()
    del plain["timings_ms"], answer["timings_ms"]
    assert (name, answer) == ("answer", plain)


@pytest.mark.parametrize("question", ["hello", "thanks", "What is this document about?"])
def test_where_nothing_is_searched_the_answer_comes_alone(
    cat_answerer: Answerer, serve: Callable[..., Served], question: str
) -> None:
    server = serve(create_app(cat_answerer))
    response = httpx.post(f"{server.address}/v1/ask?stream=true", json={"question": question})
    assert [name for name, _ in events(iter(response.text.splitlines()))] == ["answer"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({"question": " "}, 422, "empty_question"), ({"question": "x" * 2001}, 413, "question_too_long"), ({}, 422, None)],
)
def test_what_is_wrong_before_it_begins_is_a_problem(
    cat_answerer: Answerer, serve: Callable[..., Served], body: object, status: int, code: str | None
) -> None:
    server = serve(create_app(cat_answerer))
    response = httpx.post(f"{server.address}/v1/ask?stream=true", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code or "invalid_request")


class BrokenReader(FixedReader):
    def read(self, question: str, passages: object) -> list[object]:  # type: ignore[override]
        raise ZeroDivisionError


def test_what_goes_wrong_later_is_an_event(cat_answerer: Answerer, serve: Callable[..., Served]) -> None:
    server = serve(create_app(cat_answerer))
    unknown = httpx.post(f"{server.address}/v1/ask?stream=true", json={**QUESTION, "doc_ids": ["no.txt"]})
    ((name, error),) = events(iter(unknown.text.splitlines()))
    assert (name, error["code"]) == ("error", "unknown_document")
    broken = serve(create_app(Answerer(cat_answerer.index, reader=BrokenReader({}))))
    (_, (name, error)) = events(
        iter(httpx.post(f"{broken.address}/v1/ask?stream=true", json=QUESTION).text.splitlines())
    )
    assert (name, error["code"]) == ("error", "internal_error")


def test_a_full_line_refuses_streams_too_and_a_client_that_goes_leaves_it(
    gated: tuple[Answerer, GatedReader], serve: Callable[..., Served]
) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer, limits=Limits(at_work=1, waiting=1)))
    url = f"{server.address}/v1/ask?stream=true"
    with httpx.stream("POST", url, json=QUESTION, timeout=30):
        with httpx.stream("POST", url, json={"question": "Who leaves?"}, timeout=30):
            assert httpx.post(url, json=QUESTION).json()["code"] == "overloaded"
        deadline = time.monotonic() + 20
        while "pincite_questions_waiting 0.0" not in httpx.get(f"{server.address}/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        reader.gate.set()
    assert httpx.post(f"{server.address}/v1/ask", json=QUESTION).status_code == 200
    assert "Who leaves?" not in reader.read_questions
