from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from corpus import parse_document
from corpus.errors import DocumentTooLarge, EncryptedDocument, UnreadableDocument
from tests.corpus.makers import archive, chapter, epub, headings_stand_in_text, outline

CHAPTERS = {
    "nav.xhtml": chapter("<nav><ol><li>One</li></ol></nav><h1>Contents</h1>"),
    "z first.xhtml": chapter("<h1>One</h1><p>It began&nbsp;well.</p><h2>Later</h2><p>It went on.</p>"),
    "a.xhtml": chapter("<p>No heading here.</p>", title="Interlude"),
    "b.xhtml": chapter("<p>Nor here.</p>", title=""),
}


def test_chapters_come_in_reading_order_without_the_contents() -> None:
    document = parse_document(epub(CHAPTERS, title="A\n  book"), "a.epub")
    assert document.title == "A book"
    assert outline(document) == [
        ("One", "It began\u00a0well."),
        ("Later", "It went on."),
        ("Interlude", "No heading here."),
        ("A book", "Nor here."),
    ]


def test_offsets_of_headings_are_exact() -> None:
    assert headings_stand_in_text(parse_document(epub({"a.xhtml": CHAPTERS["z first.xhtml"]}), "a.epub"))


def test_copy_protection_is_told_from_hidden_fonts() -> None:
    def encryption(path: str) -> dict[str, str]:
        reference = f'<e:CipherReference xmlns:e="http://www.w3.org/2001/04/xmlenc#" URI="OEBPS/{path}"/>'
        return {"META-INF/encryption.xml": f"<encryption>{reference}</encryption>"}

    assert parse_document(epub(CHAPTERS, extra=encryption("font.otf")), "a.epub").sections
    with pytest.raises(EncryptedDocument, match=r"^'a\.epub' has copy protection \(DRM\): add a copy without it\.$"):
        parse_document(epub(CHAPTERS, extra=encryption("a.xhtml")), "a.epub")


def test_entities_are_refused() -> None:
    container = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><container>&x;</container>'
    with pytest.raises(UnreadableDocument, match=r"^'a\.epub' cannot be read as \.epub .* save it again and retry\.$"):
        parse_document(archive({"META-INF/container.xml": container}), "a.epub")


def test_an_archive_that_is_no_book() -> None:
    with pytest.raises(
        UnreadableDocument, match=r"^'a\.epub' is not an e-book.*: convert it to EPUB again and retry\.$"
    ):
        parse_document(archive({"readme.txt": "hello"}), "a.epub")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.epub"])
@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedDocument, "is protected by a password: save a copy"),
        (OLE, UnreadableDocument, "is in an older office format than its name says: save it as"),
        (b"plain text", UnreadableDocument, "is damaged, or not of the kind that its name says: save it again"),
        (archive({"a": "b"})[:-30], UnreadableDocument, "is damaged, or not of the kind"),
        (archive({str(n): "" for n in range(10_001)}), DocumentTooLarge, "would unpack to 0 MB in 10,001 parts: split"),
        (archive({"a": b"\0" * (21 * 2**20)}), DocumentTooLarge, "would unpack to 21 MB in 1 parts: split it"),
    ],
    # An archive holds the time it was made at: as a test's name it would differ between processes.
    ids=["password", "older", "text", "cut", "parts", "bytes"],
)
def test_archives_are_checked_before_they_are_opened(
    name: str, data: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        parse_document(data, name)
    assert str(caught.value).startswith(f"'{name}' {message}")


def test_the_unpacked_size_is_limited_at_any_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.formats.archive.MAX_UNPACKED", 3_000)
    data = archive({"a": bytes(range(256)) * 12})
    with pytest.raises(DocumentTooLarge, match=r"split it into smaller files\.$"):
        parse_document(data, "a.docx")


def test_a_locked_archive_asks_for_a_copy_without_password() -> None:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", "x")
    data = bytearray(stream.getvalue())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the flag in the directory that says: encrypted
    with pytest.raises(EncryptedDocument, match=r"^'a\.docx' is protected by a password"):
        parse_document(bytes(data), "a.docx")


def test_another_office_format_behind_the_name_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match=r"^'a\.docx' cannot be read as \.docx .*: open it in the program"):
        parse_document(epub(CHAPTERS), "a.docx")


def test_text_of_a_table_that_stands_in_no_cell_is_kept() -> None:
    body = "<table>loose<tr><td>a</td><td>b</td></tr>between<tr><td>c</td><td>d</td></tr>end</table>"
    document = parse_document(epub({"a.xhtml": chapter(body)}), "a.epub")
    assert document.text == "loose\n\na | b\n\nbetween\n\nc | d\n\nend"
