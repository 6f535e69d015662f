"""How the chat looks and is reached: keyboard, screen reader, phone, dark; and what stays on the machine."""

import json
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.stage import (
    ORDER,
    SPOKESPERSON,
    UNANSWERABLE,
    Open,
    Site,
    ask,
    comes_into_view,
    has_no_horizontal_scroll,
)


def test_everything_can_be_done_by_keyboard(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    expect(page.locator("#question textarea")).to_be_focused()
    for question in (SPOKESPERSON, ORDER):
        page.keyboard.type(question)
        page.keyboard.press("Enter")
        expect(page.locator(".turn:last-child .question")).to_have_text(question)
        expect(page.locator(".waiting")).to_have_count(0)
    expect(page.locator("#source mark strong")).to_have_text("June 2")
    chips = page.locator(".chip")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if chips.first.evaluate("node => node === document.activeElement"):
            break
    expect(chips.first).to_be_focused()
    assert chips.first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    assert "Citation 1" in (chips.first.get_attribute("aria-label") or "")
    page.keyboard.press("Enter")
    expect(page.locator("#source mark strong")).to_have_text("Francis Brennan")
    expect(chips.first).to_be_focused()


def test_a_screen_reader_finds_its_way(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "polite"
    expect(log).to_contain_text("Francis Brennan")
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("region", name="Source")).to_have_count(1)
    expect(page.get_by_role("region", name="Conversation")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Pincite")
    expect(page.get_by_role("heading", name=SPOKESPERSON, level=2)).to_have_count(1)
    expect(page.get_by_role("textbox", name="Your question")).to_have_count(1)


def test_axe_finds_no_serious_violation(article_site: Site, open_page: Open) -> None:
    """The rules of axe-core (Deque), in every state of the page and in both lights."""

    def violations(page: Page) -> list[str]:
        found = Axe().run(page).response
        assert len(found["passes"]) > 10  # else it looked at nothing
        return [
            f"{rule['id']}: {node['html']}"
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]

    for look in ({}, {"dark": True}, {"width": 360, "height": 740}):
        page = open_page(article_site.url, **look)
        assert violations(page) == []
        for question in (SPOKESPERSON, UNANSWERABLE, "hello"):
            ask(page, question)
        page.locator("summary").first.click()
        page.get_by_role("button", name="Wrong").first.click()
        expect(page.locator("form.note")).to_be_visible()
        assert violations(page) == []
    article_site.feedback.unlink(missing_ok=True)


def test_an_answer_leaves_earlier_turns_untouched(article_site: Site, open_page: Open) -> None:
    """Else a screen reader would read the whole conversation out again."""
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    page.locator(".turn").evaluate("node => { node.kept = true; }")
    ask(page, ORDER)
    assert page.locator(".turn").first.evaluate("node => node.kept") is True


def test_a_phone_shows_the_source_below(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url, width=360, height=740)
    assert has_no_horizontal_scroll(page)
    ask(page, SPOKESPERSON)
    comes_into_view(page, ".turn:last-child blockquote")
    comes_into_view(page, "#question textarea")
    assert has_no_horizontal_scroll(page)
    page.locator(".chip").click()
    comes_into_view(page, "#source mark")
    page.get_by_role("link", name="Back to the answers").click()
    comes_into_view(page, ".chip")
    ask(page, UNANSWERABLE)
    assert has_no_horizontal_scroll(page)


def test_dark_follows_the_readers_system(article_site: Site, open_page: Open) -> None:
    def lightness(page: Page, selector: str, what: str) -> int:
        colour = page.locator(selector).first.evaluate("(node, what) => getComputedStyle(node)[what]", what)
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    for dark in (False, True):
        page = open_page(article_site.url, dark=dark)
        ask(page, SPOKESPERSON)
        paper, ink = lightness(page, ".gradio-container", "backgroundColor"), lightness(page, "blockquote", "color")
        sheet = lightness(page, "#right", "backgroundColor")
        assert max(paper, sheet) < 150 < ink if dark else min(paper, sheet) > 600 > ink


def test_nothing_of_the_page_is_an_api_or_leaves_the_machine(article_site: Site, open_page: Open, visit: Visit) -> None:
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    assert visit.hosts == {"127.0.0.1"}
    info = page.request.get(f"{article_site.url}/gradio_api/info").json()
    assert info == {"named_endpoints": {}, "unnamed_endpoints": {}}
    sent = page.request.post(
        f"{article_site.url}/gradio_api/upload",
        multipart={"files": {"name": "a.txt", "mimeType": "text/plain", "buffer": b"more than one byte"}},
    )
    assert sent.status >= 400
    expect(page.locator("footer")).to_have_count(0)
    assert page.request.get(f"{article_site.url}/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert json.loads(page.request.get(f"{article_site.url}/v1/nothing").text())["status"] == 404


def test_pictures_for_a_person_to_look_at(article_site: Site, open_page: Open, screenshots: Path) -> None:
    kinds = {"light": {}, "dark": {"dark": True}, "phone": {"width": 360, "height": 740}}
    for name, look in kinds.items():
        page = open_page(article_site.url, **look)
        page.screenshot(path=screenshots / f"{name}-empty.png")
        ask(page, SPOKESPERSON)
        page.wait_for_timeout(400)
        page.screenshot(path=screenshots / f"{name}-answer.png")
        ask(page, UNANSWERABLE)
        page.wait_for_timeout(400)
        page.screenshot(path=screenshots / f"{name}-abstention.png")
