import hashlib
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

import corpus.formats
import corpus.loading
from corpus import EXTRACTION, Document, parse_document, read_builtin, read_document, read_folder, read_paths
from corpus.errors import (
    DocumentError,
    DocumentTooLarge,
    DuplicateDocument,
    EmptyDocument,
    NotAFolder,
    PathNotFound,
    UnknownFormat,
    UnreadableDocument,
)
from corpus.formats.extract import Extract
from corpus.types import Section
from tests.corpus.makers import pdf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two good files, each of the kinds of bad ones, and what is passed over."""
    home = tmp_path / "handbook"
    contents = {
        "b.txt": b"Second file. It has text.",
        "a/Z.MD": b"# First\n\nText.",
        "a/empty.txt": b"",
        "broken.pdf": b"%PDF-1.4 broken",
        "photo.jpg": b"\xff\xd8",
        ".hidden.txt": b"Hidden.",
        ".git/config.txt": b"Hidden.",
        "a/~$lock.docx": b"\x05Ann",
    }
    for name, data in contents.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return home


def test_a_name_in_two_forms_of_unicode_is_one_document(tmp_path: Path) -> None:
    """As macOS and Linux write it."""
    for folder, name in (("a", "caf\u00e9.txt"), ("b", "cafe\u0301.txt")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("A word.")
    found = [read_folder(tmp_path / folder)[0].doc_id for folder in "ab"]
    assert found == ["caf\u00e9.txt"] * 2


def test_a_document_knows_its_place_and_its_digests(folder: Path) -> None:
    data = b"\xef\xbb\xbfFrom here. To there."
    (folder / "a" / "c d.txt").write_bytes(data)
    document = read_document(folder / "a" / "c d.txt", root=folder)
    assert document.doc_id == "a/c d.txt"
    assert document.source_digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert document.text_digest == f"sha256:{hashlib.sha256(data[3:]).hexdigest()}"
    assert read_document(str(folder / "a" / "c d.txt")).doc_id == "c d.txt"
    with pytest.raises(PathNotFound, match=r"is not inside .*: give a file of that folder\.$"):
        read_document(folder / "b.txt", root=folder / "a")


def test_a_folder_is_read_in_order_and_bad_files_do_not_stop_it(folder: Path) -> None:
    errors: list[DocumentError] = []
    documents = read_folder(folder, on_error=errors.append)
    assert [document.doc_id for document in documents] == ["a/Z.MD", "b.txt"]
    assert [(type(error), str(error).split("'")[1]) for error in errors] == [
        (EmptyDocument, str(folder / "a" / "empty.txt")),
        (UnreadableDocument, str(folder / "broken.pdf")),
        (UnknownFormat, str(folder / "photo.jpg")),
    ]
    assert str(errors[0]).endswith("is an empty file: put text into it or leave it out.")
    assert ".docx, .epub, .htm, .html, .markdown, .md, .pdf" in str(errors[2])
    assert str(errors[2]).endswith("or leave it out.")


def test_the_order_is_that_of_the_ids(tmp_path: Path) -> None:
    names = ["b.txt", "a/2.txt", "a/10.txt", "c/1.txt", "C.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Some text. And more.")
    assert [document.doc_id for document in read_folder(tmp_path)] == sorted(names)


def test_without_a_place_to_report_the_first_error_is_raised(folder: Path) -> None:
    with pytest.raises(EmptyDocument):
        read_folder(folder)


def test_what_has_not_changed_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {document.doc_id: document for document in read_folder(folder, on_error=print)}
    (folder / "a" / "Z.MD").write_bytes(b"# Changed\n\nText.")
    read: list[bytes] = []

    def count(data: bytes) -> Extract:
        read.append(data)
        return Extract(data.decode())

    monkeypatch.setattr(corpus.loading, "READERS", {".txt": count, ".md": count})
    again = {document.doc_id: document for document in read_folder(folder, known=first, on_error=print)}
    assert again["b.txt"] is first["b.txt"]
    assert read == [b"# Changed\n\nText."]
    moved = {"b.txt": first["a/Z.MD"]}
    assert read_paths([folder / "b.txt"], known=moved)[0].text.startswith("Second")
    older = {"b.txt": replace(first["b.txt"], text="As an earlier version read it.", extraction=EXTRACTION - 1)}
    assert read_paths([folder / "b.txt"], known=older)[0].text.startswith("Second")


def test_links_that_leave_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("A secret.")
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "linked").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "gone.txt").symlink_to(folder / "nothing.txt")
    found = [document.doc_id for document in read_folder(folder, on_error=lambda _: None)]
    assert found == ["a/Z.MD", "b.txt"]


def test_a_pipe_is_not_waited_on(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    assert len(read_folder(folder, on_error=lambda _: None)) == 2
    with pytest.raises(PathNotFound, match=r"^There is no file '.*pipe\.txt': check the path\.$"):
        read_document(folder / "pipe.txt")


def test_paths_mix_files_and_folders_and_read_each_file_once(folder: Path) -> None:
    paths = [folder / "b.txt", str(folder / "a"), folder, folder / "a" / ".." / "b.txt"]
    documents = read_paths(paths, on_error=lambda _: None)
    assert [document.doc_id for document in documents] == ["b.txt", "Z.MD"]


def test_two_files_of_one_name_are_two_documents(folder: Path) -> None:
    other, third = folder / "a" / "b.txt", folder.parent / "c" / "a" / "b.txt"
    other.write_text("Another b. It has text too.")
    third.parent.mkdir(parents=True)
    third.write_text("A third one.")
    documents = read_paths([folder / "b.txt", other, third])
    assert [(d.doc_id, d.text) for d in documents] == [
        ("b.txt", "Second file. It has text."),
        ("a/b.txt", "Another b. It has text too."),
        ("c/a/b.txt", "A third one."),
    ]
    assert [d.doc_id for d in read_paths([folder / "a", folder, third.parent], on_error=lambda _: None)] == [
        "Z.MD", "b.txt", f"{folder.name}/b.txt", "a/b.txt"
    ]  # fmt: skip


def known(documents: Iterable[Document]) -> dict[str, Document]:
    return {document.doc_id: document for document in documents}


def test_a_file_that_is_added_replaces_what_was_read_from_it_and_nothing_else(folder: Path) -> None:
    inner = folder / "a" / "b.txt"
    inner.write_text("Another b.")
    there = known(read_paths([folder], on_error=lambda _: None))
    assert {"b.txt", "a/b.txt"} <= there.keys()
    inner.write_text("Another b, changed.")
    other = folder.parent / "elsewhere" / "b.txt"
    other.parent.mkdir()
    other.write_text("No relation.")
    added = read_paths([inner, other], known=there, adding=True)
    assert [(d.doc_id, d.text) for d in added] == [
        ("a/b.txt", "Another b, changed."),
        ("elsewhere/b.txt", "No relation."),
    ]
    again = read_paths([other.parent], known=there | known(added), adding=True)
    assert [d.doc_id for d in again] == ["elsewhere/b.txt"]
    folder.joinpath("b.txt").unlink()
    moved = read_paths([other], known=there, adding=True)
    assert [d.doc_id for d in moved] == ["b.txt"], "what was read from a file that is gone has lost its claim"


def test_what_was_sent_is_replaced_by_its_name(folder: Path) -> None:
    sent = {"b.txt": parse_document(b"Sent by a browser.", "b.txt")}
    (document,) = read_paths([folder / "b.txt"], known=sent, adding=True)
    assert (document.doc_id, document.text) == ("b.txt", "Second file. It has text.")


def test_names_that_differ_in_no_letter_are_not_mixed_up(folder: Path) -> None:
    for form in ("NFC", "NFD"):
        (folder / "a" / unicodedata.normalize(form, "café.txt")).write_text(form)
    errors: list[DocumentError] = []
    found = read_paths([folder / "a"], on_error=errors.append)
    assert [d.doc_id for d in found if d.doc_id.endswith("café.txt")] == ["café.txt"]
    assert [type(error) for error in errors if "would both be 'café.txt'" in str(error)] == [DuplicateDocument]


def test_missing_paths_and_files_for_folders(folder: Path) -> None:
    errors: list[DocumentError] = []
    assert len(read_paths([folder / "none.txt", folder / "b.txt", folder / "no"], on_error=errors.append)) == 1
    assert [type(error) for error in errors] == [PathNotFound, PathNotFound]
    for missing in ("none.txt", "no", "b.txt/inner"):
        message = rf"^There is no file or folder '{folder / missing}': check the path\.$"
        with pytest.raises(PathNotFound, match=message):
            read_paths([folder / missing])
    with pytest.raises(PathNotFound, match=r"^There is no folder '.*none': check the path\.$"):
        read_folder(folder / "none")
    with pytest.raises(NotAFolder, match=r"b\.txt' is a file, not a folder: give the folder that holds it\.$"):
        read_folder(folder / "b.txt")


def test_files_over_the_limit_are_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "b.txt").open("ab") as file:
        file.truncate(100 * 2**20 + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))
    with pytest.raises(DocumentTooLarge, match=r"b\.txt' has 100 MB, more than 100 MB: split it into smaller files\.$"):
        read_document(folder / "b.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(folder: Path) -> None:
    (folder / "b.txt").chmod(0)
    with pytest.raises(UnreadableDocument, match=r"b\.txt' cannot be opened \(Permission denied\): check its name"):
        read_document(folder / "b.txt")


def test_a_file_that_cannot_be_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableDocument, match=r"b\.txt' cannot be opened \(Permission denied\): check its name"):
        read_document(folder / "b.txt")


@pytest.mark.parametrize(
    "fault", [RecursionError("deep"), MemoryError(), KeyError("x"), UnicodeError(), OSError(5, "x")]
)
def test_whatever_a_parser_raises_names_the_file(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: bytes) -> Extract:
        raise fault

    monkeypatch.setattr(corpus.loading, "READERS", {".pdf": fail})
    with pytest.raises(
        UnreadableDocument, match=rf"^'x/y\.pdf' cannot be read as \.pdf \({type(fault).__name__}\): open"
    ):
        parse_document(b"x", "x/y.pdf")


def test_no_lone_surrogate_or_nul_reaches_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "He\ud800ad\n\nbo\0dy"
    extract = Extract(text, "ti\udfff\0tle", sections=(Section("He\ud800ad", 0, 7, len(text)),))
    monkeypatch.setattr(corpus.loading, "READERS", {".pdf": lambda _: extract})
    document = parse_document(b"x", "a.pdf")
    assert (document.text, document.title) == ("He\ufffdad\n\nbo\ufffddy", "ti\ufffd\ufffdtle")
    assert document.sections == (Section("He\ufffdad", 0, 7, len(text)),)


def test_a_file_name_that_is_no_text_still_makes_an_id(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (tmp_path / name).write_text("Some text. And more.")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    [document] = read_folder(tmp_path)
    assert (document.doc_id, document.title) == ("caf\ufffd.txt", "caf\ufffd")


def test_text_of_blanks_is_empty() -> None:
    with pytest.raises(EmptyDocument, match=r"^'a\.txt' holds no text: put text into it or leave it out\.$"):
        parse_document(b" \n\t\r\n ", "a.txt")


def test_the_suffix_tells_the_format_whatever_its_case() -> None:
    assert parse_document(pdf([[(11, "Words on paper.")]]), "A.PDF").pages
    for doc_id in ("noext", "a.doc", ".txt", "a.txt/b"):
        with pytest.raises(UnknownFormat, match=rf"^'{doc_id}' is of a kind that cannot be read: convert it to one of"):
            parse_document(b"text", doc_id)


def test_the_built_in_article_is_read_as_from_disk() -> None:
    path = Path(corpus.loading.__file__).parent / "articles" / "the-last-holdout.txt"
    [article] = read_builtin()
    assert article.text.encode() == path.read_bytes()
    assert isinstance(article, Document)


def test_no_parser_is_imported_before_a_file_needs_it() -> None:
    heavy = ["trafilatura", "lxml", "pypdfium2", "docx", "pptx", "openpyxl", "markdown_it", "charset_normalizer"]
    check = f"import sys, corpus; corpus.read_builtin(); print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
