"""A server whose index changes while it is asked."""

import concurrent.futures
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from index import Index, generation
from qa import Answerer
from qa.api import LiveAnswerer, create_app
from tests.fakes import FixedReader, HashEncoder, document
from tests.qa.api.conftest import Served

READER = FixedReader({"Miso": 9.0, "Kuro": 8.0})
QUESTION = {"question": "What is the office cat called?"}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.build([document("cat.txt", "The office cat is called Miso.")], tmp_path, encoder=HashEncoder())


@pytest.fixture
def client(index: Index) -> Iterator[TestClient]:
    with TestClient(create_app(Answerer(index, reader=READER)), base_url="http://127.0.0.1") as client:
        yield client


def test_a_newer_generation_answers_without_a_restart(client: TestClient, index: Index) -> None:
    before = client.post("/v1/ask", json=QUESTION).json()
    newer = index.update(add=[document("cat.txt", "The office cat is called Kuro.")])
    after = client.post("/v1/ask", json=QUESTION).json()
    assert (before["answer"], after["answer"]) == ("Miso", "Kuro")
    assert after["index"]["generation"] == newer.generation != before["index"]["generation"]
    assert client.get("/readyz").json()["generation"] == newer.generation
    assert "Kuro" in client.get("/v1/documents/cat.txt").json()["text"]


def test_a_generation_that_cannot_be_opened_is_tried_once(
    client: TestClient, index: Index, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    newer = index.update(add=[document("cat.txt", "The office cat is called Kuro.")])
    (index.directory / "generations" / newer.generation / "vectors.faiss").write_bytes(b"damaged")
    hashed: list[Path] = []
    real = generation.file_digest
    monkeypatch.setattr(generation, "file_digest", lambda path: hashed.append(path) or real(path))  # type: ignore[func-returns-value]
    for _ in range(5):
        assert client.post("/v1/ask", json=QUESTION).json()["answer"] == "Miso"
    assert len(hashed) == len(set(hashed)) > 0, "once, and not at every question"
    assert sum("is not used" in record.message for record in caplog.records) == 1


def test_no_question_fails_while_the_index_is_updated_again_and_again(client: TestClient, index: Index) -> None:
    done = threading.Event()

    def asked() -> set[tuple[int, str, str]]:
        seen = set()
        while not done.is_set():
            response = client.post("/v1/ask", json=QUESTION)
            body = response.json()
            quote = body["citations"][0]["quote"]
            seen.add((response.status_code, body["answer"], quote))
        return seen

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(asked) for _ in range(3)]
        for name in ("Kuro", "Miso") * 4:
            index.update(add=[document("cat.txt", f"The office cat is called {name}.")])
        done.set()
        seen = set().union(*(one.result() for one in asking))
    assert seen <= {(200, name, f"The office cat is called {name}.") for name in ("Kuro", "Miso")}


def test_no_question_fails_while_documents_come_and_go_over_http(index: Index, serve: Callable[..., Served]) -> None:
    server = serve(create_app(Answerer(index, reader=READER)))
    done = threading.Event()

    def asked() -> list[tuple[int, object, str]]:
        seen = []
        with httpx.Client(base_url=server.address, timeout=60) as http:
            while not done.is_set():
                response = http.post("/v1/ask", json=QUESTION)
                seen.append((response.status_code, response.json()["answer"], response.json()["index"]["generation"]))
        return seen

    generations = [index.generation]
    with concurrent.futures.ThreadPoolExecutor(2) as pool, httpx.Client(base_url=server.address, timeout=60) as http:
        asking = [pool.submit(asked) for _ in range(2)]
        for _ in range(3):
            added = http.post("/v1/documents", files=[("files", ("dog.txt", b"The dog has no name."))])
            removed = http.delete("/v1/documents/dog.txt")
            assert (added.status_code, removed.status_code) == (201, 200)
            generations += [added.json()["generation"], removed.json()["generation"]]
        done.set()
        seen = [answer for one in asking for answer in one.result()]
    assert {(status, answer) for status, answer, _ in seen} == {(200, "Miso")}
    assert len({generation for _, _, generation in seen}) > 1 and {one[2] for one in seen} <= set(generations)


def test_a_newer_index_that_is_damaged_leaves_the_one_before(
    client: TestClient, index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    newer = index.update(add=[document("cat.txt", "The office cat is called Kuro.")])
    (index.directory / "generations" / newer.generation / "vectors.faiss").write_bytes(b"")
    assert [client.post("/v1/ask", json=QUESTION).json()["answer"] for _ in range(2)] == ["Miso", "Miso"]
    (said,) = [record.getMessage() for record in caplog.records if record.name == "qa.api.live"]
    assert "vectors.faiss" in said
    index.directory.joinpath("CURRENT").write_text("nonsense")
    assert client.post("/v1/ask", json=QUESTION).json()["answer"] == "Miso"


def test_what_was_begun_ends_with_its_own_generation(index: Index) -> None:
    live = LiveAnswerer(Answerer(index, reader=READER))
    begun = live.current()
    index.update(add=[document("cat.txt", "The office cat is called Kuro.")])
    assert live.submit(QUESTION["question"]).result().text == "Kuro"
    assert begun.ask(QUESTION["question"]).text == "Miso"
    assert live.current().reader is READER
