"""Every entrance that takes a question is given the most that it takes, of the worst kind."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index import Index
from qa import Answerer
from qa.api.app import create_app
from qa.question.followup import ANSWER_CHARACTERS, TURNS, remembered, standalone_question
from qa.types import Turn
from tests.fakes import FixedReader, HashEncoder, document
from tests.hostile.cost import check_cost

PLAIN = {"question": "Who do dogs bark at?"}
QUESTIONS = {
    "pronouns": "them " * 400,
    "demonstratives": "that " * 400,
    "empty it": "it is " * 333,
    "and": "And " * 500,
    "one word": "a" * 2000,
    "capitals": "Aa.Bb," * 333,
    "a role": "the " * 496 + "company",
    "whose": "who their what " * 133,
    "accents": "e\u0301" * 1000,
}
ANSWERS = {"words": "word " * 4000, "names": "Aa Bb, " * 2857, "semicolons": "A;" * 10_000, "blanks": " " * 20_000}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    texts = [document(f"{n}.txt", f"Dogs bark at strangers number {n}. Aa Bb is here.") for n in range(20)]
    index = Index.build(texts, tmp_path_factory.mktemp("dogs"), encoder=HashEncoder())
    app = create_app(Answerer(index, reader=FixedReader({"strangers": 3.0})))
    with TestClient(app, base_url="http://127.0.0.1") as made:
        yield made


def asked(client: TestClient, body: object, path: str = "/v1/ask") -> None:
    response = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code in {200, 413, 422}, response.text[:300]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_conversation_of_the_greatest_length(client: TestClient, question: str, answer: str) -> None:
    turns = [{"question": QUESTIONS[question], "answer": ANSWERS[answer]}] * 45
    body = {"question": QUESTIONS[question], "history": turns}
    check_cost(lambda: asked(client, body), lambda: asked(client, PLAIN))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_largest_batch(client: TestClient, question: str) -> None:
    turns = [{"question": QUESTIONS[question], "answer": "Aa Bb. " * 280}] * 10
    one = {"question": QUESTIONS[question], "history": turns}
    batch = {"questions": [one] * 8}
    plain = {"questions": [PLAIN] * 8}
    check_cost(lambda: asked(client, batch, "/v1/ask/batch"), lambda: asked(client, plain, "/v1/ask/batch"))


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_chat_of_openais_form(client: TestClient, answer: str) -> None:
    said = [{"role": "user", "content": "them " * 400}, {"role": "assistant", "content": ANSWERS[answer] * 2}] * 22
    worst = {"model": "pincite", "messages": [*said, {"role": "user", "content": "that " * 400}]}
    plain = {"model": "pincite", "messages": [{"role": "user", "content": PLAIN["question"]}]}
    path = "/v1/chat/completions"
    check_cost(lambda: asked(client, worst, path), lambda: asked(client, plain, path))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_search(client: TestClient, question: str) -> None:
    worst, plain = {"query": QUESTIONS[question], "top_k": 50}, {"query": "dogs", "top_k": 50}
    check_cost(lambda: asked(client, worst, "/v1/search"), lambda: asked(client, plain, "/v1/search"))


def test_the_latest_turns_are_read_and_the_beginnings_of_their_answers() -> None:
    history = [Turn(f"Who is number {n}?", "Ada Alder " * 400) for n in range(30)]
    read = remembered(history)
    assert [turn.question for turn in read] == [f"Who is number {n}?" for n in range(30 - TURNS, 30)]
    assert all(len(turn.answer or "") == ANSWER_CHARACTERS for turn in read)
    assert remembered([Turn("Who?", None)]) == [Turn("Who?", None)]
    far = [Turn("Who founded it?", "Ada Alder"), *[Turn("Why?", None)] * TURNS]
    assert "Ada" in standalone_question("When was she born?", far[:2])
    assert standalone_question("When was she born?", far) == "When was she born?"


def test_no_history_is_worse_at_the_command_line(tmp_path: Path) -> None:
    """``Answerer.ask`` is what every entrance calls: the library too."""
    index = Index.build([document("d.txt", "Dogs bark.")], tmp_path, encoder=HashEncoder())
    answerer = Answerer(index, reader=FixedReader({"Dogs": 3.0}))
    history = [Turn(question, answer * 50) for question in QUESTIONS.values() for answer in ANSWERS.values()]
    check_cost(lambda: answerer.ask("Why?", history=history), lambda: answerer.ask("Who barks?"))
