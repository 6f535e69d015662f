"""What a reader does in the chat. Every test also fails on a console error, a failed request or another host."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from qa.api.limits import Limits
from tests.browser.conftest import Visit
from tests.browser.stage import (
    BROKEN,
    IN_VIEW,
    ORDER,
    SPOKESPERSON,
    UNANSWERABLE,
    UNSURE,
    WRITER,
    ListeningAnswerer,
    Open,
    Site,
    ask,
    comes_into_view,
    marked,
)


def test_an_answer_is_bold_in_its_quote_and_its_source_is_open(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    expect(page).to_have_title("Pincite")
    ask(page, SPOKESPERSON)
    citation = article_site.answerer.ask(SPOKESPERSON).citations[0]
    expect(page.locator(".answer blockquote")).to_have_text(citation.quote)
    expect(page.locator(".answer blockquote strong")).to_have_text("Francis Brennan")
    expect(page.locator(".answer cite")).to_have_text(citation.title)
    expect(page.locator("#source mark strong")).to_have_text("Francis Brennan")
    text = article_site.answerer.index.document(citation.doc_id).text
    assert marked(page) == citation.quote == text[citation.start : citation.end]
    comes_into_view(page, "#source mark")


def test_the_shipped_reader_answers_as_the_endpoint_does(real_site: Site, open_page: Open) -> None:
    page = open_page(real_site.url)
    question = "How much did Meta put into Scale AI?"
    told = page.request.post(f"{real_site.url}/v1/ask", data={"question": question}).json()
    assert told["answer"]
    ask(page, question)
    assert page.locator(".answer blockquote strong").first.text_content() == told["answer"]
    expect(page.locator("#source mark strong").first).to_be_visible()
    assert marked(page) == told["citations"][0]["quote"]


def test_a_click_on_a_citation_opens_it_again(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    ask(page, ORDER)
    expect(page.locator("#source mark strong")).to_have_text("June 2")
    page.locator(".chip").first.click()
    expect(page.locator("#source mark strong")).to_have_text("Francis Brennan")
    expect(page.locator(".chip").first).to_have_attribute("aria-current", "true")
    expect(page.locator(".chip").last).not_to_have_attribute("aria-current", "true")
    # Scrolled away and clicked again: the source has not changed, and yet must come back into view.
    page.locator("#source .text").evaluate("node => node.scrollTo(0, node.scrollHeight)")
    assert not page.evaluate(IN_VIEW, "#source mark")
    page.locator(".chip").first.click()
    comes_into_view(page, "#source mark")


def test_each_of_several_citations_opens_its_own_sentence(charter_site: Site, open_page: Open) -> None:
    page = open_page(charter_site.url)
    ask(page, WRITER)
    citations = charter_site.answerer.ask(WRITER).citations
    assert len(citations) == 3
    expect(page.locator(".answer blockquote")).to_have_count(2)
    expect(page.locator(".answer blockquote strong")).to_have_text(["Ada Byron", "Ada Byron"])
    expect(page.locator(".chip")).to_have_count(3)
    for number, citation in enumerate(citations, start=1):
        page.get_by_role("button", name=f"Citation {number}:").click()
        expect(page.locator("#picker input")).to_have_value(citation.title)
        expect(page.locator("#source mark")).to_have_text(citation.quote)
        expect(page.locator('.chip[aria-current="true"]')).to_have_text(str(number))
    page.locator("cite", has_text=citations[0].title).click()  # the name beside a chip opens what the chip does
    expect(page.locator("#picker input")).to_have_value(citations[0].title)


def test_an_unsure_answer_offers_what_else_it_might_be(charter_site: Site, open_page: Open) -> None:
    page = open_page(charter_site.url)
    ask(page, UNSURE)
    expect(page.locator(".answer blockquote strong")).to_have_text("the tower")
    rivals = page.locator(".also button")
    expect(rivals).to_have_text(["a drawer", "the river"])
    rivals.first.press("Enter")
    expect(page.locator("#source mark")).to_have_text("They say that the ring was put into a drawer.")
    expect(page.locator("#source mark strong")).to_have_text("a drawer")
    expect(rivals.first).to_have_attribute("aria-current", "true")


def test_a_fold_out_says_why_and_stays_open(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    told = page.request.post(f"{article_site.url}/v1/ask", data={"question": SPOKESPERSON}).json()
    expect(page.get_by_role("table")).to_have_count(0)
    page.locator("summary", has_text="Why this answer").press("Enter")
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(len(told["hits"]))
    expect(page.locator(".why dl")).to_contain_text(told["index"]["generation"][:8])
    ask(page, UNANSWERABLE)
    expect(page.get_by_role("table")).to_have_count(1)
    expect(page.locator("summary")).to_have_text(["Why this answer", "Why no answer"])
    rows.nth(1).get_by_role("link").click()
    expect(page.locator("#source mark").first).to_be_visible()
    assert marked(page).split()[:5] == told["hits"][1]["text"].split()[:5]


def test_a_misspelled_question_is_searched_as_it_was_meant_which_is_shown(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    typed = SPOKESPERSON.replace("spokes", "spoks")
    ask(page, typed)
    expect(page.locator(".turn .question")).to_have_text(typed)
    expect(page.locator(".searched")).to_have_text(f"searched for: {SPOKESPERSON}")
    expect(page.locator(".turn .answer strong")).to_have_text("Francis Brennan")
    expect(page.locator(".meant")).to_have_count(0)


def test_a_name_that_is_spelt_otherwise_is_offered(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    typed = SPOKESPERSON.replace("Meta's spokesperson", "Francis Brennan")
    ask(page, typed.replace("Brennan", "Brenann"))
    expect(page.locator(".meant")).to_have_text(f"Did you mean: {typed}")
    page.get_by_role("button", name=typed).click()
    expect(page.locator(".turn:last-child .question")).to_have_text(typed)
    ask(page, SPOKESPERSON)
    expect(page.locator(".turn:last-child .question")).to_have_text(SPOKESPERSON)
    expect(page.locator(".turn:last-child .answer strong")).to_have_text("Francis Brennan")
    expect(page.locator(".meant")).to_have_count(1)


def test_questions_asked_while_one_is_pending_are_answered_in_order(article_site: Site, open_page: Open) -> None:
    answerer = article_site.answerer
    assert isinstance(answerer, ListeningAnswerer)
    page = open_page(article_site.url)
    answerer.may_answer.clear()
    try:
        for number, question in enumerate((SPOKESPERSON, BROKEN, ORDER), start=1):
            page.locator("#question textarea").fill(question)
            page.keyboard.press("Enter")
            expect(page.locator(".turn")).to_have_count(number)
            expect(page.locator("#question textarea")).to_have_value("")
        expect(page.locator(".waiting")).to_have_text(["Searching the documents…", *["Waiting for its turn…"] * 2])
    finally:
        answerer.may_answer.set()
    expect(page.locator(".waiting")).to_have_count(0)
    expect(page.locator(".turn .question")).to_have_text([SPOKESPERSON, BROKEN, ORDER])
    expect(page.locator(".answer strong")).to_have_text(["Francis Brennan", "June 2"])
    expect(page.locator(".turn .problem")).to_have_count(1)
    assert [turn.question for turn in answerer.histories[ORDER]] == [SPOKESPERSON]
    expect(page.locator("#source mark strong")).to_have_text("June 2")


def test_a_question_that_has_no_place_to_wait_is_refused_in_words_and_can_be_asked_again(
    article_site: Site, open_page: Open, visit: Visit
) -> None:
    answerer = article_site.answerer
    assert isinstance(answerer, ListeningAnswerer)
    pages = [open_page(article_site.url) for _ in range(3)]
    page = pages[-1]
    answerer.may_answer.clear()
    try:
        for at_work in pages[:2]:
            at_work.locator("#question textarea").fill(ORDER)
            at_work.keyboard.press("Enter")
            expect(at_work.locator(".waiting")).to_have_text("Searching the documents…")
        events = page.request.get(f"{article_site.url}/config").json()["dependencies"]
        number = next(event["id"] for event in events if event["api_name"] == "answer")
        join = {"fn_index": number, "data": [None], "session_hash": "others"}
        for _ in range(Limits().waiting):
            assert page.request.post(f"{article_site.url}/gradio_api/queue/join", data=join).status == 200
        page.locator("#question textarea").fill(SPOKESPERSON)
        page.keyboard.press("Enter")
        expect(page.locator(".turn .problem")).to_contain_text("Too many questions are waiting")
        expect(page.locator(".waiting")).to_have_count(0)
    finally:
        answerer.may_answer.set()
    for at_work in pages[:2]:
        expect(at_work.locator(".answer strong")).to_have_text("June 2")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer strong")).to_have_text("Francis Brennan")
    assert visit.complaints and all("503" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_the_newest_answer_is_in_view(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url, height=600)
    for question in (SPOKESPERSON, ORDER, UNANSWERABLE, SPOKESPERSON):
        ask(page, question)
    comes_into_view(page, ".turn:last-child .question")
    comes_into_view(page, ".turn:last-child blockquote")


def test_an_abstention_shows_related_passages_that_open(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    ask(page, UNANSWERABLE)
    newest = page.locator(".turn:last-child")
    expect(newest.locator(".abstention .verdict")).to_be_visible()
    expect(newest.locator("blockquote, .chip, strong")).to_have_count(0)
    expect(page.locator("#source mark")).to_have_count(0)  # that of the answer before
    expect(page.locator(".related a")).to_have_count(3)
    page.locator(".related a").first.click()
    hit = article_site.answerer.ask(UNANSWERABLE).hits[0]
    expect(page.locator("#source mark").first).to_be_visible()
    assert "".join(marked(page).split()) == "".join(hit.passage.text.split())
    assert page.url == article_site.url + "/"


def test_an_example_question_is_asked_by_a_click(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    examples = article_site.answerer.examples
    expect(page.locator(".examples .ask")).to_have_text(examples)
    page.locator(".examples .ask").first.click()
    expect(page.locator(".turn .question")).to_have_text(examples[0])
    expect(page.locator(".turn .answer, .turn .abstention")).to_have_count(1)
    ask(page, "hello")
    expect(page.locator(".reply")).to_contain_text("Hello!")
    page.locator("#question textarea").fill("half a quest")
    page.locator(".reply").get_by_role("button", name=examples[1]).click()
    expect(page.locator(".turn:last-child .question")).to_have_text(examples[1])
    expect(page.locator("#question textarea")).to_have_value("half a quest")


def test_a_summary_shows_its_quotations(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    ask(page, "what is this about?")
    citations = article_site.answerer.ask("what is this about?").citations
    assert page.locator(".answer blockquote").all_text_contents() == [citation.quote for citation in citations]


def test_the_earlier_turns_go_with_a_question(article_site: Site, open_page: Open) -> None:
    assert isinstance(article_site.answerer, ListeningAnswerer)
    page, other = open_page(article_site.url), open_page(article_site.url)
    ask(page, SPOKESPERSON)
    ask(other, ORDER)
    assert article_site.answerer.histories[ORDER] == []
    ask(page, UNANSWERABLE)
    history = article_site.answerer.histories[UNANSWERABLE]
    assert [(turn.question, turn.answer) for turn in history] == [(SPOKESPERSON, "Francis Brennan")]


def test_a_follow_up_is_searched_with_what_it_left_out(real_site: Site, open_page: Open) -> None:
    page = open_page(real_site.url)
    ask(page, SPOKESPERSON)
    ask(page, "What did he say?")
    newest = page.locator(".turn:last-child")
    expect(newest.locator(".searched")).to_have_text("searched for: What did Francis Brennan say?")
    expect(newest.locator(".chip").first).to_be_visible()
    expect(newest.locator(".answer strong").first).not_to_be_empty()
    page.goto(real_site.url + (newest.locator(".permalink").get_attribute("href") or ""))
    expect(page.locator(".turn .answer strong").first).not_to_be_empty()
    expect(page.locator(".turn .question")).to_contain_text("Brennan")


def test_a_link_opens_a_source_at_a_range(article_site: Site, open_page: Open) -> None:
    document = next(iter(article_site.answerer.index.documents.values()))
    start = document.text.index("On June 12, Commerce")
    link = "/?" + urlencode({"doc": document.doc_id, "start": start, "end": start + 40})
    page = open_page(article_site.url + link)
    expect(page.locator("#source mark")).to_have_text(document.text[start : start + 40])
    comes_into_view(page, "#source mark")
    assert page.locator("#source .permalink").get_attribute("href") == link


@pytest.mark.parametrize(
    "query",
    [
        "doc=no.txt&start=1&end=5", "doc=the-last-holdout.txt&start=5&end=1", "doc=the-last-holdout.txt&start=x",
        "doc=the-last-holdout.txt&start=1&end=99999999", "doc=%3Cscript%3Ealert(1)%3C/script%3E${alert(1)}",
        "doc=%ff&start=%00",
    ],
)  # fmt: skip
def test_a_bad_link_opens_the_source_without_a_highlight(article_site: Site, open_page: Open, query: str) -> None:
    page = open_page(f"{article_site.url}/?{query}")
    expect(page.locator("#source h2")).to_contain_text("The Last Holdout")
    expect(page.locator("#source mark")).to_have_count(0)
    if "99999999" in query or "the-last-holdout" not in query:
        expect(page.locator("#source .note")).to_be_visible()


def test_a_link_asks_a_question(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url + "/?" + urlencode({"q": SPOKESPERSON}))
    expect(page.locator(".answer strong")).to_have_text("Francis Brennan")
    expect(page.locator("#source mark strong")).to_have_text("Francis Brennan")
    assert page.locator(".turn .permalink").get_attribute("href") == "/?" + urlencode({"q": SPOKESPERSON})


def test_a_refused_question_stays_in_the_box(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    box = page.locator("#question textarea")
    for question, said in (("x" * 2001, "2,001"), ("   ", "empty")):
        box.fill(question)
        page.keyboard.press("Enter")
        expect(page.locator("#notice .problem")).to_contain_text(said)
        expect(box).to_have_value(question)
    expect(page.locator(".turn")).to_have_count(0)
    ask(page, SPOKESPERSON)
    expect(page.locator("#notice .problem")).to_have_count(0)
    expect(box).to_have_value("")


def test_a_refused_question_of_a_link_is_put_into_the_box(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url + "/?" + urlencode({"q": "x" * 2001}))
    expect(page.locator("#notice .problem")).to_contain_text("2,001")
    expect(page.locator("#question textarea")).to_have_value("x" * 2001)


def test_a_failure_says_so_and_offers_to_ask_again(article_site: Site, open_page: Open) -> None:
    page = open_page(article_site.url)
    ask(page, SPOKESPERSON)
    ask(page, BROKEN)
    expect(page.locator(".turn .problem")).to_contain_text("Something went wrong")
    expect(page.locator("body")).not_to_contain_text("as planned")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn .problem")).to_have_count(2)
    ask(page, ORDER)
    expect(page.locator(".turn:last-child .answer strong")).to_have_text("June 2")


def test_a_hostile_document_and_question_are_text(library_site: Site, open_page: Open) -> None:
    page = open_page(library_site.url)
    ask(page, "What did the minister say?")
    expect(page.locator(".answer strong")).to_have_text("<img src=x onerror=alert(3)>")
    expect(page.locator("#source mark strong")).to_have_text("<img src=x onerror=alert(3)>")
    citation = library_site.answerer.ask("What did the minister say?").citations[0]
    assert marked(page) == citation.quote
    expect(page.locator("#source .text h3")).to_have_text([citation.title, "<b>bold</b> ${alert(7)} {{7*7}} `x`"])
    expect(page.locator("#source .where")).to_contain_text(citation.doc_id)
    expect(page.locator("#picker input")).to_have_value(citation.title)
    question = (
        '<script>alert(1)</script><img src=x onerror=alert(1)> ${alert(1)} {{7*7}} `x` <b>?</b> __i18n__{"key":"a"}'
    )
    ask(page, question)
    expect(page.locator(".turn:last-child .question")).to_have_text(question)
    made = "script, img, iframe, b, i, a[href^='javascript']"
    for place in ("#conversation", "#source", "#picker"):
        expect(page.locator(place).locator(made)).to_have_count(0)


def test_the_picker_opens_any_document(library_site: Site, open_page: Open) -> None:
    page = open_page(library_site.url)
    expect(page.locator("#source .hint")).to_be_visible()
    page.locator("#picker input").click()
    page.get_by_role("option", name="A small poem").click()
    expect(page.locator("#source .text")).to_contain_text("violets are blue,")
    ask(page, SPOKESPERSON)
    expect(page.locator("#picker input")).to_have_value(re.compile("^The Last Holdout"))


def test_a_long_document_is_read_piece_by_piece(large_site: Site, open_page: Open) -> None:
    text = large_site.answerer.index.document("large.txt").text
    at = text.index("Paragraph 6000 ")
    page = open_page(large_site.url + "/?" + urlencode({"doc": "large.txt", "start": at, "end": at + 14}))
    expect(page.locator("#source mark")).to_have_text("Paragraph 6000")
    comes_into_view(page, "#source mark")
    page.get_by_role("button", name="Later text").click()
    expect(page.locator("#source mark")).to_have_count(0)
    expect(page.get_by_role("button", name="Earlier text")).to_be_visible()
    page.wait_for_function("document.querySelector('#source .text').scrollTop === 0")
