import json
import time
from pathlib import Path
from typing import Any

import pytest

from corpus import read_builtin
from index import Index
from qa import Answerer, Turn
from qa.question.followup import standalone_question
from qa.question.names import proper_names

CONVERSATIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "gold" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
]
NAMES = proper_names(read_builtin())
BRENNAN = Turn("Who is Francis Brennan?", "A Meta spokesperson")


def resolve(question: str, *history: Turn) -> str:
    return standalone_question(question, history, NAMES)


def of(conversation: dict[str, Any]) -> str:
    return resolve(conversation["question"], *(Turn(**turn) for turn in conversation["turns"]))


@pytest.mark.parametrize("conversation", [c for c in CONVERSATIONS if not c["rewrite"]], ids=lambda c: c["id"])
def test_a_question_that_stands_alone_is_left_exactly_as_it_is(conversation: dict[str, Any]) -> None:
    assert of(conversation) == conversation["question"]


@pytest.mark.parametrize("question", [c["standalone"] for c in CONVERSATIONS if c["rewrite"]])
def test_what_was_made_to_stand_alone_is_left_alone_after_another_turn(question: str) -> None:
    assert (
        resolve(question, Turn("Which agency gives input to the benchmarks?", "National Security Agency")) == question
    )


def test_the_first_question_is_never_changed() -> None:
    assert [resolve(c["question"]) for c in CONVERSATIONS] == [c["question"] for c in CONVERSATIONS]


@pytest.mark.parametrize(("half", "share"), [("development", 0.9), ("blind", 0.65)])
def test_most_that_point_back_are_rewritten(half: str, share: float) -> None:
    pointing = [c for c in CONVERSATIONS if c["rewrite"] and c["half"] == half and c["type"] != "topic"]
    rewritten = [c for c in pointing if of(c) != c["question"]]
    assert len(rewritten) / len(pointing) >= share


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        ([Turn("Which model did OpenAI release?", "GPT-4")], "When was it released?", "When was GPT-4 released?"),
        ([BRENNAN], "What does he expect?", "What does Francis Brennan expect?"),
        ([BRENNAN], "and wat did he tell the paper", "and wat did Francis Brennan tell the paper"),
        ([Turn("Who is Dario Amodei?", "Anthropic CEO")], "And Howard Lutnick?", "Who is Howard Lutnick?"),
        (
            [Turn("Who is Dario Amodei?", "Anthropic CEO"), Turn("And Howard Lutnick?", "Commerce Secretary")],
            "What did he send?",
            "What did Howard Lutnick send?",
        ),
        ([Turn("Did Meta sign the agreement?", "has not")], "Why not?", "Why did Meta not sign the agreement?"),
        ([Turn("Who pressed for it?", "David Sacks")], "Why?", "Why David Sacks pressed for it?"),
        (
            [Turn("What did Meta build its AI reputation on?", "Llama")],
            "For how long?",
            "For how long did Meta build its AI reputation on Llama?",
        ),
        (
            [Turn("What was the review window in the order?", "30 days")],
            "And in the draft?",
            "What was the review window in the draft?",
        ),
        ([Turn("Who is David Sacks?", "an adviser")], "what about xAI?", "Who is xAI?"),
        ([BRENNAN], "whats his job", "whats Francis Brennan's job"),
        ([Turn("What is Muse Spark?", "a model")], "Who built it?", "Who built Muse Spark?"),
        ([Turn("What is Muse Spark?", "a model")], "What are its weights?", "What are Muse Spark's weights?"),
        (
            [Turn("Which newspaper reported it?", "New York Times")],
            "Who owns the newspaper?",
            "Who owns New York Times?",
        ),
    ],
)
def test_rewrites(history: list[Turn], question: str, expected: str) -> None:
    assert resolve(question, *history) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Is it true that Meta has signed?",
        "Which lab said that it would follow?",
        "How does Meta protect its weights?",
        "What does the order say about those who refuse?",
        "Who said there was no choice?",
        "Did Amodei say that he would sue?",
        "what did openai agree to",
        "executive order review window",
        "export controls date",
        "Is it legal for a lab to refuse?",
        "How hard is it to leave Meta?",
        "How much does it cost to train Llama?",
        "What does it mean to be a supply chain risk?",
        "Why does it matter whether Meta signs?",
        "What is the IT budget?",
        "After which event did Meta sign?",
        "About how many models were reviewed?",
        "At Meta, who decides?",
        "Or is Meta exempt?",
        "Yes",
        "Really?",
        "Continue",
        "What does the company handbook say?",
        "What is the unit price?",
        "Who published their weights?",
        "In its letter, what did Anthropic say?",
        "Does the order require that labs share weights?",
        "\x00\ud7ff🙂",
        "?",
    ],
)
def test_a_pronoun_that_finds_its_noun_at_home_changes_nothing(question: str) -> None:
    assert resolve(question, BRENNAN) == question


def test_the_answerer_searches_the_standalone_question(answerer: Answerer) -> None:
    answer = answerer.ask("What did he tell the paper?", history=[BRENNAN])
    assert (answer.question, answer.query) == (
        "What did he tell the paper?",
        "What did Francis Brennan tell the paper?",
    )
    assert answer.text and "Francis Brennan" in answer.citations[0].quote


def test_many_names_cost_little() -> None:
    names = frozenset(f"name {number} of many" for number in range(100_000)) | {"acme corp"}
    history = [Turn("who runs acme corp", "a board")] * 20
    begun = time.perf_counter()
    assert standalone_question("when did it begin", history, names) == "when did acme corp begin"
    assert time.perf_counter() - begun < 2


def test_a_hostile_history_costs_little(article_index: Index) -> None:
    names = proper_names(article_index.documents.values())
    history = [Turn("A" * 2000, "B " * 900), Turn("that " * 400, "it " * 600), Turn("Who? " * 400, None)] * 10
    for question in ("Why?", "that " * 400, "And " * 500, "it is " * 333, "the " * 500 + "company"):
        standalone_question(question, history, names)
