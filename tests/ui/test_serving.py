"""``pincite serve`` as a process: an index that another process changes, and a server that is told to stop."""

import concurrent.futures
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.ui.commands import PINCITE, environment, run

QUESTION = {"question": "Who is Meta's spokesperson?"}
ASKED = re.compile(r'pincite_requests_total\{method="POST",route="/v1/ask",status="200"\} (\d+)')


class Process:
    """A running ``pincite serve``, with its log in a file."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [*PINCITE, "serve", "--port", "0"], cwd=folder, env=environment(), stdout=out, stderr=out
            )
        until(lambda: "http://" in self.said() or self.process.poll() is not None)
        found = re.search(r"http://[\d.]+:\d+", self.said())
        assert found, self.said()
        self.http = httpx.Client(base_url=found[0], timeout=120, trust_env=False)
        until(self.is_ready)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def metric(self, name: str) -> float:
        lines = self.http.get("/metrics").text.splitlines()
        return float(next(line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name} ")))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.http.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def served(folder: Path, tmp_path: Path) -> Iterator[Process]:
    process = Process(folder, tmp_path / "log")
    yield process
    if process.process.poll() is None:
        process.stop()


def test_an_index_that_another_process_changes_is_picked_up_and_no_question_fails(
    served: Process, folder: Path
) -> None:
    (folder / "dogs.txt").write_text("The office dog of the Lisbon branch is called Kuro.", encoding="utf-8")
    before = served.http.get("/readyz").json()["generation"]
    done = threading.Event()

    def asked() -> set[tuple[int, str]]:
        seen = set()
        while not done.is_set():
            response = served.http.post("/v1/ask", json=QUESTION)
            seen.add((response.status_code, response.json().get("answer")))
        return seen

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(asked)
        run(folder, "documents", "add", "dogs.txt")
        until(lambda: served.http.get("/readyz").json()["generation"] != before)
        dog = served.http.post("/v1/ask", json={"question": "What is the office dog called?", "doc_ids": ["dogs.txt"]})
        done.set()
        assert asking.result() == {(200, "Francis Brennan")}
    assert dog.json()["answer"] == "Kuro"


def test_a_server_that_is_told_to_stop_finishes_what_it_took(served: Process) -> None:
    taken = 4

    def ask(_: int) -> int:
        return served.http.post("/v1/ask", json=QUESTION).status_code

    def all_are_in() -> bool:
        found = ASKED.search(served.http.get("/metrics").text)
        in_line = served.metric("pincite_questions_at_work") + served.metric("pincite_questions_waiting")
        return in_line + (int(found[1]) if found else 0) >= taken

    with concurrent.futures.ThreadPoolExecutor(taken) as pool:
        asked = [pool.submit(ask, number) for number in range(taken)]
        until(all_are_in)
        served.process.send_signal(signal.SIGTERM)
        assert [one.result() for one in asked] == [200] * taken
    assert served.process.wait(60) in {0, -signal.SIGTERM}
    assert "Traceback" not in served.said()
    with pytest.raises(httpx.TransportError):
        served.http.get("/healthz")
