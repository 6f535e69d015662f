"""What the chat does where a reader's connection does not last."""

from pathlib import Path

from index import Index
from tests.browser.stage import ListeningAnswerer
from tests.fakes import HashEncoder, document
from ui.entries import Entry
from ui.feedback import Feedback
from ui.handlers import Handlers


def test_a_question_whose_connection_broke_is_answered_with_the_next(tmp_path: Path) -> None:
    index = Index.build([document("a.txt", "The cat sleeps.")], tmp_path / "index", encoder=HashEncoder())
    handlers = Handlers(ListeningAnswerer(index), Feedback(tmp_path / "kept.jsonl"))
    entries = [Entry("Who sleeps?")]
    broken = handlers.answer(entries)
    next(broken)
    assert entries[0].begun
    broken.close()
    entries.append(Entry("And who else?"))
    list(handlers.answer(entries))
    assert all(entry.settled for entry in entries)
