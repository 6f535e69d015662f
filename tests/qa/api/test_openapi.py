"""What the endpoint says of itself: every field and every error is described, and every example is true."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from corpus import read_builtin
from index import Index
from qa import Answerer
from qa.api import create_app, problems
from qa.api.middleware.openai_errors import is_openai
from tests.fakes import FixedReader, HashEncoder, document
from tests.test_errors import families, leaves

Json = dict[str, Any]
EVERYWHERE = {403, 500}
KEYED = EVERYWHERE | {401, 429}
BODY = KEYED | {400, 408, 413, 422}
ERRORS = {
    ("post", "/v1/ask"): BODY | {404, 503},
    ("post", "/v1/ask/batch"): BODY | {503},
    ("post", "/v1/search"): BODY | {404, 503},
    ("post", "/v1/chat/completions"): BODY | {503},
    ("get", "/v1/models"): KEYED,
    ("get", "/v1/models/{model}"): KEYED | {404},
    ("get", "/v1/documents"): KEYED,
    ("post", "/v1/documents"): BODY | {503},
    ("get", "/v1/documents/{doc_id}"): KEYED | {404},
    ("delete", "/v1/documents/{doc_id}"): KEYED | {404, 409, 503},
    ("get", "/healthz"): EVERYWHERE,
    ("get", "/readyz"): EVERYWHERE,
    ("get", "/metrics"): KEYED,
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Json:
    folder = tmp_path_factory.mktemp("index")
    index = Index.build([document("a.txt", "A word.")], folder, encoder=HashEncoder())
    return create_app(Answerer(index, reader=FixedReader({}))).openapi()


def operations(schema: Json) -> dict[tuple[str, str], Json]:
    return {(method, path): item[method] for path, item in schema["paths"].items() for method in item}


def refers(field: Json) -> bool:
    """Whether the field is another shape, or several of one, whose own fields have the examples."""
    inner = field.get("items", field)
    return "$ref" in inner or any("$ref" in choice for choice in inner.get("anyOf", ()))


def test_every_field_has_a_description_and_an_example(schema: Json) -> None:
    shapes = schema["components"]["schemas"]
    fields = {f"{name}.{key}": value for name, shape in shapes.items() for key, value in shape["properties"].items()}
    assert len(fields) > 90
    assert [name for name, field in fields.items() if len(field.get("description", "")) < 4] == []
    assert [name for name, field in fields.items() if not field.get("examples") and not refers(field)] == []
    assert [name for name, shape in shapes.items() if not shape.get("description") and "Body_" not in name] == []


def test_every_example_of_a_field_is_valid(schema: Json) -> None:
    for shape in schema["components"]["schemas"].values():
        for field in shape["properties"].values():
            validator = Draft202012Validator({**field, "components": schema["components"]})
            for example in field.get("examples", ()):
                validator.validate(example)


def test_every_parameter_has_a_description_and_an_example(schema: Json) -> None:
    parameters = [
        parameter for operation in operations(schema).values() for parameter in operation.get("parameters", ())
    ]
    assert len(parameters) == 6
    for parameter in parameters:
        assert parameter["description"] and parameter["schema"]["examples"], parameter["name"]


def test_every_operation_says_what_can_go_wrong(schema: Json) -> None:
    found = operations(schema)
    assert found.keys() == ERRORS.keys()
    for key, operation in found.items():
        assert operation["summary"] and operation["description"], key
        assert {int(status) for status in operation["responses"] if int(status) >= 400} == ERRORS[key], key


def test_generated_clients_can_send_files_and_have_names_that_one_can_read(schema: Json) -> None:
    names = [operation["operationId"] for operation in operations(schema).values()]
    assert len(set(names)) == len(names) and all(name.isidentifier() and len(name) < 20 for name in names)
    (shape,) = (shape for name, shape in schema["components"]["schemas"].items() if name.startswith("Body"))
    assert shape["properties"]["files"]["items"]["format"] == "binary"
    assert schema["servers"][0]["url"] == "/"


def problems_of(schema: Json) -> Iterator[tuple[tuple[str, str], int, str, Json]]:
    for key, operation in operations(schema).items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                (media_type,) = response["content"]
                assert media_type == ("application/json" if is_openai(key[1]) else "application/problem+json")
                examples = response["content"][media_type]["examples"]
                assert examples, (key, status)
                for code, example in examples.items():
                    yield key, int(status), code, example["value"]


def test_every_error_has_an_example_as_the_endpoint_would_send_it(schema: Json) -> None:
    kinds = {leaf.code: leaf for family in families() for leaf in leaves(family)}
    by_hand = {(400, "invalid_request"), (408, "body_too_slow"), (413, "body_too_large"), (500, "internal_error")}
    for key, status, code, value in problems_of(schema):
        assert (status, code) in by_hand or problems.status_of(kinds[code]) == status, code
        if is_openai(key[1]):
            assert (value["error"]["code"], value["error"]["param"]) == (code, None)
            assert value["error"]["message"].endswith((".", "add", "index")), value
            continue
        assert (value["status"], value["code"]) == (status, code), key
        assert value["type"] == f"urn:pincite:problem:{code}" and value["title"] == problems.title(status)
        assert value["detail"].endswith((".", "list", "add", "index")), value["detail"]


def test_the_sentences_of_the_examples_are_those_that_are_sent(tmp_path: Path) -> None:
    """Of the errors that are easily had; the others are written alike."""
    index = Index.build([document("a.txt", "A word.")], tmp_path, encoder=HashEncoder())
    app = create_app(Answerer(index, reader=FixedReader({})))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        sent = [
            client.post("/v1/ask", json={"question": " "}),
            client.post("/v1/ask", json={"question": "x" * 2001}),
            client.post("/v1/ask", content=b'{"question": "\\ud800"}', headers={"Content-Type": "application/json"}),
            client.post("/v1/ask", json={"question": "Who?", "top_k": 0}),
            client.post("/v1/ask", content=b"\xff", headers={"Content-Type": "application/json"}),
            client.post("/v1/ask", content=b"x" * 1_000_001, headers={"Content-Type": "application/json"}),
            client.post("/v1/ask", json={"question": "Who?"}, headers={"Host": "evil.example"}),
            client.post("/v1/ask", json={"question": "Who?"}, headers={"Origin": "https://evil.example"}),
            client.post("/v1/chat/completions", json={"messages": [{"role": "assistant", "content": "x"}]}),
            client.get("/v1/models/other"),
            client.post("/v1/documents"),
            client.post("/v1/documents", files=[("files", ("../a.txt", b"A word."))]),
            client.delete("/v1/documents/a.txt"),
        ]
    said = [value for _, _, _, value in problems_of(app.openapi())]
    for response in sent:
        assert response.json() in said


def example(schema: Json, name: str) -> Json:
    """A whole record made of the examples of its fields."""
    return {
        key: field["examples"][0]
        for key, field in schema["components"]["schemas"][name]["properties"].items()
        if "examples" in field
    }


def test_the_examples_quote_the_built_in_article(schema: Json) -> None:
    (article,) = read_builtin()
    citation, hit, answer = (example(schema, name) for name in ("CitationOut", "HitOut", "AnswerOut"))
    assert article.text[citation["start"] : citation["end"]] == citation["quote"]
    assert article.text[citation["answer_start"] : citation["answer_end"]] == answer["answer"]
    assert article.text[hit["start"] : hit["end"]] == hit["text"]
    version = article.text_digest.removeprefix("sha256:")[:12]
    place = f"&start={citation['start']}&end={citation['end']}&text={version}"
    assert citation["link"] == f"/?doc={citation['doc_id']}{place}"
    listed = example(schema, "DocumentOut")
    assert (listed["doc_id"], listed["title"], listed["characters"]) == (
        article.doc_id,
        article.title,
        len(article.text),
    )
    for record in (citation, listed):
        assert (record["doc_id"], record["title"], record["text_digest"]) == (
            article.doc_id,
            article.title,
            article.text_digest,
        )
    section = example(schema, "SectionOut")
    assert section in [{"heading": s.heading, "start": s.start, "body": s.body, "end": s.end} for s in article.sections]
    assert article.text.startswith(example(schema, "DocumentTextOut")["text"].removesuffix("…"))


def test_the_examples_are_what_the_built_in_article_gives(schema: Json) -> None:
    """Written by ``make golden``; after another training the examples are taken from there."""
    real = json.loads(Path("tests/golden/answer.json").read_text(encoding="utf-8"))
    names = ("AnswerOut", "HitOut", "CitationOut", "IndexOut")
    answer, hit, citation, index = (example(schema, name) for name in names)
    assert (answer["question"], answer["answer"]) == (real["question"], real["answer"])
    assert answer["confidence"] == real["confidence"]
    assert index.items() >= real["index"].items()
    # This article's lead has no section; its example is one that has.
    assert hit | {"section": None} in real["hits"]
    assert citation | {"section": None, "page": None} == real["citations"][0]


def test_events_are_told_of(schema: Json) -> None:
    for path, names in (("/v1/ask", ("hits", "answer", "error")), ("/v1/chat/completions", ("chunk", "[DONE]"))):
        content = schema["paths"][path]["post"]["responses"]["200"]["content"]
        events = content["text/event-stream"]
        assert "application/json" in content and events["example"].startswith(("event: ", "data: "))
        assert all(name in events["itemSchema"]["description"] for name in names)


def test_headers_that_a_program_needs(schema: Json) -> None:
    for (_, path), operation in operations(schema).items():
        for status, response in operation["responses"].items():
            expected = {"X-Request-ID"}
            expected |= {
                "401": {"WWW-Authenticate"},
                "429": {"Retry-After"},
                "503": {"Retry-After"},
                "304": {"ETag"},
            }.get(status, set())
            if status == "200" and path.startswith("/v1/documents") and "304" in operation["responses"]:
                expected |= {"ETag"}
            assert response["headers"].keys() == expected, (path, status)


def test_health_needs_no_key_and_the_rest_may(schema: Json) -> None:
    for (_, path), operation in operations(schema).items():
        assert ("security" in operation) == (path not in {"/healthz", "/readyz"})
