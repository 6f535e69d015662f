"""Documents that come and go while the server runs."""

import concurrent.futures
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from filelock import FileLock

from corpus import Document
from index import Index, generation
from qa import Answerer
from qa.api import create_app, uploads
from qa.api.limits import Limits
from tests.corpus.test_sandbox import SMALL, limited, pdf_bomb, sheet_bomb, zip_bomb
from tests.fakes import HashEncoder, document
from tests.qa.api.conftest import Served
from tests.qa.api.test_queue import until

LIMITS = Limits(files=4, documents=3, upload=3_000_000, reading=SMALL)
QUESTION = {"question": "What is the office cat called?"}


@pytest.fixture
def client(cat_answerer: Answerer) -> Iterator[TestClient]:
    with TestClient(create_app(cat_answerer, limits=LIMITS), base_url="http://127.0.0.1") as client:
        yield client


def files(**contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (name.replace("_", "."), data)) for name, data in contents.items()]


def ids(client: httpx.Client) -> list[str]:
    return [document["doc_id"] for document in client.get("/v1/documents").json()["documents"]]


def test_what_is_added_answers_at_once_and_is_gone_when_removed(client: TestClient) -> None:
    added = client.post("/v1/documents", files=files(dog_txt=b"The office dog is called Kuro."))
    body = added.json()
    assert added.status_code == 201
    assert [document["doc_id"] for document in body["added"]] == ["dog.txt"]
    assert (body["removed"], body["failed"]) == ([], [])
    assert client.get("/readyz").json()["generation"] == body["generation"]
    asked = {"question": "What is the office dog called?", "doc_ids": ["dog.txt"]}
    assert client.post("/v1/ask", json=asked).json()["answer"] == "Kuro"
    removed = client.delete("/v1/documents/dog.txt")
    assert (removed.status_code, removed.json()["removed"]) == (200, ["dog.txt"])
    assert ids(client) == ["cat.txt"]


def test_a_document_of_the_same_name_is_replaced_and_said_to_be(client: TestClient) -> None:
    body = client.post(
        "/v1/documents", files=files(cat_txt=b"The office cat is called Kuro.", dog_txt=b"The dog is Rex.")
    ).json()
    assert [document["doc_id"] for document in body["replaced"]] == ["cat.txt"]
    assert [document["doc_id"] for document in body["added"]] == ["dog.txt"]
    client.delete("/v1/documents/dog.txt")
    assert ids(client) == ["cat.txt"]
    assert client.post("/v1/ask", json=QUESTION).json()["answer"] == "Kuro"


def test_a_name_in_two_forms_of_unicode_is_one_document(client: TestClient) -> None:
    for name in ("cafe\u0301.txt", "caf\u00e9.txt"):
        client.post("/v1/documents", files=[("files", (name, b"A word."))])
    assert ids(client) == ["caf\u00e9.txt", "cat.txt"]


