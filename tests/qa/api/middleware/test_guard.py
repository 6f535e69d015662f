"""Who gets in: keys and their roles, hosts, origins, the login of the chat, and headers for browsers."""

import hmac
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from qa import Answerer
from qa.api import LiveAnswerer, create_app
from qa.api.limits import Limits
from qa.api.middleware.access import Access, Sessions, parse_keys, parse_origins
from qa.api.middleware.rates import Rates
from qa.errors import InvalidSetting
from tests.qa.api.conftest import Served
from ui.chat.app import mount_chat

READ, WRITE = "r" * 20, "w" * 20
KEYS = parse_keys(f"reader:read:{READ}, editor:write:{WRITE}")
CHAT = {"feedback": Path("unused.jsonl"), "uploads": True}
QUESTION = {"question": "What is the office cat called?"}
ROUTES = [
    ("POST", "/v1/ask"), ("POST", "/v1/ask/batch"), ("POST", "/v1/search"), ("GET", "/v1/documents"),
    ("GET", "/v1/documents/cat.txt"), ("GET", "/v1/nothing"), ("GET", "/metrics"), ("GET", "/docs"),
    ("GET", "/openapi.json"), ("GET", "/swagger/swagger-ui.css"), ("GET", "/config"), ("GET", "/gradio_api/info"),
    ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data"), ("POST", "/gradio_api/upload"),
    ("GET", "/gradio_api/file=/etc/passwd"), ("POST", "/gradio_api/run/predict"), ("GET", "/"), ("GET", "/assets/x.js"),
]  # fmt: skip


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def client(cat_answerer: Answerer) -> Iterator[TestClient]:
    app = mount_chat(create_app(cat_answerer, access=Access(KEYS)), LiveAnswerer(cat_answerer), **CHAT)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_answers_without_a_key_not_even_those_of_the_chat(client: TestClient, method: str, path: str) -> None:
    for headers in ({}, bearer("wrong" * 5), bearer(""), {"Authorization": f"Basic {READ}"}):
        response = client.request(method, path, headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "key_missing")
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_health_needs_no_key(client: TestClient) -> None:
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


@pytest.mark.parametrize("secret", [READ, WRITE])
def test_a_key_opens_what_reads(client: TestClient, secret: str) -> None:
    assert client.post("/v1/ask", json=QUESTION, headers=bearer(secret)).json()["answer"] == "Miso"
    assert client.get("/", headers=bearer(secret)).status_code == 200
    assert client.get("/metrics", headers=bearer(secret)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/documents"), ("DELETE", "/v1/documents/cat.txt"), ("POST", "/gradio_api/upload")]
)
def test_a_read_key_changes_nothing(client: TestClient, method: str, path: str) -> None:
    refused = client.request(method, path, headers=bearer(READ))
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only_key")
    assert client.request(method, path, headers=bearer(WRITE)).status_code not in {401, 403}


def test_without_keys_others_than_loopback_change_nothing(cat_answerer: Answerer) -> None:
    with TestClient(create_app(cat_answerer, access=Access(open_writes=False)), base_url="http://10.0.0.7") as client:
        refused = client.delete("/v1/documents/cat.txt")
        assert (refused.status_code, refused.json()["code"]) == (403, "writes_off")
        assert client.post("/v1/ask", json=QUESTION).status_code == 200


