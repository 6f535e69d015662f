"""The tools as the real client of the official package sees them."""

import asyncio
import concurrent.futures
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from qa import Answerer
from qa.api import create_app
from qa.api.limits import Limits
from qa.api.middleware.access import Access, parse_keys
from tests.qa.api.conftest import CAT, GatedReader, Served
from tests.qa.api.test_queue import metric, until
from tests.ui.commands import environment

SECRET = "s" * 20


async def used(client: Client) -> list[dict[str, object]]:
    async with client:
        names = sorted(tool.name for tool in (await client.list_tools()).tools)
        assert names == ["ask", "list_documents", "read_document", "search"]
        calls = [
            ("ask", {"question": "What is the office cat called?", "doc_ids": ["cat.txt"]}),
            ("search", {"query": "office cat", "mode": "lexical", "doc_ids": ["cat.txt"]}),
            ("read_document", {"doc_id": "cat.txt", "start": 4, "end": 10}),
            ("list_documents", {}),
        ]
        results = [await client.call_tool(name, arguments) for name, arguments in calls]
        assert not any(result.is_error for result in results)
        return [result.structured_content for result in results]  # type: ignore[misc]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_tools_over_http(cat_answerer: Answerer, serve: Callable[..., Served], mode: str) -> None:
    server = serve(create_app(cat_answerer))
    asked, found, read, listed = asyncio.run(used(Client(f"{server.address}/mcp", mode=mode)))
    assert [document["doc_id"] for document in listed["documents"]] == ["cat.txt"] and listed["of"] == 1  # type: ignore[attr-defined]
    assert (asked["answer"], asked["abstained"]) == ("Miso", False)
    assert asked["citations"][0]["quote"] == CAT  # type: ignore[index]
    assert found["hits"][0]["text"] == CAT  # type: ignore[index]
    assert (read["text"], read["characters"]) == ("office", len(CAT))


def test_a_named_error_reaches_the_model_as_its_sentence(cat_answerer: Answerer, serve: Callable[..., Served]) -> None:
    server = serve(create_app(cat_answerer))

    async def failing() -> list[str]:
        async with Client(f"{server.address}/mcp") as client:
            calls = [
                ("ask", {"question": " "}),
                ("ask", {"question": "x" * 2001}),
                ("read_document", {"doc_id": "../../etc/passwd"}),
                ("search", {"query": "cat", "top_k": 51}),
            ]
            results = [await client.call_tool(name, arguments) for name, arguments in calls]
            assert all(result.is_error for result in results)
            return [result.content[0].text for result in results]  # type: ignore[union-attr]

    empty, long, unknown, many = asyncio.run(failing())
    assert "empty; type one. (empty_question)" in empty
    assert "question_too_long" in long and "unknown_document" in unknown and "top_k" in many


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_call_whose_client_goes_leaves_the_line(
    gated: tuple[Answerer, GatedReader], serve: Callable[..., Served], mode: str
) -> None:
    answerer, reader = gated
    server = serve(create_app(answerer, limits=Limits(at_work=1, waiting=4)))

    async def leaving() -> None:
        async with Client(f"{server.address}/mcp", mode=mode) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.call_tool("ask", {"question": "Who leaves?"}), 1)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(httpx.post, f"{server.address}/v1/ask", json={"question": "Who?"}, timeout=60)
        assert reader.reading.acquire(timeout=60)
        asyncio.run(leaving())
        until(lambda: metric(server.address, "pincite_questions_waiting") == 0)
        reader.gate.set()
        assert first.result().status_code == 200
    assert reader.read_questions == ["Who?"]


def test_the_guard_stands_before_the_tools_too(cat_answerer: Answerer, serve: Callable[..., Served]) -> None:
    access = Access(parse_keys(f"agent:read:{SECRET}"))
    server = serve(create_app(cat_answerer, access=access))
    assert httpx.post(f"{server.address}/mcp", json={}).status_code == 401
    foreign = {"Authorization": f"Bearer {SECRET}", "Host": "evil.example"}
    assert httpx.post(f"{server.address}/mcp", json={}, headers=foreign).json()["code"] == "foreign_host"

    async def with_key() -> list[dict[str, object]]:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {SECRET}"}) as http:
            return await used(Client(streamable_http_client(f"{server.address}/mcp", http_client=http)))

    assert asyncio.run(with_key())[0]["answer"] == "Miso"


def test_the_command_speaks_over_standard_input_and_output(tmp_path: Path) -> None:
    (tmp_path / "cat.txt").write_text(CAT + "\n")
    command = [sys.executable, "-m", "ui.cli"]
    subprocess.run([*command, "index", "cat.txt"], cwd=tmp_path, env=environment(), check=True, capture_output=True)
    parameters = StdioServerParameters(
        command=command[0], args=[*command[1:], "mcp"], env={**environment(), "PATH": os.environ["PATH"]}, cwd=tmp_path
    )
    asked, found, *_ = asyncio.run(used(Client(parameters)))
    assert "Miso" in str(asked["answer"])
    assert found["hits"][0]["text"].strip() == CAT  # type: ignore[index]
