import json
from pathlib import Path

import pytest

from qa.question.intent import intent_of

SAID = {
    "greeting": ["hi", "Hello!", "hey there", "Good morning", "hello, how are you?", "yo"],
    "thanks": ["thanks", "Thank you so much!", "ok thanks", "thx", "cheers", "bye", "thanks for your help", "great"],
    "help": ["help", "What can you do?", "who are you", "What can I ask?", "how does this work?", "can you help me"],
    "summary": [
        "What is this about?",
        "what's the article about",
        "Summarise",
        "summarize this article please",
        "tl;dr",
        "TLDR",
        "Give me a short summary",
        "what is the main point of the article?",
        "What does the document say?",
        "give me an overview of this document",
        "please summarise the text",
    ],
}
ASKED = [
    "What is this order about?",
    "Who said hello to the committee?",
    "What is the summary judgment rule?",
    "Thanks to whom was the order signed?",
    "What can you do with a frontier model?",
    "How does this work for Anthropic?",
    "help for defenders",
    "What is the executive order about?",
    "who are you suing",
    "what happened in May",
    "What is Muse Spark?",
    "hi-tech exports",
]


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in SAID.items() for text in texts])
def test_small_talk_is_recognised(intent: str, text: str) -> None:
    assert intent_of(text) == intent


@pytest.mark.parametrize("text", ASKED)
def test_a_question_is_not_small_talk(text: str) -> None:
    assert intent_of(text) is None


@pytest.mark.parametrize("text", ["What is it about?", "what does that say", "What happened?"])
def test_amid_a_conversation_it_is_what_was_said(text: str) -> None:
    assert intent_of(text) == "summary"
    assert intent_of(text, amid=True) is None


@pytest.mark.parametrize("text", ["How does it work?", "how does this work", "How do I use this?"])
def test_amid_a_conversation_what_works_is_what_was_said(text: str) -> None:
    assert intent_of(text) == "help"
    assert intent_of(text, amid=True) is None


@pytest.mark.parametrize("text", ["What can you do?", "how do you work?", "What is this bot?", "help"])
def test_amid_a_conversation_help_is_still_given(text: str) -> None:
    assert intent_of(text, amid=True) == "help"


@pytest.mark.parametrize("text", ["Summarise the article", "what is this about", "what does it cover in that article"])
def test_amid_a_conversation_documents_are_still_summarised(text: str) -> None:
    assert intent_of(text, amid=True) == intent_of(text)


def test_no_question_of_the_gold_set_is_small_talk() -> None:
    lines = Path("tests/gold/the-last-holdout.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assert [question for question in questions if intent_of(question)] == []
