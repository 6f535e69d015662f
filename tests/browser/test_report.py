"""The evaluation's report in a browser."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from qa import Answerer
from qa.evaluation.comparison import compare
from qa.evaluation.data.formats import Dataset, read_questions
from qa.evaluation.report.outputs import write_outputs
from qa.evaluation.result import Asking
from qa.evaluation.run import settings_of
from qa.evaluation.summary import figures

GOLD = Path(__file__).parents[1] / "gold" / "the-last-holdout.jsonl"
COUNT = 24


@pytest.fixture(scope="module")
def address(answerer: Answerer, tmp_path_factory: pytest.TempPathFactory) -> str:
    read = read_questions(GOLD)
    questions = [*read.questions[: COUNT // 2], *(q for q in read.questions if not q.answerable)][:COUNT]
    asking = Asking(Dataset("gold", "questions", questions), answerer, "open", top_k=8)
    results = [asking.ask(question) for question in questions]
    worse = [replace(result, answer=None) for result in results]
    made = settings_of(asking, questions, sample=None, seed=1)
    folder = tmp_path_factory.mktemp("report")
    write_outputs(folder, made, results, figures(results, "open"), compare(results, worse, "open"))
    return (folder / "report.html").as_uri()


def test_it_filters_sorts_and_opens_by_keyboard_and_fetches_nothing(browser: Browser, address: str) -> None:
    page = browser.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address)
    status = page.get_by_role("status")
    expect(status).to_have_text(f"{COUNT} of {COUNT} shown")
    page.get_by_label("Text").fill("zzzz")
    expect(status).to_have_text(f"0 of {COUNT} shown")
    page.get_by_label("Text").fill("")
    page.get_by_label("Outcome").select_option(index=1)
    shown = page.locator("tbody.question:visible")
    assert 0 < shown.count() < COUNT
    expect(status).to_have_text(f"{shown.count()} of {COUNT} shown")
    page.get_by_label("Outcome").select_option(index=0)
    page.locator(".more").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".detail:visible")).to_have_count(1)
    page.get_by_role("button", name="Confidence").press("Enter")
    expect(page.get_by_role("columnheader", name="Confidence")).to_have_attribute("aria-sort", "ascending")
    values = [
        float(v or 0)
        for v in page.eval_on_selector_all(
            "tbody.question tr:first-child td:last-child", "cells => cells.map(cell => cell.dataset.value)"
        )
    ]
    assert values == sorted(values)
    assert fetched == [address]
    page.close()


def test_its_plots_are_drawn_and_named(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    names = page.eval_on_selector_all("svg title", "titles => titles.map(title => title.textContent)")
    assert names[0].startswith("Risk over coverage.")
    assert any(name.startswith("Recall over k. dense from") for name in names)
    for plot in page.locator("svg").all():
        box = plot.bounding_box()
        assert box and box["width"] > 200
    page.close()
