"""Running the command line as a process with streams and an exit code."""

import os
import subprocess
import sys
from pathlib import Path

PINCITE = [sys.executable, "-m", "ui.cli"]
REPOSITORY = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """That of the tests, with the quick reader, which opens in no time. README's commands are run with the default."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "120", "PINCITE_READER": "quick"}


def run(cwd: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*PINCITE, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=480, check=False
    )
    assert done.returncode == code, f"exit code {done.returncode}: {done.stderr}"
    assert "Traceback" not in done.stderr
    return done