@pytest.mark.parametrize("secret", [READ, WRITE, "wrong" * 5])
def test_every_key_is_compared_and_in_constant_time(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    compared: list[bytes] = []
    real = hmac.compare_digest

    def noted(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    Access(KEYS).key_of(secret)
    assert compared == [key.digest for key in KEYS]


def test_a_browsers_client_of_the_model_context_protocol_passes_the_preflight(cat_answerer: Answerer) -> None:
    app = create_app(cat_answerer, access=Access(origins=("https://good.example",)))
    asked = {
        "Origin": "https://good.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,mcp-protocol-version",
    }
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.options("/mcp", headers=asked).status_code == 200
        assert client.options("/mcp", headers={**asked, "Origin": "https://evil.example"}).status_code == 400


def test_the_log_names_who_asked(cat_answerer: Answerer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="qa.api.middleware.request_log")
    app = create_app(cat_answerer, access=Access(keys=parse_keys("ci:write:a-secret-of-sixteen")))
    with TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.7", 5)) as client:
        client.get("/v1/documents", headers={"Authorization": "Bearer a-secret-of-sixteen"})
        client.get("/v1/documents", headers={"Authorization": "Bearer another-secret-of-ours"})
    known, unknown = (record.fields for record in caplog.records if record.name == "qa.api.middleware.request_log")  # type: ignore[attr-defined]
    assert (known["key"], known["client"]) == ("ci", "192.0.2.7")
    assert "key" not in unknown and unknown["client"] == "192.0.2.7"
    assert "secret" not in str(known) + str(unknown)


def test_a_long_path_is_cut_in_the_log(cat_answerer: Answerer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="qa.api.middleware.request_log")
    with TestClient(create_app(cat_answerer), base_url="http://127.0.0.1") as client:
        client.get(f"/v1/documents/{'a' * 60_000}")
    (record,) = [record for record in caplog.records if record.name == "qa.api.middleware.request_log"]
    assert len(str(record.fields["path"])) < 300  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["ключ", "名前", "ke\u0301y"])
def test_the_name_of_a_key_is_one_that_a_cookie_can_carry(name: str) -> None:
    with pytest.raises(InvalidSetting, match="API key 1"):
        parse_keys(f"{name}:write:a-secret-of-sixteen")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("file=/etc/passwd", 403), (f"file={__file__}", 403), ("file=README.md", 403),
        ("proxy=http://127.0.0.1/x", 400), ("proxy=https://a.hf.space/", 400),
    ],
)  # fmt: skip
def test_the_chat_gives_out_no_file_and_asks_no_other_server(cat_answerer: Answerer, path: str, status: int) -> None:
    app = mount_chat(create_app(cat_answerer), LiveAnswerer(cat_answerer), **CHAT)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        refused = client.get(f"/gradio_api/{path}")
    assert refused.status_code == status
    assert "not allowed" in refused.text or "cannot be proxied" in refused.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/healthz", 405), ("DELETE", "/readyz", 405), ("FOO", "/metrics", 405), ("GET", "/v1/nothing", 404)],
)
def test_the_chat_does_not_answer_for_the_endpoint(cat_answerer: Answerer, method: str, path: str, status: int) -> None:
    app = mount_chat(create_app(cat_answerer), LiveAnswerer(cat_answerer), **CHAT)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        response = client.request(method, path)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers.get("Allow") == ("GET, HEAD" if status == 405 else None)


