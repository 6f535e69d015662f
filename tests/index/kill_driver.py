"""Kills a build, then an update, by SIGKILL before and after each call that changes the disk, one child for each.

Prints as JSON what a fresh start then opens. Runs as a script of its own, because it forks.
"""

import builtins
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from index import Index
from index.errors import IndexMissing
from tests.fakes import HashEncoder, document

FIRST = document("a.txt", "Cats sleep all day. They hunt at night.")
SECOND = document("b.txt", "Dogs bark at strangers. They fetch sticks.")


def arm(fatal: int) -> None:
    """Die at the ``fatal``-th step: each patched call counts twice, before it and after it."""
    step = 0

    def count() -> None:
        nonlocal step
        step += 1
        if step == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def patched(*args: Any, **kwargs: Any) -> Any:
            count()
            result = function(*args, **kwargs)
            count()
            return result

        return patched

    for owner, names in ((os, ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir")), (builtins, ("open",))):
        for name in names:
            setattr(owner, name, around(getattr(owner, name)))


def run_and_die(action: Callable[[], object], fatal: int) -> bool:
    """Whether the child died; if not, there was no ``fatal``-th step."""
    child = os.fork()
    if child == 0:
        arm(fatal)
        action()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("the child failed by itself")
    return os.WIFSIGNALED(status)


def opened(directory: Path, old: str | None, new: str) -> str:
    try:
        index = Index.open(directory, encoder=HashEncoder())
    except IndexMissing:
        return "nothing" if old is None else "lost"
    return {new: "new", old: "old"}.get(index.generation, "a mixture")


def main(root: Path) -> None:
    outcomes = []
    new_build = Index.build([FIRST], root / "reference", encoder=HashEncoder()).generation
    new_update = Index.open(root / "reference", encoder=HashEncoder()).update(add=[SECOND]).generation
    scratch, base = root / "scratch", root / "base"
    Index.build([FIRST], base, encoder=HashEncoder())
    for kind in ("build", "update", "same"):
        fatal, died = 1, True
        while died:
            shutil.rmtree(scratch, ignore_errors=True)
            if kind == "update":
                shutil.copytree(base, scratch)
                action = lambda: Index.open(scratch, encoder=HashEncoder()).update(add=[SECOND])  # noqa: E731
                old, new = new_build, new_update
            elif kind == "same":
                shutil.copytree(base, scratch)
                action = lambda: Index.build([FIRST], scratch, encoder=HashEncoder())  # noqa: E731
                old, new = new_build, new_build
            else:
                action = lambda: Index.build([FIRST], scratch, encoder=HashEncoder())  # noqa: E731
                old, new = None, new_build
            died = run_and_die(action, fatal)
            found = opened(scratch, old, new)
            index = Index.build([FIRST], scratch, encoder=HashEncoder()).update(add=[SECOND])
            leftovers = [p.name for p in (scratch / "generations").iterdir() if p.name.startswith(".")]
            whole = index.generation == new_update and not leftovers
            outcomes.append({"kind": kind, "step": fatal, "opened": found, "then_updated": whole})
            fatal += 1
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
