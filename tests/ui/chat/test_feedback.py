"""Opinions on answers become questions to label."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from qa.evaluation.data.check import check
from qa.evaluation.data.formats import read_questions
from qa.evaluation.errors import InvalidDataset
from qa.types import Answer, Turn
from tests.fakes import document
from ui.chat.entries import Entry
from ui.chat.feedback import Feedback
from ui.errors import FeedbackNotKept

ANSWER = Answer("Who?", "Who?", None, 0.1, "low_confidence", "The documents do not say.")
RATED = Entry("Who\u2028came?", ANSWER, rating="down")


def test_each_rating_is_a_question_that_waits_for_its_label(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    feedback = Feedback(path)
    feedback.keep(RATED, [Turn("Hello?", None), Turn("Where?", "there")])
    feedback.keep(Entry("Why?", ANSWER, rating="up"), [])
    dataset = read_questions(path)
    assert [(q.question, q.labelled, q.answerable) for q in dataset.questions] == [
        ("Who\u2028came?", False, False), ("Why?", False, False),
    ]  # fmt: skip
    assert dataset.questions[0].history == (Turn("Hello?", None), Turn("Where?", "there"))
    findings = check(dataset, [document("a.txt", "Who came? Nobody.")])
    assert [(finding.line, "not labelled" in finding.problem) for finding in findings] == [(1, True), (2, True)]
    with pytest.raises(InvalidDataset, match=r"2 of 2 questions are not labelled.*line 1"):
        dataset.check_labelled()


def test_a_second_opinion_takes_the_place_of_the_first(tmp_path: Path) -> None:
    feedback = Feedback(tmp_path / "kept.jsonl")
    other = Entry("Why?", ANSWER, rating="up")
    feedback.keep(RATED, [])
    feedback.keep(other, [])
    feedback.keep(replace(RATED, note="It was\nAda."), [])
    rows = [json.loads(line) for line in feedback.path.read_text("utf-8").split("\n") if line]
    assert [(row["id"], row["rating"], row["note"]) for row in rows] == [
        (RATED.id, "down", "It was\nAda."), (other.id, "up", ""),
    ]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_reads_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    for entry in (RATED, RATED):  # the second replaces the file
        Feedback(path).keep(entry, [])
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_without_a_last_line_end_is_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text('{"id": "1"}')
    Feedback(path).keep(RATED, [])
    assert [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines(False)[:1]] == ["1"]
    assert path.read_text("utf-8").count("\n") == 2


def test_a_file_that_is_full_is_left_as_it_is_until_it_is_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text("x" * 20_000_001)
    with pytest.raises(FeedbackNotKept, match="is full; move it away"):
        Feedback(path).keep(RATED, [])
    assert path.stat().st_size == 20_000_001
    path.rename(tmp_path / "older.jsonl")
    Feedback(path).keep(RATED, [])
    assert path.read_text("utf-8").count("\n") == 1


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "kept.jsonl"
    folder.mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(FeedbackNotKept, match="cannot be written"):
        Feedback(folder).keep(RATED, [])
    with pytest.raises(FeedbackNotKept, match="cannot be written"):
        Feedback(tmp_path / "file" / "kept.jsonl").keep(RATED, [])
