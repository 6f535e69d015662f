"""What Prometheus reads, parsed by its own library."""

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from qa import Answerer
from qa.api import create_app
from qa.api.middleware.access import Access, parse_keys
from tests.fakes import document


def samples(client: TestClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (s.name, *(value for _, value in sorted(s.labels.items()))): s.value
        for family in families
        for s in family.samples
    }


def test_requests_answers_abstentions_stages_and_the_index(cat_answerer: Answerer) -> None:
    with TestClient(create_app(cat_answerer), base_url="http://127.0.0.1") as client:
        client.post("/v1/ask", json={"question": "What is the office cat called?"})
        client.post("/v1/ask", json={"question": "hello"})
        client.get("/v1/documents/cat.txt")
        client.get("/v1/documents/no.txt")
        client.get("/v1/no-such-path")
        client.request("FOO", "/healthz")
        found = samples(client)
        newer = cat_answerer.index.update(add=[document("dog.txt", "The office dog is called Rex.")])
        later = samples(client)
    assert found["pincite_requests_total", "POST", "/v1/ask", "200"] == 2
    assert found["pincite_requests_total", "GET", "/v1/documents/{doc_id:path}", "200"] == 1
    assert found["pincite_requests_total", "GET", "/v1/documents/{doc_id:path}", "404"] == 1
    assert not any("no-such-path" in part or part == "FOO" for key in found for part in key)
    assert found["pincite_answers_total",] == 1
    assert found["pincite_abstentions_total", "greeting"] == 1
    assert found["pincite_stage_seconds_count", "read"] == 2
    assert found["pincite_questions_at_work",] == found["pincite_questions_waiting",] == 0
    assert (found["pincite_documents",], found["pincite_passages",]) == (1, 1)
    assert found["pincite_index_info", "hash", cat_answerer.index.generation] == 1
    assert (later["pincite_documents",], later["pincite_index_info", "hash", newer.generation]) == (2, 1)


def test_changes_are_counted_by_who_made_them(cat_answerer: Answerer) -> None:
    access = Access(parse_keys("editor:write:0123456789abcdef"))
    with TestClient(create_app(cat_answerer, access=access), base_url="http://127.0.0.1") as client:
        client.headers["Authorization"] = "Bearer 0123456789abcdef"
        client.post("/v1/documents", files={"files": ("dog.txt", b"The office dog is called Rex.")})
        client.post("/v1/documents", files={"files": ("dog.xyz", b"?")})
        client.delete("/v1/documents/dog.txt")
        found = samples(client)
    changes = {key[1:]: value for key, value in found.items() if key[0] == "pincite_changes_total"}
    assert changes == {("testclient", "editor", "DELETE"): 1, ("testclient", "editor", "POST"): 1}
    assert not any("0123456789abcdef" in part for key in found for part in key)
