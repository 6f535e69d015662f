"""The face of a package is what its ``__all__`` says, no more and no less."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[1]


def packages() -> Iterator[str]:
    """Every package of the repository, however deep, by its dotted name."""
    for top in REPOSITORY.glob("*/__init__.py"):
        for file in top.parent.rglob("__init__.py"):
            yield ".".join(file.parent.relative_to(REPOSITORY).parts)


def tree_of(package: str) -> ast.Module:
    file = REPOSITORY.joinpath(*package.split("."), "__init__.py")
    return ast.parse(file.read_text(encoding="utf-8"))


def bound(package: str, tree: ast.Module) -> Iterator[str]:
    """What the package defines or takes from its own modules. What it takes from others it uses, and does not show."""
    for line in tree.body:
        match line:
            case ast.ImportFrom(module=module, names=names, level=level):
                if level or f"{module}.".startswith(f"{package}."):
                    yield from (name.asname or name.name for name in names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def as_ruff_sorts(name: str) -> tuple[int, list[tuple[bool, int, str]]]:
    """Constants, then classes, then the rest; numbers within a name by their value (its rule RUF022)."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    parts = [part for part in re.split(r"(\d+)", name) if part]
    return kind, [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


FACES = sorted(package for package in packages() if "__all__" in bound(package, tree_of(package)))


def test_the_faces_are_found() -> None:
    assert {"corpus", "index", "index.encoder", "qa", "qa.api", "qa.evaluation.report"} <= set(FACES)


@pytest.mark.parametrize("package", FACES)
def test_a_face_shows_what_it_has(package: str) -> None:
    face = importlib.import_module(package)
    shown = list(face.__all__)
    submodules = {name for name in bound(package, tree_of(package)) if isinstance(getattr(face, name), ModuleType)}
    public = {name for name in bound(package, tree_of(package)) if not name.startswith("_")}
    assert set(shown) == public - submodules
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("package", FACES)
def test_a_face_is_sorted_as_ruff_sorts_it(package: str) -> None:
    shown = list(importlib.import_module(package).__all__)
    assert shown == sorted(shown, key=as_ruff_sorts)


def test_the_order_of_names() -> None:
    mixed = ["load", "Reader", "B2", "WAYS", "Answer", "r10", "r9", "B"]
    assert sorted(mixed, key=as_ruff_sorts) == ["B2", "WAYS", "Answer", "B", "Reader", "load", "r9", "r10"]
