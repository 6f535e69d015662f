"""Every error that Pincite raises: one sentence as an example, a code of its own, and ``docs/errors.md``, made of them.

``PINCITE_WRITE_GOLDEN=1`` writes the page anew.
"""

import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import PinciteError

FLOORS = ("corpus", "index", "qa", "qa.evaluation", "qa.api", "ui")
PAGE = Path(__file__).parents[1] / "docs" / "errors.md"
HEAD = """# Errors

What Pincite raises on purpose. Each message is one sentence that says what is wrong and ends with what to do next. The
codes are stable: the endpoint's problem details carry them, and in Python each family is caught by its class. This page
is made from the classes by `tests/test_errors.py`."""


def families() -> Iterator[type[PinciteError]]:
    for floor in FLOORS:
        importlib.import_module(f"{floor}.errors")
    kinds = [kind for kind in PinciteError.__subclasses__() if floor_of(kind) in FLOORS]
    yield from sorted(kinds, key=lambda kind: (FLOORS.index(floor_of(kind)), kind.__name__))


def leaves(kind: type[PinciteError]) -> Iterator[type[PinciteError]]:
    below = [each for each in kind.__subclasses__() if floor_of(each) in FLOORS]  # and not a test's own
    yield from (leaf for each in below for leaf in leaves(each)) if below else (kind,)


def floor_of(kind: type[PinciteError]) -> str:
    return kind.__module__.removesuffix(".errors")


def page() -> str:
    parts = [HEAD]
    for family in families():
        below = sorted(leaves(family), key=lambda leaf: leaf.code)
        parts.append(f"\n## `{family.__name__}`\n\n{(family.__doc__ or '').splitlines()[0]}\n")
        parts.append("| code | class | example |\n| --- | --- | --- |")
        parts += [f"| `{leaf.code}` | `{floor_of(leaf)}.errors.{leaf.__name__}` | {shown(leaf)} |" for leaf in below]
    return "\n".join(parts) + "\n"


def shown(leaf: type[PinciteError]) -> str:
    return leaf.example.replace("|", "\\|").replace("<", "&lt;")


def test_the_page_of_errors_is_what_the_classes_say() -> None:
    if os.environ.get("PINCITE_WRITE_GOLDEN"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("leaf", [leaf for family in families() for leaf in leaves(family)])
def test_each_says_what_is_wrong_and_what_to_do_in_an_example(leaf: type[PinciteError]) -> None:
    assert leaf.example and "\n" not in leaf.example
    assert leaf.__doc__
    assert "; " in leaf.example or ": " in leaf.example or ", " in leaf.example, "a fault, and what to do"


def test_no_code_stands_for_two_errors() -> None:
    codes = [leaf.code for family in families() for leaf in leaves(family)]
    assert len(codes) == len(set(codes)) > 40
