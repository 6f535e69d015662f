"""What the chat does where a reader's connection does not last, or something of ours fails."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr
import pytest
from fastapi import Request

from index import Index
from qa.api import LiveAnswerer
from qa.api.queue import QuestionQueue
from tests.browser.stage import ListeningAnswerer
from tests.fakes import HashEncoder, document
from tests.waiting import until
from ui.chat.entries import Entry
from ui.chat.feedback import Feedback
from ui.chat.handlers import Handlers

PAGE = gr.Request(Request({"type": "http", "state": {"request_id": "trace-7"}}), session_hash="page")


class ForgetfulEncoder(HashEncoder):
    """Fails where the speller asks it for a word."""

    def count_tokens(self, text: str) -> int:
        if text == "sleepz":
            raise ZeroDivisionError
        return super().count_tokens(text)


@pytest.fixture
def handlers(tmp_path: Path) -> Handlers:
    index = Index.build([document("a.txt", "The cat sleeps.")], tmp_path / "index", encoder=ForgetfulEncoder())
    return Handlers(LiveAnswerer(ListeningAnswerer(index)), Feedback(tmp_path / "kept.jsonl"))


def test_a_question_whose_connection_broke_is_answered_with_the_next(handlers: Handlers) -> None:
    entries = [Entry("Who sleeps?")]
    broken = handlers.answer(entries, PAGE)
    next(broken)
    assert entries[0].begun
    broken.close()
    entries.append(Entry("And who else?"))
    list(handlers.answer(entries, PAGE))
    assert all(entry.settled for entry in entries)


def test_a_failure_behind_the_answer_does_not_keep_the_next_question_from_its_turn(
    handlers: Handlers, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [Entry("Who sleepz?", request_id="trace-7"), Entry("Who sleeps?")]
    list(handlers.answer(entries, PAGE))
    assert entries[0].problem is not None and "server's log" in entries[0].problem
    assert entries[1].answer is not None
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "ZeroDivisionError" in str(record.exc_info)
    assert record.fields["request_id"] == "trace-7"  # type: ignore[attr-defined]


def test_one_page_does_not_wait_for_any_number_of_answers(handlers: Handlers) -> None:
    entries: list[Entry] = []
    told = [handlers.ask("Who sleeps?", entries, PAGE)[1] for _ in range(20)]
    assert len(entries) == 16 and told[15] == "" and "Too many questions" in told[16]
    list(handlers.answer(entries, PAGE))
    handlers.ask("Who sleeps?", entries, PAGE)
    assert len(entries) == 17, "there is room again"


def test_whoever_has_a_question_does_not_wait_for_examples(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str] = []

    def examples(_: LiveAnswerer) -> list[str]:
        chosen.append("once")
        return ["Who sleeps?"]

    monkeypatch.setattr(LiveAnswerer, "examples", property(examples))
    entries: list[Entry] = []
    handlers.ask("Who sleeps?", entries, PAGE)
    list(handlers.answer(entries, PAGE))
    assert entries[0].settled and not chosen
    handlers.ask("Hello", entries, PAGE)
    list(handlers.answer(entries, PAGE))
    assert chosen, "a greeting offers them"


def test_a_question_is_left_for_the_log_and_keeps_the_id_of_its_request(handlers: Handlers) -> None:
    request = Request({"type": "http", "state": {"request_id": "trace-7"}})
    entries: list[Entry] = []
    handlers.ask("Who sleeps?", entries, gr.Request(request))
    assert request.state.question == "Who sleeps?"
    assert entries[0].request_id == "trace-7"


def test_a_question_whose_page_is_gone_leaves_the_line(tmp_path: Path) -> None:
    index = Index.build([document("a.txt", "The cat sleeps.")], tmp_path / "index", encoder=HashEncoder())
    answerer = ListeningAnswerer(index)
    queue = QuestionQueue(running=1, waiting=1)
    live = LiveAnswerer(answerer, queue=queue)
    handlers = Handlers(live, Feedback(tmp_path / "kept.jsonl"))
    assert live.examples  # which are chosen by asking
    answerer.may_answer.clear()
    before = live.submit("Who sleeps?")
    entries = [Entry("And who waits?")]
    with ThreadPoolExecutor(1) as page:
        waiting = page.submit(lambda: list(handlers.answer(entries, PAGE)))
        until(lambda: queue.waiting == 1, 20)
        handlers.leave(gr.Request(session_hash="another page"))
        assert queue.waiting == 1
        handlers.leave(PAGE)
        waiting.result(timeout=60)
    assert queue.waiting == 0 and entries[0].problem is not None and "ask again" in entries[0].problem
    answerer.may_answer.set()
    before.result(timeout=60)
    assert "And who waits?" not in answerer.histories