def test_of_a_body_over_the_limit_nothing_is_taken(client: TestClient) -> None:
    """Its first file is whole, and was indexed once."""
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n'
    sent = [part % (b"sneaky.txt", b"The dog is Rex."), part % (b"big.txt", b"word " * 700_000), b"--x--\r\n"]
    chunks = (chunk for whole in sent for chunk in (whole[i : i + 50_000] for i in range(0, len(whole), 50_000)))
    refused = client.post("/v1/documents", content=chunks, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    assert ids(client) == ["cat.txt"]


def test_a_bad_file_does_not_stop_the_others(client: TestClient) -> None:
    response = client.post(
        "/v1/documents", files=files(a_txt=b"A word.", broken_pdf=b"%PDF-1.7", photo_xyz=b"\0", empty_txt=b"")
    )
    body = response.json()
    assert response.status_code == 201
    assert [document["doc_id"] for document in body["added"]] == ["a.txt"]
    said = {failure["name"]: failure["error"]["code"] for failure in body["failed"]}
    assert said == {"broken.pdf": "unreadable_document", "photo.xyz": "unknown_format", "empty.txt": "empty_document"}


def test_nothing_that_can_be_added_is_a_problem(client: TestClient) -> None:
    alone = client.post("/v1/documents", files=files(broken_pdf=b"%PDF-1.7"))
    assert (alone.status_code, alone.json()["code"]) == (422, "unreadable_document")
    both = client.post("/v1/documents", files=files(broken_pdf=b"%PDF-1.7", empty_txt=b""))
    assert (both.status_code, both.json()["code"]) == (422, "nothing_added")
    assert "broken.pdf" in both.json()["detail"] and "empty.txt" in both.json()["detail"]


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.txt", "/etc/x.txt", "..\\x.txt", "a/../b.txt", ".bashrc.txt"])
def test_a_name_is_no_path(client: TestClient, name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*.txt"))
    refused = client.post("/v1/documents", files=[("files", (name, b"A word."))])
    assert (refused.status_code, refused.json()["code"]) == (422, "unsafe_name")
    assert sorted(tmp_path.rglob("*.txt")) == before


@limited
def test_bombs_leave_the_server_standing(client: TestClient) -> None:
    deep = b"<html><body>" + b"<div>" * 100_000 + b"deep"
    sent = [("files", ("b.pdf", pdf_bomb())), ("files", ("b.docx", zip_bomb())), ("files", ("deep.html", deep))]
    for file in sent:
        assert client.post("/v1/documents", files=[file]).status_code in {201, 422}
    sheet = client.post("/v1/documents", files=[("files", ("b.xlsx", sheet_bomb(200)))])
    assert (sheet.status_code, sheet.json()["code"]) == (422, "document_too_large")
    assert client.post("/v1/ask", json=QUESTION).json()["answer"] == "Miso"
    assert set(ids(client)) <= {"cat.txt", "deep.html"}


def test_limits_on_size_count_and_documents(client: TestClient) -> None:
    large = client.post("/v1/documents", files=files(a_txt=b"x" * 3_000_001))
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    many = client.post("/v1/documents", files=[("files", (f"{i}.txt", b"A word.")) for i in range(5)])
    assert (many.status_code, many.json()["code"]) == (422, "too_many_documents")
    full = client.post("/v1/documents", files=[("files", (f"{i}.txt", b"A word.")) for i in range(3)])
    assert (full.status_code, full.json()["code"]) == (422, "too_many_documents")
    twice = client.post("/v1/documents", files=[("files", ("a.txt", b"A word.")), ("files", ("a.txt", b"Another."))])
    assert twice.json()["failed"][0]["error"]["code"] == "duplicate_document"
    assert ids(client) == ["a.txt", "cat.txt"]


def test_what_is_not_there_and_the_last_one_cannot_be_removed(client: TestClient) -> None:
    for name in ("no.txt", "..%2F..%2Fetc%2Fpasswd", "%00"):
        gone = client.delete(f"/v1/documents/{name}")
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_document")
    last = client.delete("/v1/documents/cat.txt")
    assert (last.status_code, last.json()["code"]) == (409, "empty_corpus")
    assert "add another before you remove the last" in last.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"--x\r\n", b"{}"])
@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "application/json", "x"])
def test_what_is_no_upload_gets_a_problem(client: TestClient, content: bytes, kind: str) -> None:
    response = client.post("/v1/documents", content=content, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["code"]) in [(422, "invalid_request"), (400, "invalid_request")]
    assert response.headers["Content-Type"] == "application/problem+json"


def test_an_index_that_another_process_writes_to_is_busy(
    client: TestClient, cat_answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation.writing.__wrapped__, "__kwdefaults__", {"timeout": 0.1})  # type: ignore[attr-defined]
    with FileLock(cat_answerer.index.directory / "write.lock"):
        busy = client.post("/v1/documents", files=files(a_txt=b"A word."))
    assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (503, "index_busy", "1")


