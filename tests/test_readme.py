"""The README's commands, run as they stand; ``make test`` alone is left out, since it runs this."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from ui.cli.commands import app
from ui.config import Settings

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
SHELL = [
    line.split("  #")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line.strip()
]
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's working folder: documents of their own, and the files that the README names."""
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


def test_the_readme_has_the_commands_that_this_file_runs() -> None:
    assert SHELL[:2] == ["make run", "make test"]
    assert any(line.startswith("curl ") for line in SHELL)
    assert len(PYTHON) == 1


@pytest.mark.parametrize("command", [line for line in SHELL if line.startswith("pincite ")])
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


@pytest.mark.parametrize("command", [line for line in SHELL if line.startswith("curl ")])
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


def test_the_configuration_table_is_the_settings() -> None:
    rows = re.findall(r"^\| (.+?) \| `PINCITE_(\w+)` \| `(\w+)` \| (.+?) \|", README, re.MULTILINE)
    assert [name for _, _, name, _ in rows] == list(Settings.model_fields)
    flags = typer.main.get_command(app).commands["serve"].params  # type: ignore[attr-defined]
    offered = {flag.name for flag in flags}
    for flag, variable, name, default in rows:
        assert variable == name.upper()
        assert flag.startswith(f"`--{name.replace('_', '-')}") if name in offered else flag == "no flag"
        shipped = {"encoder": "all-MiniLM-L6-v2", "reader": "both"}
        if value := Settings.model_fields[name].default or shipped.get(name):
            assert default == f"`{value}`"
