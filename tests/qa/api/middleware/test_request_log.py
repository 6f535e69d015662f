"""Ids, logs, HEAD, ETags and batches."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from mcp import Client

from qa import Answerer
from qa.api import create_app
from tests.fakes import FixedReader
from tests.qa.api.conftest import Served

QUESTION = {"question": "What is the office cat called?"}
STREAM = "/v1/ask?stream=true"


@pytest.fixture
def client(cat_answerer: Answerer) -> Iterator[TestClient]:
    with TestClient(create_app(cat_answerer), base_url="http://127.0.0.1") as client:
        yield client


def test_a_batch_is_answered_in_order_with_an_error_for_each_that_fails(client: TestClient) -> None:
    bodies = [
        QUESTION,
        {"question": " "},
        {"question": "x" * 2001},
        {"question": "a \ud800 b"},
        {**QUESTION, "doc_ids": ["no.txt"]},
        {"question": 5},
        {**QUESTION, "top_k": 0, "lang": "en"},
        {**QUESTION, "\ud800": 1},
        None,
        QUESTION,
    ]
    sent = json.dumps({"questions": bodies})
    response = client.post("/v1/ask/batch", content=sent, headers={"Content-Type": "application/json"})
    results = response.json()["results"]
    assert response.status_code == 200
    said = [result["error"]["code"] if "error" in result else result["answer"] for result in results]
    wrong = ["empty_question", "question_too_long", "invalid_text", "unknown_document", *["invalid_request"] * 4]
    assert said == ["Miso", *wrong, "Miso"]
    assert all(len(result["error"]["detail"]) > 15 for result in results if "error" in result)
    assert results[6]["error"]["detail"] == (
        "questions.6.top_k: Input should be greater than or equal to 1; questions.6.lang: Extra inputs are not "
        "permitted. See /docs for the fields."
    )


@pytest.mark.parametrize("questions", [[], [QUESTION] * 33, QUESTION])
def test_a_batch_has_bounds(client: TestClient, questions: list[object]) -> None:
    response = client.post("/v1/ask/batch", json={"questions": questions})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/documents", "/v1/documents/cat.txt", "/docs"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]
    assert asked.headers.get("ETag") == got.headers.get("ETag")


def test_head_where_nothing_is_got(client: TestClient) -> None:
    assert client.head("/v1/ask").status_code == 405
    assert client.head("/v1/nothing").status_code == 404
    assert client.delete("/v1/documents").headers["Allow"] == "GET, HEAD, POST"


def test_the_list_of_documents_is_sent_once_per_generation(client: TestClient) -> None:
    first = client.get("/v1/documents")
    again = client.get("/v1/documents", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/v1/documents", headers={"If-None-Match": '"older"'}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/nothing"])
def test_a_request_keeps_the_id_that_it_brings(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"X-Request-ID": "trace-7.a_B"}).headers["X-Request-ID"] == "trace-7.a_B"


@pytest.mark.parametrize("bad", ["", "x" * 65, "a b", 'a"b', "ü".encode(), b"\xff"])
def test_a_request_without_a_sound_id_gets_one(client: TestClient, bad: str | bytes) -> None:
    ids = [client.get("/healthz", headers={"X-Request-ID": bad}).headers["X-Request-ID"] for _ in range(2)]
    assert len(ids[0]) == 32 and ids[0] != ids[1]


def fields(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    (record,) = [record for record in caplog.records if record.name == "qa.api.middleware.request_log"]
    return record.fields  # type: ignore[attr-defined,no-any-return]


def test_the_log_has_a_line_for_a_request_and_no_question(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "qa.api")
    response = client.post("/v1/ask?q=secret", json=QUESTION)
    said = fields(caplog)
    assert said["request_id"] == response.headers["X-Request-ID"]
    assert (said["method"], said["path"], said["status"]) == ("POST", "/v1/ask", 200)
    assert "cat" not in str(said) and "secret" not in str(said)


def test_questions_are_logged_where_that_is_asked_for(cat_answerer: Answerer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "qa.api")
    with TestClient(create_app(cat_answerer, log_questions=True), base_url="http://127.0.0.1") as client:
        client.post("/v1/ask", json=QUESTION)
    assert fields(caplog)["question"] == QUESTION["question"]


def test_a_question_to_a_tool_is_logged_too(
    cat_answerer: Answerer, serve: Callable[..., Served], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "qa.api")
    server = serve(create_app(cat_answerer, log_questions=True))

    async def asked() -> None:
        async with Client(f"{server.address}/mcp") as client:
            await client.call_tool("ask", dict(QUESTION))
            await client.call_tool("search", {"query": "office cat"})

    asyncio.run(asked())
    fields = [record.fields for record in caplog.records if record.name == "qa.api.middleware.request_log"]  # type: ignore[attr-defined]
    assert [one["question"] for one in fields if "question" in one] == [QUESTION["question"], "office cat"]


class BrokenReader(FixedReader):
    def read(self, question: str, passages: object) -> list[object]:  # type: ignore[override]
        raise ZeroDivisionError


def failure(caplog: pytest.LogCaptureFixture, response: httpx.Response) -> str:
    """The error of the log's one line of an error, which has the id of the response."""
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.fields["request_id"] == response.headers["X-Request-ID"]  # type: ignore[attr-defined]
    return str(record.exc_info)


def test_a_failure_of_ours_is_a_problem_with_the_id_of_the_log(
    cat_answerer: Answerer, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(
        create_app(Answerer(cat_answerer.index, reader=BrokenReader({}))), base_url="http://127.0.0.1"
    ) as client:
        response = client.post("/v1/ask", json=QUESTION)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "ZeroDivisionError" in failure(caplog, response)


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/ask/batch", {"questions": [QUESTION, {"question": "thanks"}]}), (STREAM, QUESTION)]
)
def test_a_failure_within_a_response_has_the_id_in_the_log_too(
    cat_answerer: Answerer, caplog: pytest.LogCaptureFixture, path: str, body: object
) -> None:
    broken = create_app(Answerer(cat_answerer.index, reader=BrokenReader({})))
    with TestClient(broken, base_url="http://127.0.0.1") as client:
        response = client.post(path, json=body)
    assert response.status_code == 200 and "internal_error" in response.text
    assert path == STREAM or response.json()["results"][1]["reason"] == "thanks"
    assert "ZeroDivisionError" in failure(caplog, response)
