"""Real servers on free ports, and an index that is quickly made."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from corpus import Passage
from index import Index
from qa import Answerer
from qa.types import Candidate
from tests.fakes import FixedReader, HashEncoder, document

CAT = "The office cat is called Miso."


class GatedReader(FixedReader):
    """Reads when the gate is open; says when it is reading, and counts."""

    def __init__(self) -> None:
        super().__init__({"Miso": 9.0, "Kuro": 8.0})
        self.gate = threading.Event()
        self.reading = threading.Semaphore(0)
        self.read_questions: list[str] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        self.read_questions.append(question)
        self.reading.release()
        assert self.gate.wait(30)
        return super().read(question, passages)


@pytest.fixture
def cat_index(tmp_path: Path) -> Index:
    return Index.build([document("cat.txt", CAT)], tmp_path / "index", encoder=HashEncoder())


@pytest.fixture
def gated(cat_index: Index) -> Iterator[tuple[Answerer, GatedReader]]:
    reader = GatedReader()
    answerer = Answerer(cat_index, reader=reader)
    # The chat offers examples as soon as it is opened, and asks them once.
    reader.gate.set()
    assert answerer.examples
    reader.gate.clear()
    reader.reading, reader.read_questions = threading.Semaphore(0), []
    yield answerer, reader
    reader.gate.set()


@pytest.fixture
def cat_answerer(gated: tuple[Answerer, GatedReader]) -> Answerer:
    answerer, reader = gated
    reader.gate.set()
    return answerer


class Served:
    """A running server."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def ask_to_stop(self) -> None:
        self._server.should_exit = True

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(app: FastAPI, grace: int = 10) -> Served:
        config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=grace)
        running.append(Served(uvicorn.Server(config)))
        return running[-1]

    yield start
    for served in running:
        served.stop()
