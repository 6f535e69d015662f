"""What nobody would send: requests made from the schema, against it, and past it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.loading import SUFFIXES
from index import Index
from qa import Answerer
from qa.api import create_app
from qa.api.limits import Limits
from qa.api.middleware.access import Access, parse_keys
from tests.fakes import FixedReader, HashEncoder, document
from tests.qa.api.conftest import Served

CONFIG = Path(__file__).with_name("schemathesis.toml")
SECRET = "w" * 20


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    documents = [document(f"{name}.txt", f"The office cat is called {name}.") for name in ("Miso", "Kuro", "Tama")]
    index = Index.build(documents, tmp_path_factory.mktemp("fuzzed"), encoder=HashEncoder())
    return Answerer(index, reader=FixedReader({"Miso": 9.0, "Kuro": 8.0}))


@pytest.mark.timeout(600)
def test_no_request_is_answered_otherwise_than_the_schema_says(
    fuzzed: Answerer, serve: Callable[..., Served], tmp_path: Path
) -> None:
    """Examples, edge cases, chance and sequences of requests, of every operation, with a key and without."""
    access = Access(parse_keys(f"fuzz:write:{SECRET}"))
    server = serve(create_app(fuzzed, access=access, limits=Limits(rate=0)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    command += [f"{server.address}/openapi.json", "--header", f"Authorization: Bearer {SECRET}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Tested: 13" in done.stdout and "No issues found" in done.stdout, done.stdout


@pytest.fixture(scope="module")
def client(fuzzed: Answerer) -> Iterator[TestClient]:
    with TestClient(create_app(fuzzed), base_url="http://127.0.0.1") as client:
        yield client


@settings(max_examples=10, deadline=None, derandomize=True, database=None)
@given(
    name=st.text(max_size=20) | st.just("a"),
    suffix=st.sampled_from([*SUFFIXES, "", ".xyz"]),
    data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
)
def test_any_file_is_added_or_refused_in_words(client: TestClient, name: str, suffix: str, data: bytes) -> None:
    """Few, since each is read in a process of its own."""
    response = client.post("/v1/documents", files=[("files", (f"{name}{suffix}", data))])
    assert response.status_code in {201, 422}
    assert response.status_code == 201 or len(response.json()["detail"]) > 15
