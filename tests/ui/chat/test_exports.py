"""Answers as text to take along."""

import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from corpus import Passage, Section
from qa.cite import cite
from qa.types import Answer, Candidate
from tests.fakes import document
from ui.chat.entries import Entry
from ui.chat.exports import conversation_json, conversation_markdown, markdown, plain

TEXT = "The cat sat here. It is called *Tom* <b>, said [she](javascript:alert(1)).\n- It slept. # Then it went."
FOUND = replace(document("a.txt", TEXT, "Cats"), sections=(Section("Names", 0, 0, len(TEXT)),))


def answer_of(words: str) -> Answer:
    start = TEXT.index(words)
    passage = Passage("a.txt", 0, len(TEXT), TEXT, "Names")
    citation = cite(Candidate(passage, start, start + len(words), 9.0, 0.0), FOUND)
    return Answer("Who?", "Who?", words, 0.9, citations=(citation,))


def test_plain_text_names_the_source_and_the_characters() -> None:
    told = plain(answer_of("sat"))
    assert told == "sat\n\n[1] “The cat sat here.”\n    Cats, Names (a.txt, characters 0–17)"
    assert TEXT[0:17] == "The cat sat here."


@pytest.mark.parametrize("words", ["*Tom* <b>", "slept", "[she](javascript:alert(1))"])
def test_document_text_stays_text_in_markdown(words: str) -> None:
    answer = answer_of(words)
    tokens = MarkdownIt().parse(markdown(answer))
    assert {token.type for token in tokens} <= {
        "blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline",
    }  # fmt: skip
    inner = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inner} <= {"text", "softbreak", "strong_open", "strong_close"}
    read = "".join("\n" if child.type == "softbreak" else child.content for child in inner)
    assert answer.citations[0].quote in read
    bold = next(i for i, child in enumerate(inner) if child.type == "strong_open")
    end = next(i for i, child in enumerate(inner) if child.type == "strong_close")
    assert "".join(child.content for child in inner[bold + 1 : end]) == words


def test_a_conversation_keeps_every_turn() -> None:
    silent = Answer("Why?", "Why did the cat?", None, 0.1, "low_confidence", "The documents do not say.")
    entries = [
        Entry("Who # asked\n- this?", answer_of("sat"), rating="up", note="fine"),
        Entry("Why?", silent),
        Entry("Broken?", problem="It failed."),
    ]
    told = conversation_markdown(entries)
    headings = [line for line in told.splitlines() if line.startswith("#")]
    assert headings == ["# A conversation with Pincite", r"## Who \# asked - this?", "## Why?", "## Broken?"]
    assert "> The cat **sat** here." in told
    assert "The documents do not say." in told
    assert "*searched for:* Why did the cat?" in told
    assert "It failed." in told
    turns = json.loads(conversation_json(entries))["turns"]
    assert [turn["question"] for turn in turns] == [entry.question for entry in entries]
    assert (turns[0]["rating"], turns[0]["note"], turns[2]["problem"]) == ("up", "fine", "It failed.")
