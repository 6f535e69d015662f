"""The endpoint as the real ``openai`` package sees it, and LangChain, which stands on that."""

from collections.abc import Callable, Iterator

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI

from index import Index
from qa import Answerer
from qa.api import create_app
from tests.fakes import FixedReader, document
from tests.qa.api.conftest import Served

QUESTION = "What is the office cat called?"


@pytest.fixture
def server(cat_answerer: Answerer, serve: Callable[..., Served]) -> Served:
    return serve(create_app(cat_answerer))


@pytest.fixture
def client(server: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_an_answer_with_markers_and_citations(client: openai.OpenAI, server: Served) -> None:
    done = client.chat.completions.create(model="pincite", messages=[{"role": "user", "content": QUESTION}])
    (choice,) = done.choices
    version = done.citations[0]["text_digest"].removeprefix("sha256:")[:12]  # type: ignore[attr-defined]
    link = f"{server.address}/?doc=cat.txt&start=0&end=30&text={version}"
    assert choice.message.content == (f"The office cat is called **Miso**. [\\[1\\]]({link})\n\n\\[1\\] A title")
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    (citation,) = done.citations  # type: ignore[attr-defined]
    assert (citation["doc_id"], citation["quote"]) == ("cat.txt", "The office cat is called Miso.")
    assert done.usage and done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens > 0


def test_an_abstention_says_so(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}])
    assert "Hello!" in (done.choices[0].message.content or "")
    assert done.abstained and done.reason == "greeting" and done.citations == []  # type: ignore[attr-defined]


def test_a_stream_adds_up_to_the_answer(client: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    plain = client.chat.completions.create(model="pincite", messages=messages)  # type: ignore[call-overload]
    stream = client.chat.completions.create(
        model="pincite", messages=messages, stream=True, stream_options={"include_usage": True}
    )  # type: ignore[call-overload]
    chunks = list(stream)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == plain.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage == plain.usage
    assert [chunk.citations for chunk in chunks if hasattr(chunk, "citations")] == [plain.citations]


def test_earlier_messages_complete_a_follow_up(answerer: Answerer, serve: Callable[..., Served]) -> None:
    server = serve(create_app(answerer))
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key="none") as client:
        first: list[dict[str, str]] = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Who is Francis Brennan?"},
            {"role": "assistant", "content": "**Meta's spokesperson** [\\[1\\]](http://127.0.0.1/)"},
            {"role": "user", "content": "What did he say?"},
        ]
        with_history = client.chat.completions.create(model="pincite", messages=first)  # type: ignore[call-overload]
        alone = client.chat.completions.create(model="pincite", messages=first[3:])  # type: ignore[call-overload]
    assert with_history.choices[0].message.content != alone.choices[0].message.content


def test_of_a_long_conversation_the_latest_messages_are_read(client: openai.OpenAI, cat_answerer: Answerer) -> None:
    said = [{"role": role, "content": "Who is that?"} for role in ("user", "assistant")] * 150
    messages = [*said, {"role": "user", "content": QUESTION}]
    done = client.chat.completions.create(model="pincite", messages=messages)  # type: ignore[call-overload]
    assert "**Miso**" in (done.choices[0].message.content or "")


def test_text_of_a_document_is_no_markup(cat_index: Index, serve: Callable[..., Served]) -> None:
    hostile = "The office cat is called Miso [click](javascript:alert) <img src=x> **now**."
    index = cat_index.update(add=[document("cat.txt", hostile, title="[a](b)")])
    server = serve(create_app(Answerer(index, reader=FixedReader({"Miso": 9.0}))))
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key="none") as client:
        done = client.chat.completions.create(model="pincite", messages=[{"role": "user", "content": QUESTION}])
    content = done.choices[0].message.content or ""
    assert "\\[click\\](javascript:alert) \\<img src=x\\> \\*\\*now\\*\\*." in content
    assert content.endswith("\\[a\\](b)")


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"role": "user", "content": " "}], "empty_question"),
        ([{"role": "assistant", "content": "Hello"}], "invalid_request"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}], "invalid_request"),
        ([], "invalid_request"),
    ],
)
def test_errors_keep_their_code(client: openai.OpenAI, messages: list[object], code: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(model="pincite", messages=messages)  # type: ignore[call-overload]
    assert (caught.value.code, caught.value.type) == (code, "invalid_request_error")
    assert caught.value.message.endswith("."), "the sentence that says what to do, as clients show it"
    assert {"message", "type", "param", "code"} == set(caught.value.body)  # type: ignore[call-overload]


def test_what_stands_before_the_routes_speaks_the_same_form(client: openai.OpenAI, server: Served) -> None:
    with pytest.raises(openai.APIStatusError) as long:
        client.chat.completions.create(model="pincite", messages=[{"role": "user", "content": "x" * 1_100_000}])
    assert (long.value.status_code, long.value.code) == (413, "body_too_large")
    assert "send less at once" in long.value.message
    foreign = httpx.get(f"{server.address}/v1/models", headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["error"]["type"]) == (403, "permission_error")
    assert foreign.headers["content-type"] == "application/json"
    wrong = httpx.put(f"{server.address}/v1/models")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")
    other = httpx.get(f"{server.address}/v1/nothing")
    assert other.headers["content-type"] == "application/problem+json", "only there"


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["pincite"]
    assert client.models.retrieve("pincite").id == "pincite"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-9")
    assert caught.value.code == "unknown_model"


def test_langchain_asks_and_is_told_why_not(server: Served) -> None:
    model = ChatOpenAI(base_url=f"{server.address}/v1", api_key="none", model="pincite", max_retries=0)  # type: ignore[arg-type]
    answered = model.invoke(QUESTION)
    assert "**Miso**" in str(answered.content) and server.address in str(answered.content)
    assert "".join(str(part.content) for part in model.stream(QUESTION)) == answered.content
    assert "Miso" in str(model.invoke([HumanMessage("hello"), AIMessage("Hello!"), HumanMessage(QUESTION)]).content)
    for wrong, sentence in ((" ", "The question is empty; type one."), ("x" * 2001, "2,000 are allowed")):
        with pytest.raises(openai.APIStatusError, match=sentence):
            model.invoke(wrong)
