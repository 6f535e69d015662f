"""Each gold set says of its documents only what stands in them."""

import json
from pathlib import Path

import pytest

from corpus import read_builtin, read_folder

GOLD = Path(__file__).parent
LIBRARY = {document.doc_id: document.text for document in read_folder(GOLD / "library")}
ARTICLE = "".join(document.text for document in read_builtin())
SETS = sorted(path.stem for path in GOLD.glob("*.jsonl"))


@pytest.mark.parametrize("name", SETS)
def test_answers_and_evidence_are_the_documents_own_words(name: str) -> None:
    rows = [json.loads(line) for line in (GOLD / f"{name}.jsonl").read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        text = LIBRARY[row["document"]] if name.startswith("library") else ARTICLE
        assert bool(row["answers"]) == bool(row["evidence"]) == row["answerable"], row["id"]
        assert all(words in text for words in row["evidence"]), row["id"]
        assert not name.startswith("library-") or all(words in text for words in row["answers"]), row["id"]


@pytest.mark.parametrize("name", [name for name in SETS if name.startswith("library")])
def test_a_document_belongs_to_one_half(name: str) -> None:
    rows = [json.loads(line) for line in (GOLD / f"{name}.jsonl").read_text("utf-8").splitlines()]
    halves = {row["document"]: row["half"] for row in rows}
    assert all(halves[row["document"]] == row["half"] for row in rows)
    assert sorted(halves.values()) == ["blind"] * 6 + ["development"] * 6
