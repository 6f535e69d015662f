"""The chat of a server that has keys."""

import logging

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CHAT, Visit
from tests.browser.stage import CAT, READ_KEY, WRITE_KEY, Open, Site, ask

FISH = {"name": "fish.txt", "mimeType": "text/plain", "buffer": b"Fish\n\nThe fish is called Wanda."}


def log_in(page: Page, key: str) -> None:
    page.get_by_label("Your key").fill(key)
    page.keyboard.press("Enter")


def test_a_wrong_key_is_refused_in_words_and_the_right_one_opens_the_chat(
    keyed_site: Site, open_page: Open, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "qa.api")
    page = open_page(keyed_site.url, shows=["#key"])
    expect(page.get_by_label("Your key")).to_be_focused()
    log_in(page, "a key that nobody has")
    expect(page.get_by_role("alert")).to_contain_text("does not know this key")
    visit.was_refused("/login", 401)
    log_in(page, READ_KEY)
    for selector in CHAT:
        page.wait_for_selector(selector)
    ask(page, CAT)
    expect(page.locator(".answer strong")).to_have_text("Tom")
    expect(page.locator("#source mark strong")).to_have_text("Tom")
    asked = [record.fields.get("question") for record in caplog.records if hasattr(record, "fields")]
    assert asked.count(CAT) == 1
    assert visit.hosts == {"127.0.0.1"}


def test_a_link_to_a_question_is_asked_behind_the_login(keyed_site: Site, open_page: Open) -> None:
    page = open_page(f"{keyed_site.url}/?q={CAT}", shows=["#key"])
    log_in(page, READ_KEY)
    expect(page.locator(".answer strong")).to_have_text("Tom")


def test_documents_are_added_with_a_key_that_may_and_refused_in_words_with_another(
    keyed_site: Site, open_page: Open, visit: Visit
) -> None:
    for key, said in ((READ_KEY, "This key may read only"), (WRITE_KEY, "Added: Fish")):
        page = open_page(keyed_site.url, shows=["#key"])
        log_in(page, key)
        page.wait_for_selector("#source .panel")
        page.locator("#chosen-documents").set_input_files([FISH, {**FISH, "name": "also.txt"}])
        expect(page.locator("#adding")).to_contain_text(said)
        expect(page.locator("#adding p")).to_have_count(1 if key == READ_KEY else 2)
    visit.was_refused("/v1/documents", 403)  # once: another file would be refused too
    expect(page.locator("#source .text")).to_contain_text("The fish is called Wanda.")


def test_whoever_logs_out_is_asked_for_a_key_again(keyed_site: Site, open_page: Open) -> None:
    page = open_page(keyed_site.url, shows=["#key"])
    log_in(page, READ_KEY)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Your key")).to_be_focused()
    page.goto(keyed_site.url)
    expect(page.get_by_label("Your key")).to_be_focused()
