"""The README and the pages of ``docs``: their commands run as they stand, tables that are the code's, links that lead.

``make test`` alone is left out, since it runs this.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from markdown_it import MarkdownIt

from ui.cli.commands import app
from ui.config import Settings

REPOSITORY = Path(__file__).parents[1]
DOCS = sorted(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "docs").glob("*.md"))
MADE = "docs/errors.md"
"""Made from the classes, by a test of its own."""
TEXTS = {page: (REPOSITORY / page).read_text(encoding="utf-8") for page in ("README.md", *DOCS)}
README = TEXTS["README.md"]


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of each block of code."""
    found = rf"^```{language}\n(.*?)^```"
    return [(page, b) for page, text in TEXTS.items() for b in re.findall(found, text, re.DOTALL | re.MULTILINE)]


SHELL = [
    (page, line.split("  #")[0].strip())
    for page, block in blocks("sh")
    for line in re.sub(r"\\\n\s*", "", block).splitlines()
    if line.strip()
]
PYTHON = [block for _, block in blocks("python")]


def commands(program: str) -> list[object]:
    """Those of all pages, in the order in which they stand there."""
    of_program = [(page, line) for page, line in SHELL if line.startswith(f"{program} ")]
    return [pytest.param(line, id=f"{page}: {line}") for page, line in of_program]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's working folder: documents of their own, and the files that the pages name."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "handbook").mkdir()
    (folder / "handbook" / "leave.md").write_text("# Parental leave\n\nParental leave is twenty-six weeks long.\n")
    (folder / "notes.md").write_text("# Notes\n\nThe printer stands on the second floor.\n")
    shutil.copytree(REPOSITORY / "tests" / "gold", folder / "tests" / "gold")
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    home = tmp_path_factory.mktemp("home")
    return {"PATH": f"{scripts}:{os.environ['PATH']}", "HOME": str(home), "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module")
def served(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """``make run``, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {**environment, "PINCITE_PORT": str(port), "PINCITE_INDEX": str(folder / "served")}
    with subprocess.Popen(["make", "run"], cwd=REPOSITORY, env=settings, start_new_session=True) as make:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
                    break
                except OSError:
                    assert make.poll() is None, "make run has ended by itself"
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(make.pid, signal.SIGINT)
            make.wait(60)


def test_the_pages_have_the_commands_that_this_file_runs() -> None:
    assert [line for _, line in SHELL[:2]] == ["make run", "make test"]
    assert {line.split()[0] for _, line in SHELL[2:]} == {"pincite", "curl"}
    assert {page for page, _ in SHELL} == {"README.md", "docs/evaluation.md"}
    assert len(PYTHON) == 1


@pytest.mark.parametrize("command", commands("pincite"))
def test_pincite(command: str, folder: Path, environment: dict[str, str]) -> None:
    if command.startswith("pincite evaluate"):  # 225 questions: with both readers minutes on some machines
        environment = {**environment, "PINCITE_READER": "quick"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=560
    )
    assert done.returncode == 0, done.stderr
    if command.startswith("pincite index"):
        assert ("Indexed 1 document," if "--builtin" in command else "Indexed 2 documents") in done.stderr
    else:
        assert done.stdout


@pytest.mark.parametrize("command", commands("curl"))
def test_make_run_answers_the_curl_line(command: str, served: str, environment: dict[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here: install it to run this test")
    command = command.replace("http://127.0.0.1:8000", served)
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert '"answer":"' in done.stdout and "June 2" in done.stdout


def run_the_library_example(at: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PYTHON[0]], cwd=at, env={**environment, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=False, timeout=560,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_library_example(folder: Path, environment: dict[str, str]) -> None:
    assert "twenty-six weeks" in run_the_library_example(folder, environment)


def test_the_library_example_where_the_corpus_does_not_say(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "cats.md").write_text("# Cats\n\nThe office cat is called Miso.\n")
    assert "do not seem to say" in run_the_library_example(tmp_path, environment)


def test_the_table_of_settings_is_the_settings() -> None:
    table = r"^\| (.+?) \| `PINCITE_(\w+)` \| `(\w+)` \| (.+?) \|"
    rows = re.findall(table, TEXTS["docs/configuration.md"], re.MULTILINE)
    assert [name for _, _, name, _ in rows] == list(Settings.model_fields)
    flags = typer.main.get_command(app).commands["serve"].params  # type: ignore[attr-defined]
    offered = {flag.name for flag in flags}
    for flag, variable, name, default in rows:
        assert variable == name.upper()
        assert flag.startswith(f"`--{name.replace('_', '-')}") if name in offered else flag == "no flag"
        shipped = {"encoder": "all-MiniLM-L6-v2", "reader": "both"}
        if value := Settings.model_fields[name].default or shipped.get(name):
            assert default == f"`{value}`"


def test_the_table_of_routes_is_the_endpoint() -> None:
    rows = re.findall(r"^\| (`.+?`) \| ", TEXTS["docs/endpoint.md"], re.MULTILINE)
    named = re.findall(r"`(?:(GET|POST|DELETE) )?(/[^`?]*)", "\n".join(rows))
    schema = json.loads((REPOSITORY / "tests" / "golden" / "openapi.json").read_text(encoding="utf-8"))
    offered = {(method.upper(), path) for path, methods in schema["paths"].items() for method in methods}
    assert {(method or "GET", path) for method, path in named} - {("GET", "/mcp")} == offered


def test_the_table_of_folders_is_the_packages() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .+? \| (.+) \|$", TEXTS["docs/design.md"], re.MULTILINE))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    packages = [package.split(".") for package in project["tool"]["setuptools"]["packages"]]
    missing = [package for package in packages if len(package) > 1 and f"`{package[-1]}`" not in rows[package[0]]]
    assert missing == []


def links(page: str) -> list[str]:
    """Where its links and pictures lead, those to the network left out."""
    tokens = [child for token in MarkdownIt().enable("table").parse(TEXTS[page]) for child in token.children or ()]
    targets = [str(token.attrGet("href") or token.attrGet("src") or "") for token in tokens]
    return [target for target in targets if target and not target.startswith(("http://", "https://"))]


def anchors(page: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    tokens = MarkdownIt().parse(TEXTS[page])
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        file = (REPOSITORY / page).parent / name if name else REPOSITORY / page
        assert file.exists(), target
        inside = file.resolve().relative_to(REPOSITORY).as_posix()
        assert not anchor or anchor in anchors(inside), target


@pytest.mark.parametrize("page", DOCS)
def test_the_readme_leads_to_every_page_and_each_leads_back(page: str) -> None:
    assert page in links("README.md")
    assert page == MADE or "../README.md" in links(page)


@pytest.mark.parametrize("page", [page for page in TEXTS if page != MADE])
def test_a_page_is_made_for_reading(page: str) -> None:
    lines = TEXTS[page].splitlines()
    assert page != "README.md" or len(lines) <= 160
    assert page == "README.md" or lines[0].endswith("?"), "it opens with the question that it answers"
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []
