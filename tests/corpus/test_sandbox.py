"""Files of strangers: what they may cost, and what they may be called."""

import os
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from corpus import Document, parse_document, sandbox
from corpus.errors import (
    DocumentError,
    DocumentTooCostly,
    DocumentTooLarge,
    EmptyDocument,
    UnreadableDocument,
    UnsafeName,
)
from corpus.sandbox import Allowance, check_name, read_untrusted
from tests.corpus.makers import archive, assembled, pdf

SMALL = Allowance(cpu_seconds=2, wall_seconds=8, memory=2**29)
limited = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of memory and processor time")


def pdf_bomb() -> bytes:
    """Half a gigabyte of drawing in half a megabyte."""
    packed = zlib.compressobj(9)
    line = b"BT /F1 9 Tf 1 1 Td (boom) Tj ET\n" * 30_000
    drawn = b"".join(packed.compress(line) for _ in range(500)) + packed.flush()
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 5 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>",
            b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(drawn) + drawn + b"\nendstream",
        ],
        "/Root 1 0 R",
    )


def zip_bomb() -> bytes:
    return archive({"[Content_Types].xml": "<Types/>", "word/document.xml": b" " * (210 * 2**20)})


def sheet_bomb(cells: int, length: int = 32_000) -> bytes:
    """A spreadsheet that keeps once what stands in all its cells."""
    book = openpyxl.Workbook()
    for row in range(cells):
        book.active.cell(row + 1, 1, "boom " * (length // 5))
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def taken_over(monkeypatch: pytest.MonkeyPatch, parser: str) -> None:
    """The reader of ``.txt`` in the other process becomes this one, with the bytes of the file as ``data``."""
    hostile = f"import os; from corpus import loading; loading.READERS = {{'.txt': lambda data: {parser}}}; "
    monkeypatch.setattr(sandbox, "_CHILD", sandbox._CHILD.replace("from ", f"{hostile}from "))


def test_a_sound_file_reads_as_it_does_without_limits() -> None:
    for name, data in {
        "a/notes.md": b"# Title\n\nA word.\n\n## Part\n\nMore.",
        "p.pdf": pdf([[(12.0, "One page.")], [(12.0, "Another.")]]),
    }.items():
        read = read_untrusted(data, name)
        assert isinstance(read, Document)
        assert read == parse_document(data, name)


def test_an_error_is_the_same_too() -> None:
    with pytest.raises(EmptyDocument, match=r"empty\.txt"):
        read_untrusted(b"", "empty.txt")


@limited
def test_a_pdf_bomb_ends_within_its_allowance() -> None:
    begun = time.monotonic()
    with pytest.raises(DocumentError):
        read_untrusted(pdf_bomb(), "bomb.pdf", SMALL)
    assert time.monotonic() - begun < 5 * SMALL.wall_seconds, "a busy machine takes a while to start it"


def test_a_zip_bomb_is_not_unpacked() -> None:
    with pytest.raises(DocumentTooLarge):
        read_untrusted(zip_bomb(), "bomb.docx", SMALL)


def test_a_small_file_that_holds_much_text_is_too_large() -> None:
    bomb = sheet_bomb(40)
    assert len(bomb) < 20_000
    enough = Allowance(characters=1_300_000)
    assert read_untrusted(bomb, "sheet.xlsx", enough) == parse_document(bomb, "sheet.xlsx")
    with pytest.raises(DocumentTooLarge, match=r"sheet\.xlsx.*1,200,000 characters.*split it"):
        read_untrusted(bomb, "sheet.xlsx", replace(enough, characters=1_200_000))


def test_no_more_is_taken_from_the_other_process_than_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_over(monkeypatch, "[os.write(1, b'boom' * 10_000) for _ in iter(int, 1)]")
    with pytest.raises(DocumentTooLarge, match=r"a\.txt"):
        read_untrusted(b"A word.", "a.txt", Allowance(characters=1000))


@limited
def test_nothing_beside_the_documents_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("calendar", "types", "zipfile", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert read_untrusted(b"A word.", "a.txt").text == "A word."


def test_the_other_process_writes_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written = tmp_path / "written"
    taken_over(monkeypatch, f"open({str(written)!r}, 'wb', 0).write(data)")
    with pytest.raises(UnreadableDocument, match="OSError"):
        read_untrusted(b"A word.", "a.txt")
    assert written.read_bytes() == b""


def test_deeply_nested_html_is_an_error_or_a_document_and_no_crash_of_ours() -> None:
    data = b"<html><body>" + b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000
    try:
        assert "deep" in read_untrusted(data, "deep.html", SMALL).text
    except DocumentError as error:
        assert "deep.html" in str(error)


@limited
@pytest.mark.parametrize("allowance", [Allowance(cpu_seconds=0), Allowance(memory=2**22), Allowance(wall_seconds=0)])
def test_each_limit_alone_stops_the_reading(allowance: Allowance) -> None:
    with pytest.raises(DocumentTooCostly, match=r"notes\.txt.*split it"):
        read_untrusted(b"A word. " * 200_000, "notes.txt", allowance)


def test_the_reading_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_API_KEYS", "a:write:secret")
    seen: list[object] = []
    real = subprocess.Popen

    def noted(*arguments: object, **options: object) -> object:
        seen.append(options["env"])
        return real(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", noted)
    read_untrusted(b"A word.", "a.txt")
    assert seen == [{}] and os.environ["PINCITE_API_KEYS"]


@pytest.mark.parametrize("name", ["a.txt", "leave/parental.md", "Übersicht 2025 (final).pdf", "日本語.txt"])
def test_names_that_may_be(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a.txt", "a/../../b.txt", "/etc/passwd.txt", "a//b.txt", "a/.hidden.txt", "C:\\a.txt",
     "C:/a.txt", "a\\..\\b.txt", "a\0.txt", "a\n.txt", "\ud800.txt",
     "x" * 201 + ".txt", ".env.txt", "noending", " /a.txt"],
)  # fmt: skip
def test_names_that_may_not(name: str) -> None:
    with pytest.raises(UnsafeName, match="rename"):
        check_name(name)