def test_a_reader_logs_in_with_a_key_and_comes_back_to_the_page(client: TestClient) -> None:
    sent = client.get("/?q=Who%3F", headers={"Accept": "text/html"})
    assert sent.status_code == 303
    page = client.get(sent.headers["Location"])
    assert 'type="password"' in page.text
    wrong = client.post(sent.headers["Location"], data={"key": "guess"})
    assert (wrong.status_code, "does not know this key" in wrong.text) == (401, True)
    entered = client.post(sent.headers["Location"], data={"key": READ})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/?q=Who%3F")
    cookie = entered.headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "max-age=604800" in cookie
    assert READ not in cookie
    assert client.get("/?q=Who%3F", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/config").status_code == 200
    assert client.post("/gradio_api/upload").json()["code"] == "read_only_key"


@pytest.mark.parametrize("following", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", ""])
def test_the_login_sends_nobody_elsewhere(client: TestClient, following: str) -> None:
    entered = client.post("/login", params={"next": following}, data={"key": READ})
    assert entered.headers["Location"] == "/"


@pytest.mark.parametrize("cookie", ["", "x", "editor:9999999999:00", "editor:x:y", "ü:1:2", '"', "a=b; =;"])
def test_a_made_up_cookie_opens_nothing(client: TestClient, cookie: str) -> None:
    headers = {"Cookie": f"pincite_session={cookie}".encode()}
    assert client.get("/v1/documents", headers=headers).status_code == 401


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(Access(KEYS))
    cookie = sessions.begin(KEYS[0])
    assert sessions.key_of(cookie) == KEYS[0]
    assert Sessions(Access(KEYS)).key_of(cookie) is None
    later = time.time() + 8 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert sessions.key_of(cookie) is None


def test_without_keys_there_is_no_login(cat_answerer: Answerer) -> None:
    with TestClient(create_app(cat_answerer), base_url="http://localhost", follow_redirects=False) as client:
        assert client.get("/login").headers["Location"] == "/"
        assert client.post("/login", data={"key": READ}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[", "localhost."])
@pytest.mark.parametrize("path", ["/v1/documents", "/healthz", "/", "/config"])
def test_a_name_that_was_turned_to_this_machine_reads_nothing(cat_answerer: Answerer, host: str, path: str) -> None:
    app = mount_chat(create_app(cat_answerer), LiveAnswerer(cat_answerer), **CHAT)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        refused = client.get(path, headers={"Host": host})
    assert (refused.status_code, refused.json()["code"]) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "192.168.1.5:80", "docs.example.org"])
def test_names_and_addresses_of_the_server(cat_answerer: Answerer, host: str) -> None:
    access = Access(hosts=frozenset({"docs.example.org"}))
    with TestClient(create_app(cat_answerer, access=access), base_url="http://127.0.0.1") as client:
        same = {"Host": host, "Origin": f"http://{host}"}
        assert client.post("/v1/ask", json=QUESTION, headers=same).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://", "127.0.0.1"])
def test_a_page_of_another_site_neither_writes_nor_reads(cat_answerer: Answerer, origin: str) -> None:
    app = mount_chat(create_app(cat_answerer), LiveAnswerer(cat_answerer), **CHAT)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for method, path in (("POST", "/v1/ask"), ("POST", "/gradio_api/queue/join"), ("GET", "/config")):
            refused = client.request(method, path, headers={"Origin": origin})
            assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")
            assert "access-control-allow-origin" not in refused.headers


def test_cors_for_the_sites_that_a_setting_names(cat_answerer: Answerer) -> None:
    site = "https://app.example.org"
    access = Access(KEYS, origins=parse_origins(site))
    with TestClient(create_app(cat_answerer, access=access), base_url="http://127.0.0.1") as client:
        asked = {"Origin": site, "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "authorization,content-type"
        assert client.options("/v1/ask", headers=asked).headers["Access-Control-Allow-Origin"] == site
        answered = client.post("/v1/ask", json=QUESTION, headers={"Origin": site, **bearer(READ)})
        assert (answered.status_code, answered.headers["Access-Control-Allow-Origin"]) == (200, site)
        other = client.options("/v1/ask", headers={**asked, "Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/documents", "/v1/nothing", "/login"])
def test_headers_for_browsers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=bearer(READ)).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_no_web_socket_goes_round_the_guard(client: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/gradio_api/queue/join"):
        pass


def test_the_layers_hold_on_a_real_server(cat_answerer: Answerer, serve: Callable[..., Served]) -> None:
    server = serve(mount_chat(create_app(cat_answerer, access=Access(KEYS)), LiveAnswerer(cat_answerer), **CHAT))
    with httpx.Client(base_url=server.address) as client:
        assert client.get("/config").status_code == 401
        assert client.get("/v1/documents", headers=bearer(READ)).status_code == 200
        assert client.get("/", headers={"Accept": "text/html"}).headers["Location"] == "/login?next=%2F"


@pytest.mark.parametrize(
    "text", ["x", "a:read:short", "a:admin:" + "s" * 20, f"a:read:{READ} a:write:{WRITE}", f":read:{READ}"]
)
def test_a_key_that_is_not_written_as_one_is_named_without_its_secret(text: str) -> None:
    with pytest.raises(InvalidSetting, match="PINCITE_API_KEYS") as caught:
        parse_keys(text)
    assert READ not in str(caught.value) and "short" not in str(caught.value)


@pytest.mark.parametrize("text", ["*", "example.org", "https://example.org/", "ftp://example.org"])
def test_an_origin_is_scheme_host_and_port(text: str) -> None:
    with pytest.raises(InvalidSetting, match="PINCITE_CORS_ORIGINS"):
        parse_origins(text)


def test_a_key_has_its_number_a_minute_and_takes_none_of_another(cat_answerer: Answerer) -> None:
    app = create_app(cat_answerer, access=Access(KEYS), limits=Limits(rate=3))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        asked = [client.get("/v1/documents", headers=bearer(READ)) for _ in range(4)]
        assert [one.status_code for one in asked] == [200, 200, 200, 429]
        assert asked[3].json()["code"] == "too_often" and "'reader'" in asked[3].json()["detail"]
        assert 1 <= int(asked[3].headers["Retry-After"]) <= 20
        assert client.get("/v1/documents", headers=bearer(WRITE)).status_code == 200
        assert client.get("/metrics", headers=bearer(READ)).status_code == 200


def test_wrong_keys_are_slowed_and_a_right_one_is_let_in_beside_them(client: TestClient) -> None:
    asked = [client.get("/v1/documents", headers=bearer("wrong" * 5)) for _ in range(11)]
    assert [one.status_code for one in asked] == [401] * 10 + [429]
    assert asked[10].json()["code"] == "too_often" and int(asked[10].headers["Retry-After"]) <= 6
    guessed = client.post("/login", data={"key": "guess"})
    assert guessed.status_code == 429 and "Too many wrong keys" in guessed.text
    assert client.get("/v1/documents", headers=bearer(READ)).status_code == 200
    assert client.post("/login", data={"key": READ}).status_code == 303
    assert client.get("/healthz").status_code == 200


def test_what_was_taken_comes_back_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rates = Rates(60)
    assert [rates.wait("a") for _ in range(60)] == [0.0] * 60
    assert rates.wait("a") == pytest.approx(1.0)
    now += 1.5
    assert (rates.wait("a"), rates.wait("a")) == (0.0, pytest.approx(0.5))
    assert [Rates(0).wait("a") for _ in range(3)] == [0.0] * 3


def test_whoever_logs_out_is_out_with_every_copy_of_the_cookie(client: TestClient) -> None:
    client.post("/login", data={"key": READ})
    copy = {"Cookie": f"pincite_session={client.cookies['pincite_session']}"}
    assert client.get("/config").status_code == 200
    left = client.post("/logout")
    assert (left.status_code, left.headers["Location"]) == (303, "/login")
    assert client.get("/config").status_code == 401
    assert client.get("/config", headers=copy).status_code == 401
    assert client.post("/logout", headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_key_that_is_exchanged_opens_nothing_any_more(cat_answerer: Answerer) -> None:
    access = Access(KEYS)
    with TestClient(create_app(cat_answerer, access=access), base_url="http://127.0.0.1") as client:
        client.post("/login", data={"key": READ}, follow_redirects=False)
        assert client.get("/v1/documents").status_code == 200
        access.keys = parse_keys(f"reader:read:{'n' * 20}")
        assert client.get("/v1/documents").status_code == 401, "nor does the session that it began"
        assert client.get("/v1/documents", headers=bearer(READ)).status_code == 401
        assert client.get("/v1/documents", headers=bearer("n" * 20)).status_code == 200
