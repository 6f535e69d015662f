"""``pincite serve`` as a process: an index that another process changes, and a server that is told to stop."""

import asyncio
import concurrent.futures
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mcp import Client

from tests.ui.commands import PINCITE, environment, run
from tests.waiting import until
from ui.server import GRACE

QUESTION = {"question": "Who is Meta's spokesperson?"}
ASKED = re.compile(r'pincite_requests_total\{method="POST",route="/v1/ask",status="200"\} (\d+)')


class Process:
    """A running ``pincite serve``, with its log in a file."""

    def __init__(self, folder: Path, log: Path, *flags: str) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [*PINCITE, "serve", "--port", "0", *flags], cwd=folder, env=environment(), stdout=out, stderr=out
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


def test_a_server_that_is_told_to_stop_finishes_what_it_took_and_leaves_open_pages(served: Process) -> None:
    taken = 4
    pages = [served.http.stream("GET", f"/gradio_api/heartbeat/{number}") for number in range(2)]

    def ask(_: int) -> int:
        return served.http.post("/v1/ask", json=QUESTION).status_code

    def all_are_in() -> bool:
        found = ASKED.search(served.http.get("/metrics").text)
        in_line = served.metric("pincite_questions_at_work") + served.metric("pincite_questions_waiting")
        return in_line + (int(found[1]) if found else 0) >= taken

    with pages[0] as page, pages[1], concurrent.futures.ThreadPoolExecutor(taken) as pool:
        assert "ALIVE" in next(page.iter_lines())
        asked = [pool.submit(ask, number) for number in range(taken)]
        until(all_are_in)
        begun = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert [one.result() for one in asked] == [200] * taken
        assert served.process.wait(60) in {0, -signal.SIGTERM}
        assert time.monotonic() - begun < GRACE / 2
    assert "Traceback" not in served.said()
    with pytest.raises(httpx.TransportError):
        served.http.get("/healthz")


def test_the_log_is_json_from_the_address_on_and_holds_no_question(served: Process) -> None:
    assert served.http.post("/v1/ask", json=QUESTION).json()["answer"] == "Francis Brennan"
    assert served.http.get("/", params={"q": QUESTION["question"]}).status_code == 200
    served.stop()
    lines = [json.loads(line) for line in served.said().splitlines()]
    assert lines[0]["message"].startswith("Pincite is at http://127.0.0.1:")
    assert {"/v1/ask", "/"} <= {line.get("path") for line in lines}
    assert "spokesperson" not in served.said().lower() and "Brennan" not in served.said()


def test_a_client_of_mcp_is_served_beside_the_chat(served: Process) -> None:
    async def asked() -> object:
        async with Client(f"{served.http.base_url}/mcp") as client:
            result = await client.call_tool("ask", dict(QUESTION))
            return result.structured_content

    assert asyncio.run(asked())["answer"] == "Francis Brennan"  # type: ignore[index]


def test_without_keys_others_may_read_where_that_is_said_but_change_nothing(folder: Path, tmp_path: Path) -> None:
    process = Process(folder, tmp_path / "log", "--host", "0.0.0.0", "--no-auth")
    try:
        assert process.http.post("/v1/ask", json=QUESTION).status_code == 200
        refused = process.http.post("/v1/documents", files={"files": ("dog.txt", b"The dog is called Kuro.")})
        assert (refused.status_code, refused.json()["code"]) == (403, "writes_off")
        assert 'id="add-documents"' not in str(process.http.get("/config").json())
    finally:
        process.stop()


def test_keys_are_read_again_at_a_signal(folder: Path, tmp_path: Path) -> None:
    settings = folder / "pincite.toml"
    old, new = "a" * 20, "b" * 20
    settings.write_text(f'api_keys = "team:read:{old}"\n')
    served = Process(folder, tmp_path / "log")

    def status(secret: str) -> int:
        return served.http.get("/v1/documents", headers={"Authorization": f"Bearer {secret}"}).status_code

    try:
        assert (status(old), status(new)) == (200, 401)
        settings.write_text(f'api_keys = "team:read:{new}"\n')
        served.process.send_signal(signal.SIGHUP)
        until(lambda: "read again: team" in served.said(), 60)
        assert (status(old), status(new)) == (401, 200)
        for wrong in ("team:admin:no", ""):
            settings.write_text(f'api_keys = "{wrong}"\n')
            served.process.send_signal(signal.SIGHUP)
        until(lambda: served.said().count("were not read again") == 2, 60)
        assert (status(old), status(new)) == (401, 200)
        assert old not in served.said() and new not in served.said()
    finally:
        settings.unlink()
        served.stop()
