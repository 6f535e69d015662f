"""What others build on, kept as files: a change shows as a difference to look at. ``make golden`` writes them anew."""

import hashlib
import json
import os
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import click
import docx
import openpyxl
import pptx
import pytest
import typer
from typer.testing import CliRunner

from corpus import EXTRACTION, Document, parse_document, read_builtin, read_folder, split
from index import RECIPE, Index
from index.lexical import terms
from index.searchable import searchable
from qa import Answerer
from qa.api import create_app
from qa.wire.convert import answer_out
from tests.corpus.makers import chapter, epub, pdf
from ui.cli.commands import app

LIBRARY = Path(__file__).parents[1] / "gold" / "library"
FOLDER = Path(__file__).parent


def compare(name: str, text: str) -> None:
    path = FOLDER / name
    if os.environ.get("PINCITE_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} has changed; if that is meant: make golden"


def test_the_schema_of_the_endpoint(answerer: Answerer) -> None:
    compare("openapi.json", json.dumps(create_app(answerer).openapi(), indent=1, ensure_ascii=False) + "\n")


def test_the_help_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")

    def pages(command: click.Command, words: list[str]) -> list[str]:
        result = CliRunner().invoke(app, [*words, "--help"], prog_name="pincite", terminal_width=100)
        assert result.exit_code == 0
        inner = getattr(command, "commands", {})
        return [result.output, *(page for name in inner for page in pages(inner[name], [*words, name]))]

    compare("help.txt", "\n".join(pages(typer.main.get_command(app), [])))


def test_a_cited_answer(answerer: Answerer) -> None:
    body = answer_out(answerer.ask("Who is Meta's spokesperson?", top_k=2)).model_dump(by_alias=True)
    del body["timings_ms"], body["index"]["generation"]
    for hit in body["hits"]:  # the last digits differ between processors
        for score in ("score", "dense", "lexical", "reader", "null"):
            hit[score] = round(hit[score], 2)
    if body["confidence"] is not None:
        body["confidence"] = round(body["confidence"], 2)
    compare("answer.json", json.dumps(body, indent=1, ensure_ascii=False) + "\n")


def one_of_each_kind() -> Iterable[Document]:
    """The built-in article, documents of people, and a small file of each kind that Pincite reads."""
    yield from read_builtin()
    yield from read_folder(LIBRARY)
    word = docx.Document()
    word.add_heading("Leases", 1)
    word.add_paragraph("The lease of the mill ends in 2031.")
    table = word.add_table(2, 2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("Site", "Rent", "Mill", "$562.20"), strict=True
    ):
        cell.text = text
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Tides", "High water is at noon."
    book = openpyxl.Workbook()
    for row in (("Site", "Rent"), ("Mill", 562.2)):
        book.active.append(row)
    for suffix, file in (("docx", word), ("pptx", slides), ("xlsx", book)):
        stream = BytesIO()
        file.save(stream)
        yield parse_document(stream.getvalue(), f"one.{suffix}")
    page = "<html><body><h1>Tides</h1><p>High water is at noon.</p><ul><li>Low at six.</li></ul></body></html>"
    made = {
        "one.html": page.encode(),
        "one.epub": epub({"first.xhtml": chapter("<h1>Tides</h1><p>High water is at noon.</p>")}),
        "one.pdf": pdf([[(20, "Tides"), (10, "High water is at noon.")], [(10, "Low water is at six.")]]),
    }
    for name, data in made.items():
        yield parse_document(data, name)


def digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


def test_what_files_and_passages_become_has_a_version(article_index: Index) -> None:
    """So that an index learns that it was made by an earlier one: no change to either goes without a new number."""
    texts, passages = {}, {}
    encoder = article_index.encoder
    for document in one_of_each_kind():
        places = [[(s.heading, s.start, s.body, s.end) for s in document.sections]]
        places.append([(str(p.number), p.start, p.start, p.end) for p in document.pages])
        texts[document.doc_id] = digest([document.text, document.title, places])
        pieces = [
            searchable(passage, encoder)
            for passage in split(document, count_tokens=encoder.count_tokens, max_tokens=encoder.max_tokens)
        ]
        passages[document.doc_id] = digest([pieces, [terms(piece) for piece in pieces]])
    before = json.loads((FOLDER / "versions.json").read_text(encoding="utf-8"))
    assert before["extraction"] != EXTRACTION or before["texts"] == texts, "raise corpus.EXTRACTION, then make golden"
    # Other texts have other passages: what makes them is another only where the same texts have.
    same = [name for name in passages if before["texts"].get(name) == texts[name]]
    assert before["recipe"] != RECIPE or all(before["passages"][name] == passages[name] for name in same), (
        "raise index.RECIPE, then make golden"
    )
    now = {"extraction": EXTRACTION, "texts": texts, "recipe": RECIPE, "passages": passages}
    compare("versions.json", json.dumps(now, indent=1, ensure_ascii=False) + "\n")
