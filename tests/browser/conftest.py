"""The real page in a real browser: Debian's chromium, driven by Playwright."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from corpus import read_builtin
from index import Index, OnnxEncoder
from qa import Answerer
from qa.api import LiveAnswerer, create_app
from qa.api.middleware.access import Access, parse_keys
from tests.browser.stage import (
    PATIENCE,
    READ_KEY,
    WRITE_KEY,
    ListeningAnswerer,
    Site,
    charters,
    hostile_document,
    poem,
)
from tests.fakes import HashEncoder, document
from tests.qa.api.conftest import Served
from ui.chat.app import mount_chat
from ui.server import Server

_ARGUMENTS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
CHAT = ("#source .panel", "#conversation .log")
"""What stands on the page of the chat as soon as it can be used."""


@dataclass
class Visit:
    """What a page did that a reader does not see."""

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def was_refused(self, path: str, *statuses: int) -> None:
        """Requests for the path were refused with these, as a test meant them to be; all else is still a complaint."""
        refusals = [said for said in self.complaints if urlsplit(said.split()[-1]).path == path]
        assert [int(said.split()[0]) for said in refusals] == list(statuses)
        self.complaints = [
            said for said in self.complaints if said not in refusals and not said.startswith("Failed to load resource")
        ]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Starts servers on free ports, and stops them at the end; keywords go to ``create_app``."""
    running: list[Served] = []

    def start(answerer: Answerer, **settings: Any) -> Site:
        feedback = tmp_path_factory.mktemp("feedback") / "feedback.jsonl"
        live = LiveAnswerer(answerer)
        app = mount_chat(create_app(live, **settings), live, feedback=feedback, uploads=True, keys="access" in settings)
        running.append(Served(Server(app)))
        return Site(running[-1].address, answerer, feedback)

    yield start
    for served in running:
        served.stop()


@pytest.fixture(scope="session")
def article_site(serve: Callable[[Answerer], Site], article_index: Index) -> Site:
    """The built-in article alone, read by a reader that knows its answers."""
    return serve(ListeningAnswerer(article_index))


@pytest.fixture(scope="session")
def real_site(serve: Callable[[Answerer], Site], answerer: Answerer) -> Site:
    """The built-in article with the shipped reader."""
    return serve(answerer)


@pytest.fixture(scope="session")
def library_site(
    serve: Callable[[Answerer], Site], encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """The article among a hostile document and a short poem."""
    documents = [*read_builtin(), hostile_document(), poem()]
    return serve(ListeningAnswerer(Index.build(documents, tmp_path_factory.mktemp("library"), encoder=encoder)))


@pytest.fixture(scope="session")
def charter_site(serve: Callable[[Answerer], Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three documents that answer one question."""
    index = Index.build(charters(), tmp_path_factory.mktemp("charters"), encoder=HashEncoder())
    return serve(ListeningAnswerer(index))


@pytest.fixture(scope="session")
def keyed_site(serve: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A server that asks for a key, and writes questions into its log."""
    documents = [document("cat.txt", "The cat is called Tom.", "Cats"), document("dog.txt", "The dog barks.", "Dogs")]
    index = Index.build(documents, tmp_path_factory.mktemp("keyed"), encoder=HashEncoder())
    access = Access(parse_keys(f"team:read:{READ_KEY} editor:write:{WRITE_KEY}"))
    return serve(ListeningAnswerer(index), access=access, log_questions=True)


@pytest.fixture(scope="session")
def large_site(serve: Callable[[Answerer], Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One document that is too long to be shown whole."""
    text = "\n\n".join(f"Paragraph {i} holds the word w{i}." for i in range(12_000))
    index = Index.build([document("large.txt", text)], tmp_path_factory.mktemp("large"), encoder=HashEncoder())
    return serve(ListeningAnswerer(index))


@pytest.fixture(scope="module")  # while Playwright runs, no test in this thread can run an event loop
def browser() -> Iterator[Browser]:
    """Chromium from the PATH; without one these tests are skipped."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("No chromium on the PATH: the chat was not tested in a browser. Get one: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS.split())
        yield found
        found.close()


@pytest.fixture
def visit() -> Visit:
    return Visit()


@pytest.fixture
def open_page(browser: Browser, visit: Visit) -> Iterator[Callable[..., Page]]:
    """Opens pages of their own profile. Afterwards, none may have complained or asked another host for anything."""
    contexts: list[BrowserContext] = []

    def opened(
        url: str, *, width: int = 1440, height: int = 900, dark: bool = False, shows: Sequence[str] = CHAT
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type in {"error", "warning"} and visit.complaints.append(said.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (visit.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("response", lambda r: r.status >= 400 and visit.complaints.append(f"{r.status} {r.url}"))
        page.on("request", lambda request: visit.hosts.add(urlsplit(request.url).hostname or request.url[:40]))
        page.goto(url)
        for selector in shows:
            page.wait_for_selector(selector)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert visit.complaints == []
    assert visit.hosts <= {"127.0.0.1"}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures are written for a person to look at."""
    folder = Path(__file__).parent / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
