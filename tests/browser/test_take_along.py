"""What a reader takes along and gives back: copies, files, opinions, documents."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from index import Index, OnnxEncoder
from qa.api.limits import Limits
from qa.evaluation.data.formats import read_questions
from tests.browser.conftest import Visit
from tests.browser.stage import ORDER, SPOKESPERSON, UNANSWERABLE, ListeningAnswerer, Open, Site, ask
from tests.fakes import document
from ui.chat.exports import markdown, plain

UPLOAD = 100_000
DROP = """(files) => {
    const carried = new DataTransfer();
    for (const [name, text] of files) carried.items.add(new File([text], name));
    const drop = (kind) => document.body.dispatchEvent(
        new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
    drop("dragenter");
    const shown = document.body.classList.contains("dropping");
    drop("drop");
    return shown && !document.body.classList.contains("dropping");
}"""


@pytest.fixture
def small_site(serve: Callable[..., Site], encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two documents that a test may add to, a little at a time."""
    documents = [document("cat.txt", "The cat is called Tom.", "Cats"), document("dog.txt", "The dog barks.", "Dogs")]
    index = Index.build(documents, tmp_path_factory.mktemp("small"), encoder=encoder)
    return serve(ListeningAnswerer(index), limits=Limits(upload=UPLOAD))


def copied(page: Page, button: str) -> str:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()  # its words come back
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.fixture
def rated(article_site: Site) -> Iterator[Path]:
    yield article_site.feedback
    article_site.feedback.unlink(missing_ok=True)


def test_an_answer_is_copied_with_its_source(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, SPOKESPERSON)
    answer = article_site.answerer.ask(SPOKESPERSON)
    assert copied(page, "Copy") == plain(answer)
    assert copied(page, "Copy as Markdown") == markdown(answer)


def test_a_copy_works_where_the_clipboard_is_closed(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    page.context.grant_permissions(["clipboard-read"])
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }")
    ask(page, SPOKESPERSON)
    assert copied(page, "Copy") == plain(article_site.answerer.ask(SPOKESPERSON))


def test_the_conversation_is_saved(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    expect(page.locator(".export")).to_have_count(0)
    ask(page, SPOKESPERSON)
    ask(page, UNANSWERABLE)
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert download.value.suggested_filename.endswith(".json")
    turns = json.loads(download.value.path().read_text("utf-8"))["turns"]
    assert [turn["question"] for turn in turns] == [SPOKESPERSON, UNANSWERABLE]
    assert turns[0]["answer"]["answer"] == "Francis Brennan"
    assert turns[1]["answer"]["abstained"] is True
    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown", exact=True).click()
    told = download.value.path().read_text("utf-8")
    assert f"## {SPOKESPERSON}" in told
    assert "**Francis Brennan**" in told
    expect(page.locator(".turn")).to_have_count(2)


def test_an_opinion_becomes_a_question_to_label(article_site: Site, open_page: Open, rated: Path) -> None:
    page = open_page(article_site.url)
    ask(page, ORDER)
    ask(page, SPOKESPERSON)
    newest = page.locator(".turn:last-child")
    newest.get_by_role("button", name="Wrong").press("Enter")
    expect(newest.locator(".opinion")).to_contain_text("this is kept")
    expect(newest.get_by_role("button", name="Wrong")).to_have_attribute("aria-pressed", "true")
    newest.get_by_role("textbox", name="A note on this answer").fill("Ask <b>her</b>")
    page.keyboard.press("Enter")
    expect(newest.locator(".opinion")).to_contain_text("note is kept")
    expect(newest.get_by_role("textbox")).to_have_count(0)
    (question,) = read_questions(rated).questions
    assert (question.question, question.labelled) == (SPOKESPERSON, False)
    assert [turn.question for turn in question.history] == [ORDER]
    row = json.loads(rated.read_text("utf-8"))
    assert (row["rating"], row["note"], row["given"]["answer"]) == ("down", "Ask <b>her</b>", "Francis Brennan")
    expect(page.locator(".turn:first-child .opinion")).to_have_count(0)


def test_dropped_documents_are_added_and_others_are_named(small_site: Site, open_page: Open, visit: Visit) -> None:
    page = open_page(small_site.url)
    held: list[Route] = []
    page.route("**/v1/documents", lambda route: held.append(route))  # noqa: PLW0108 - no built-in can be one
    files = [["bad.zip", "PK"], ["fish.md", "# \\<img src=x onerror=alert(1)>\n\nThe fish is called Wanda."]]
    assert page.evaluate(DROP, files) is True
    told = page.locator("#adding")
    expect(told).to_contain_text("Adding 1 of 2: bad.zip")
    expect(told.get_by_role("progressbar", name="Adding documents")).to_be_visible()
    held.pop().continue_()
    expect(told).to_contain_text("Adding 2 of 2: fish.md")
    expect(told.locator(".problem")).to_contain_text("bad.zip")
    expect(told.get_by_role("button")).to_have_count(0)
    held.pop().continue_()
    expect(told).to_contain_text("Added: <img src=x onerror=alert(1)>")
    expect(told.locator("img, progress")).to_have_count(0)
    visit.was_refused("/v1/documents", 422)
    expect(page.locator("#source .text")).to_contain_text("The fish is called Wanda")
    told.get_by_role("button", name="Close").click()
    expect(told).to_be_empty()
    page.locator("#picker input").click()
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("Escape")
    ask(page, "What is the fish called?")
    expect(page.locator(".turn .answer, .turn .abstention")).to_have_count(1)


def test_a_file_that_is_too_large_is_named_and_the_others_are_added(
    small_site: Site, open_page: Open, visit: Visit, tmp_path: Path
) -> None:
    """One is over the limit alone, the others only together."""
    sizes = {"ant.txt": 0.4, "bee.txt": 0.4, "cow.txt": 1.1, "doe.txt": 0.4}
    for name, share in sizes.items():
        (tmp_path / name).write_text(f"{name} has legs.\n" + "\n" * int(share * UPLOAD), encoding="utf-8")
    page = open_page(small_site.url)
    page.locator("#chosen-documents").set_input_files([tmp_path / name for name in sizes])
    told = page.locator("#adding")
    expect(told.get_by_role("button", name="Close")).to_be_visible()
    expect(told.locator("p")).to_have_count(4)
    expect(told.locator(".problem")).to_have_count(1)
    expect(told.locator(".problem")).to_contain_text("cow.txt: It is larger than the server takes")
    visit.was_refused("/v1/documents", 413)
    added = page.request.get(f"{small_site.url}/v1/documents").json()["documents"]
    assert {"ant.txt", "bee.txt", "doe.txt"} <= {found["doc_id"] for found in added}
    expect(page.locator("#source .where")).to_contain_text("ant.txt")


def test_documents_are_chosen_by_keyboard(small_site: Site, open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "bird.md"
    path.write_text("# Birds\n\nThe bird is called Ada.")
    page = open_page(small_site.url)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add documents").press("Enter")
    chooser.value.set_files(path)
    expect(page.locator("#adding")).to_contain_text("Added: Birds")
    expect(page.locator("#source .text")).to_contain_text("The bird is called Ada.")