class Gate:
    """Reads each file when it is open, and notes its name."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.read: list[str] = []

    def __call__(self, data: bytes, doc_id: str, _: object) -> Document:
        self.read.append(doc_id)
        assert self.open.wait(60)
        return document(doc_id, data.decode())


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(uploads, "read_untrusted", gate)
    yield gate
    gate.open.set()


@pytest.fixture
def http(cat_answerer: Answerer, serve: Callable[..., Served]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve(create_app(cat_answerer)).address, timeout=60) as client:
        yield client


def leave(http: httpx.Client, method: str, path: str, **sent: Any) -> None:
    """Ask for a change, go before it is done, and wait until the server has seen that."""
    with pytest.raises(httpx.ReadTimeout):
        http.request(method, path, timeout=1, **sent)
    until(lambda: re.search(f'method="{method}".*status="499"', http.get("/metrics").text) is not None)


def test_a_change_whose_client_goes_leaves_the_line(http: httpx.Client, gate: Gate) -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(http.post, "/v1/documents", files=files(a_txt=b"A word."))
        until(lambda: gate.read == ["a.txt"])
        leave(http, "POST", "/v1/documents", files=files(gone_txt=b"A word."))
        leave(http, "DELETE", "/v1/documents/cat.txt")
        last = pool.submit(http.post, "/v1/documents", files=files(b_txt=b"A word."))
        gate.open.set()
        assert (first.result().status_code, last.result().status_code) == (201, 201)
    assert gate.read == ["a.txt", "b.txt"]
    assert ids(http) == ["a.txt", "b.txt", "cat.txt"]


def test_an_upload_whose_client_goes_stops_before_the_next_file(http: httpx.Client, gate: Gate) -> None:
    leave(http, "POST", "/v1/documents", files=files(a_txt=b"A word.", b_txt=b"A word."))
    gate.open.set()
    last = http.post("/v1/documents", files=files(c_txt=b"A word."))
    assert (last.status_code, gate.read) == (201, ["a.txt", "c.txt"])
    assert ids(http) == ["c.txt", "cat.txt"]


def missing(index: Index) -> None:
    shutil.rmtree(index.directory)


def corrupt(index: Index) -> None:
    (index.directory / "CURRENT").write_text("nonsense")


def foreign(index: Index) -> None:
    Index.build(index.documents.values(), index.directory, encoder=HashEncoder("other"))


def too_new(index: Index) -> None:
    manifest = index.directory / "generations" / index.generation / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))


@pytest.mark.parametrize("spoil", [missing, corrupt, foreign, too_new])
def test_an_index_that_was_spoiled_is_named_and_the_one_in_memory_answers(
    client: TestClient, cat_answerer: Answerer, spoil: Callable[[Index], None]
) -> None:
    spoil(cat_answerer.index)
    for method, path, sent in [
        ("post", "/v1/documents", {"files": files(a_txt=b"A word.")}),
        ("delete", "/v1/documents/cat.txt", {}),
    ]:
        refused = client.request(method, path, **sent)
        assert (refused.status_code, refused.json()["code"]) == (503, f"index_{spoil.__name__}")
        described = client.get("/openapi.json").json()["paths"][path.replace("cat.txt", "{doc_id}")][method]
        problems = described["responses"]["503"]["content"]["application/problem+json"]
        assert refused.json()["code"] in problems["examples"]
    assert client.post("/v1/ask", json=QUESTION).json()["answer"] == "Miso"


def test_a_document_of_the_same_text_but_another_title_is_sent_again(client: TestClient) -> None:
    page = "<html><head><title>{}</title></head><body><p>The office cat sleeps on the printer.</p></body></html>"
    seen = []
    for title in ("Cats", "Office rules"):
        client.post("/v1/documents", files=files(cat_html=page.format(title).encode()))
        seen.append(client.get("/v1/documents/cat.html"))
    before, after = (one.json() for one in seen)
    assert before["text_digest"] == after["text_digest"] and before["title"] != after["title"]
    stale, current = ({"If-None-Match": one.headers["ETag"]} for one in seen)
    assert client.get("/v1/documents/cat.html", headers=stale).json()["title"] == "Office rules"
    assert client.get("/v1/documents/cat.html", headers=current).status_code == 304


def test_several_at_once_are_all_kept(cat_answerer: Answerer) -> None:
    with TestClient(create_app(cat_answerer), base_url="http://127.0.0.1") as client:

        def add(number: int) -> int:
            name = f"{number}.txt"
            return client.post("/v1/documents", files=[("files", (name, b"A word."))]).status_code

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert list(pool.map(add, range(4))) == [201] * 4
        assert len(ids(client)) == 5
