"""The command line as its users meet it: a process with streams and an exit code."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.ui.commands import PINCITE, REPOSITORY, run


def test_asking_without_an_index_builds_the_built_in_one_and_says_so(folder: Path) -> None:
    done = run(folder, "ask", "Who is Meta's spokesperson?", "--index", "fresh")
    assert "building the one of the built-in article" in done.stderr
    assert "DEBUG" not in done.stderr and "INFO" not in done.stderr
    assert "Francis Brennan" in done.stdout
    assert "[1] The Last Holdout" in done.stdout
    assert run(folder, "ask", "Who is Meta's spokesperson?", "--index", "fresh").stderr == ""


def test_json_on_standard_output_is_that_of_the_endpoint(folder: Path) -> None:
    body = json.loads(run(folder, "ask", "Who is Meta's spokesperson?", "--json").stdout)
    assert "Francis Brennan" in body["answer"]
    article = (REPOSITORY / "corpus" / "articles" / "the-last-holdout.txt").read_text(encoding="utf-8")
    for citation in body["citations"]:
        assert article[citation["start"] : citation["end"]] == citation["quote"]
    assert len(json.loads(run(folder, "search", "export controls", "--json", "--top-k", "2").stdout)["hits"]) == 2


def test_abstaining_has_its_own_exit_code(folder: Path) -> None:
    done = run(folder, "ask", "Who painted the Mona Lisa?", code=3)
    assert "do not seem to say" in done.stdout
    assert json.loads(run(folder, "ask", "Who painted the Mona Lisa?", "--json", code=3).stdout)["answer"] is None


def test_what_was_searched_for_is_told_where_it_is_not_what_was_typed(folder: Path) -> None:
    done = run(folder, "ask", "When did Trump sign the exectuive order?")
    meant = "When did Trump sign the executive order?"
    assert done.stderr == f"Searched for: {meant}\n" and "Searched for" not in done.stdout
    asked = json.loads(run(folder, "ask", "When did Trump sign the exectuive order?", "--json").stdout)
    assert asked["query"] == meant and asked["answer"] == "June 2"


def test_the_smallest_confidence_can_be_given(folder: Path) -> None:
    asked = ("ask", "Who is Meta's spokesperson?", "--json", "--min-confidence")
    sure = json.loads(run(folder, *asked, "0.2").stdout)["confidence"]
    assert json.loads(run(folder, *asked, "0.999", code=3).stdout)["answer"] is None
    assert sure > 0.2
    assert "less than or equal to 1" in run(folder, *asked, "2", code=2).stderr


def test_own_documents_and_one_bad_file_among_them(folder: Path) -> None:
    handbook = folder / "handbook"
    (handbook / "leave").mkdir(parents=True)
    (handbook / "leave" / "parental.md").write_text("# Leave\n\nParental leave is twenty-six weeks at full pay.\n")
    (handbook / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (handbook / "photo.xyz").write_bytes(b"\x00\x01")
    done = run(folder, "index", "handbook", "--index", "own", code=1)
    assert "Indexed 1 document, 1 passage" in done.stderr
    assert done.stderr.count("Skipped:") == 2
    assert "broken.pdf" in done.stderr and "photo.xyz" in done.stderr
    listed = json.loads(run(folder, "documents", "list", "--json", "--index", "own").stdout)["documents"]
    assert [document["doc_id"] for document in listed] == ["leave/parental.md"]
    assert "twenty-six weeks" in run(folder, "ask", "How long is parental leave?", "--index", "own").stdout


def test_document_text_reaches_the_terminal_as_it_is(folder: Path) -> None:
    (folder / "odd.txt").write_text("The ratio that matters is a:b:c and :key: [bold]this[/bold] \x1b[31mred.\n")
    run(folder, "index", "odd.txt", "--index", "odd")
    shown = run(folder, "search", "ratio that matters", "--index", "odd").stdout
    assert "a:b:c and :key: [bold]this[/bold]" in shown
    assert "\x1b[31m" not in shown


def test_documents_come_and_go(folder: Path) -> None:
    (folder / "pets.txt").write_text("The office cat is called Miso. She likes the printer room.\n")
    run(folder, "index", "--builtin", "--index", "changing")
    assert "the index holds 2" in run(folder, "documents", "add", "pets.txt", "--index", "changing").stderr
    assert "Miso" in run(folder, "ask", "What is the office cat called?", "--index", "changing").stdout
    assert "pets.txt" in run(folder, "documents", "list", "--index", "changing").stdout
    assert "the index holds 1" in run(folder, "documents", "remove", "pets.txt", "--index", "changing").stderr


def test_what_is_added_replaces_its_own_file_and_no_other(folder: Path) -> None:
    for name, text in (("proj/sub/badge.md", "Ada Petrov signs."), ("proj/readme.md", "The gym opens at six."),
                       ("other/readme.md", "The pool opens at nine.")):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    flags = ["--index", "named"]
    run(folder, "index", "proj", *flags)
    (folder / "proj/sub/badge.md").write_text("Vera Sokolova signs.")
    assert (
        "Replaced 'sub/badge.md'; the index holds 2"
        in run(folder, "documents", "add", "proj/sub/badge.md", *flags).stderr
    )
    added = run(folder, "documents", "add", "other/readme.md", *flags).stderr
    assert "Added 'other/readme.md'; the index holds 3" in added
    assert "The gym opens at six." in run(folder, "search", "When does the gym open?", *flags).stdout
    (folder / "proj/readme.md").unlink()
    again = run(folder, "documents", "add", "proj", *flags).stderr
    assert "Nothing has changed" in again and "'readme.md'" in again and "documents remove" in again
    run(folder, "index", "other", "proj", "--replace", *flags)
    listed = run(folder, "documents", "list", *flags).stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["readme.md", "sub/badge.md"]


def test_doctor(folder: Path) -> None:
    assert "answered in" in run(folder, "doctor").stdout
    assert "pincite index" in run(folder, "doctor", "--index", "nowhere", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["ask", ""], 1, "The question is empty; type one."),
        (["ask", "x" * 2001], 1, "2,000 are allowed"),
        (["ask"], 2, "Missing argument"),
        (["ask", "who?", "--top-k", "0"], 2, "--top-k"),
        (["ask", "who?", "--encoder", "no/such"], 1, "pincite index"),
        (["index", "missing-folder"], 1, "There is no file or folder 'missing-folder': check the path."),
        (["index", "empty.txt"], 1, "empty.txt"),
        (["documents", "remove", "nope.txt"], 1, "pincite documents list"),
        (["ask", "who?", "--index", "empty.txt"], 1, "not an index folder"),
        (["index", "--builtin", "--index", "empty.txt"], 1, "--index"),
        (["index"], 2, "--builtin"),
        (["index", "notes.txt", "--builtin"], 2, "--builtin"),
        (["serve", "--host", "no.such.host.invalid"], 1, "--host"),
        (["serve", "--port", "70000"], 1, "PINCITE_PORT"),
        (["dance"], 2, "No such command"),
    ],
)
def test_a_mistake_gets_one_sentence(folder: Path, arguments: list[str], code: int, sentence: str) -> None:
    (folder / "empty.txt").write_text("")
    done = run(folder, *arguments, code=code)
    assert sentence in done.stderr
    assert done.stdout == ""


def test_a_corrupt_index_is_named_and_building_repairs_it(folder: Path) -> None:
    run(folder, "index", "--builtin", "--index", "hurt")
    (vectors,) = (folder / "hurt" / "generations").glob("*/vectors.faiss")
    vectors.write_bytes(vectors.read_bytes()[:-9])
    done = run(folder, "ask", "Who is Meta's spokesperson?", "--index", "hurt", code=1)
    assert "vectors.faiss" in done.stderr and "pincite index" in done.stderr
    replaced = run(folder, "index", "--builtin", "--index", "hurt").stderr
    assert "vectors.faiss" in replaced and "build it again" not in replaced
    assert replaced.index("Encoding") < replaced.index("vectors.faiss")
    run(folder, "ask", "Who is Meta's spokesperson?", "--index", "hurt")


def test_an_index_that_lost_its_pointer_is_not_swapped_for_the_article(folder: Path) -> None:
    (folder / "lease.txt").write_text("The lease of the Oslo office ends in 2031.\n")
    run(folder, "index", "lease.txt", "--index", "lost")
    (folder / "lost" / "CURRENT").unlink()
    done = run(folder, "ask", "When does the Oslo lease end?", "--index", "lost", code=1)
    assert "lost its file CURRENT" in done.stderr and "pincite index" in done.stderr
    run(folder, "index", "lease.txt", "--index", "lost")
    assert "2031" in run(folder, "ask", "When does the Oslo lease end?", "--index", "lost").stdout


def test_the_version_is_told(folder: Path) -> None:
    assert re.fullmatch(r"pincite \d+\.\d+\.\d+\n", run(folder, "--version").stdout)


def test_a_pipe_gets_the_answer_by_itself_first(folder: Path) -> None:
    lines = run(folder, "ask", "Who is Meta's spokesperson?").stdout.splitlines()
    assert lines[0] == "Francis Brennan" and lines[1] == ""
    assert "Francis Brennan" in lines[2] and len(lines[2]) > 40


def test_asking_and_searching_may_be_of_some_documents(folder: Path) -> None:
    place = folder / "two"
    place.mkdir()
    (place / "cat.md").write_text("# Cat\n\nThe office cat is called Miso.\n")
    (place / "dog.md").write_text("# Dog\n\nThe office dog is called Rex.\n")
    run(folder, "index", "two", "--index", "pets")
    found = json.loads(run(folder, "search", "office", "--doc", "dog.md", "--json", "--index", "pets").stdout)
    assert [hit["doc_id"] for hit in found["hits"]] == ["dog.md"]
    asked = ("ask", "What is the office dog called?", "--index", "pets", "--json", "--doc")
    assert json.loads(run(folder, *asked, "dog.md").stdout)["answer"] == "Rex"
    assert "no document 'fish.md'" in run(folder, *asked, "fish.md", code=1).stderr


def test_nothing_is_dropped_unasked(folder: Path) -> None:
    """The first index is of the built-in article, which is always to be had again; all else needs a word."""
    place = folder / "papers"
    place.mkdir()
    for name in ("one", "two"):
        (place / f"{name}.md").write_text(f"# {name}\n\nThe {name} lease ends in 2031.\n")
    at = ("--index", "careful")
    run(folder, "index", "--builtin", *at)
    assert "Indexed 2 documents" in run(folder, "index", "papers", *at).stderr
    refused = run(folder, "index", "--builtin", *at, code=1).stderr
    assert "'one.md', 'two.md'" in refused and "--replace" in refused and "documents add" in refused
    (place / "two.md").unlink()
    assert "'two.md'" in run(folder, "index", "papers", *at, code=1).stderr
    assert "two.md" in run(folder, "documents", "list", *at).stdout
    assert "Indexed 1 document" in run(folder, "index", "papers", "--replace", *at).stderr
    assert "Indexed 1 document" in run(folder, "index", "--builtin", "--replace", *at).stderr


def test_a_file_that_cannot_be_read_any_more_keeps_its_indexed_version(folder: Path) -> None:
    place = folder / "shelf"
    place.mkdir()
    (place / "good.md").write_text("# Good\n\nThe lamp is blue.\n")
    page = b"<html><body><p>The office cat is called Miso.</p></body></html>"
    (place / "cat.html").write_bytes(page)
    run(folder, "index", "shelf", "--index", "shelved")
    (place / "cat.html").write_bytes(b"")
    again = run(folder, "index", "shelf", "--index", "shelved", code=1).stderr
    assert "Its earlier version is kept:" in again and "cat.html" in again and "Skipped" not in again
    assert "Miso" in run(folder, "ask", "What is the office cat called?", "--index", "shelved").stdout


def test_a_rollback_says_what_it_brought_back(folder: Path) -> None:
    (folder / "lease.md").write_text("# Lease\n\nThe lease ends in 2031.\n")
    at = ("--index", "turned")
    run(folder, "index", "lease.md", *at)
    assert "nothing to bring back" in run(folder, "rollback", *at, code=1).stderr
    run(folder, "index", "--builtin", "--replace", *at)
    told = run(folder, "rollback", *at).stderr
    assert "1 document." in told and "Brought back: 'lease.md'." in told and "Dropped: 'the-last-holdout.txt'" in told
    assert "2031" in run(folder, "ask", "When does the lease end?", *at).stdout


def test_a_build_that_fails_says_only_why(folder: Path) -> None:
    run(folder, "index", "--builtin", "--index", "kept")
    failed = run(folder, "index", "--builtin", "--index", "kept", "--encoder", "zzz", code=1).stderr
    assert failed.startswith("Error: The encoder 'zzz' is not on this machine")
    run(folder, "ask", "Who is Meta's spokesperson?", "--index", "kept")


def test_the_last_document_stays(folder: Path) -> None:
    (folder / "only.txt").write_text("The only page.\n")
    run(folder, "index", "only.txt", "--index", "one")
    assert "add another before" in run(folder, "documents", "remove", "only.txt", "--index", "one", code=1).stderr


def test_settings_flag_over_environment_over_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "settings"
    place.mkdir()
    (place / "pincite.toml").write_text('index = "from-file"\n')
    assert "from-file" in run(place, "doctor", code=1).stderr
    monkeypatch.setenv("PINCITE_INDEX", "from-environment")
    assert "from-environment" in run(place, "doctor", code=1).stderr
    assert "from-flag" in run(place, "doctor", "--index", "from-flag", code=1).stderr
    (place / "pincite.toml").write_text("colour = 3\n")
    assert "no setting 'colour'" in run(place, "doctor", code=1).stderr
    (place / "pincite.toml").write_text("not toml")
    assert "pincite.toml is not TOML" in run(place, "doctor", code=1).stderr


def test_serving_answers_and_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*PINCITE, "serve", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/readyz")
            request = urllib.request.Request(
                f"{address}/v1/ask",
                data=b'{"question": "Who is Meta\'s spokesperson?"}',
                headers={"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as response:
                assert "Francis Brennan" in json.load(response)["answer"]
            with urllib.request.urlopen(address, timeout=30) as response:
                assert "Pincite" in response.read().decode()
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{address}/v1/nothing", timeout=30)
            assert caught.value.headers["Content-Type"] == "application/problem+json"
            caught.value.close()
            taken = run(folder, "serve", "--port", str(port), code=1)
            assert f"Port {port} on 127.0.0.1 is in use" in taken.stderr
        finally:
            server.terminate()
            _, said = server.communicate(timeout=120)
    assert address in said
    assert "Traceback" not in said


def wait_for(address: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("arguments", [["ask", "Who is Meta's spokesperson?"], ["search", "Meta"]])
def test_asking_loads_no_torch_and_no_web_framework(folder: Path, arguments: list[str]) -> None:
    script = (
        "import sys; sys.argv = ['pincite', *sys.argv[1:]]\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'fastapi', 'starlette', 'gradio', 'uvicorn')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"
