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
    UNSURE,
    Open,
    Site,
    ask,
    comes_into_view,
    has_no_horizontal_scroll,
    tab_to,
)


def test_everything_can_be_done_by_keyboard(article_site: Site, open_page: Open, screenshots: Path) -> None:
    page = open_page(article_site.url)
    expect(page.locator("#question textarea")).to_be_focused()
    for question in (SPOKESPERSON, ORDER):
        page.keyboard.type(question)
        page.keyboard.press("Enter")
        expect(page.locator(".turn:last-child .question")).to_have_text(question)
        expect(page.locator(".waiting")).to_have_count(0)
    expect(page.locator("#source mark strong")).to_have_text("June 2")
    chips = page.locator(".chip")
    tab_to(page, chips.first, back=True)
    assert chips.first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    assert "Citation 1" in (chips.first.get_attribute("aria-label") or "")
    page.keyboard.press("Enter")
    expect(page.locator("#source mark strong")).to_have_text("Francis Brennan")
    expect(page.locator("#source mark")).to_be_focused()  # to be read on from there
    citation = article_site.answerer.ask(SPOKESPERSON).citations[0]
    group = page.get_by_role("group", name=f"Text of {citation.title}")
    expect(group.locator("mark")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chips.first).to_be_focused()
    page.keyboard.press("Enter")  # it is open already
    expect(page.locator("#source mark")).to_be_focused()
    back = page.get_by_role("link", name="Back to the answers")
    tab_to(page, back, back=True)
    expect(back).to_be_in_viewport(ratio=1)
    page.screenshot(path=screenshots / "light-back.png")
    page.keyboard.press("Enter")
    expect(chips.first).to_be_focused()
    chips.last.click()
    expect(page.locator("#source mark strong")).to_have_text("June 2")
    expect(chips.last).to_be_focused()  # a mouse leaves the focus where it clicked


def test_examples_copies_opinions_and_documents_are_reached_by_tab(library_site: Site, open_page: Open) -> None:
    page = open_page(library_site.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator("#question textarea")).to_be_focused()
    tab_to(page, page.get_by_role("button", name=SPOKESPERSON), back=True)
    page.keyboard.press("Enter")
    expect(page.locator(".answer strong")).to_have_text("Francis Brennan")
    page.locator("#question textarea").click()
    copy, right = page.get_by_role("button", name="Copy", exact=True), page.get_by_role("button", name="Right")
    tab_to(page, copy, back=True)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "Francis Brennan" in page.evaluate("navigator.clipboard.readText()")
    tab_to(page, right)
    page.keyboard.press("Space")
    expect(right).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".opinion")).to_contain_text("this is kept")
    tab_to(page, page.locator("#picker input"))
    page.keyboard.type("poem")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#source .text")).to_contain_text("violets are blue,")
    library_site.feedback.unlink(missing_ok=True)


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


def violations(page: Page) -> list[str]:
    """What the rules of axe-core (Deque) call serious."""
    found = Axe().run(page).response
    assert len(found["passes"]) > 5  # else it looked at nothing
    return [
        f"{rule['id']}: {node['html']}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def test_axe_finds_no_serious_violation(article_site: Site, open_page: Open) -> None:
    """In every state of the page and in both lights."""
    for look in ({}, {"dark": True}, {"width": 360, "height": 740}):
        page = open_page(article_site.url, **look)
        assert violations(page) == []
        for question in (SPOKESPERSON, UNANSWERABLE, "hello", "Who is Francis Brenann?"):
            ask(page, question)
        expect(page.locator(".meant")).to_be_visible()
        page.locator("summary").first.click()
        page.get_by_role("button", name="Wrong").first.click()
        expect(page.locator("form.note")).to_be_visible()
        assert violations(page) == []
    article_site.feedback.unlink(missing_ok=True)


def test_axe_finds_nothing_with_several_documents(
    library_site: Site, charter_site: Site, keyed_site: Site, open_page: Open
) -> None:
    page = open_page(library_site.url)
    page.locator("#picker input").click()
    expect(page.get_by_role("option", name="A small poem")).to_be_visible()
    assert violations(page) == []
    page = open_page(charter_site.url)
    ask(page, UNSURE)
    expect(page.locator(".also button")).to_have_count(2)
    assert violations(page) == []
    page = open_page(keyed_site.url, shows=["#key"])
    assert violations(page) == []


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


def test_the_page_of_the_endpoint_works_and_leaves_nothing_to_the_network(
    article_site: Site, open_page: Open, visit: Visit
) -> None:
    page = open_page(f"{article_site.url}/docs", shows=[".swagger-ui .opblock"])
    page.locator("#operations-answers-ask_v1_ask_post, .opblock-post").first.click()
    expect(page.get_by_role("button", name="Try it out").first).to_be_visible()
    assert visit.hosts == {"127.0.0.1"}


def test_the_newest_answer_is_in_view_on_every_screen(article_site: Site, open_page: Open, screenshots: Path) -> None:
    """And pictures of it, for a person to look at."""
    kinds = {"light": {}, "dark": {"dark": True}, "phone": {"width": 360, "height": 740}}
    for name, look in kinds.items():
        page = open_page(article_site.url, **look)
        page.screenshot(path=screenshots / f"{name}-empty.png")
        ask(page, SPOKESPERSON)
        page.wait_for_timeout(400)
        expect(page.locator(".answer strong").first).to_be_in_viewport()
        page.screenshot(path=screenshots / f"{name}-answer.png")
        ask(page, UNANSWERABLE)
        page.wait_for_timeout(400)
        expect(page.locator(".turn:last-child .verdict")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=screenshots / f"{name}-abstention.png")
