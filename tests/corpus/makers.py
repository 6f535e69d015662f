"""Small files of every format, made on the spot, and views of what was read from them."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile

from corpus import Document

Lines = Sequence[tuple[float, str]]
"""The lines of a printed page, each with the size of its type."""


def pdf(pages: Iterable[Lines], *, title: str = "", encrypted: bool = False) -> bytes:
    """A PDF by hand: Helvetica, one line below the other."""
    pages = list(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 700 900] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        height, drawn = 850.0, b""
        for size, text in lines:
            escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
            drawn += f"BT /F1 {size} Tf 40 {height} Td (".encode() + escaped + b") Tj ET\n"
            height -= size * 1.3
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n".encode() + drawn + b"endstream")
    objects.append(f"<< /Title ({title}) >>".encode())
    trailer = f"/Root 1 0 R /Info {len(objects)} 0 R"
    if encrypted:  # no password fits these keys
        objects.append(
            b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
        )
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<{'00' * 16}> <{'00' * 16}>]"
    return assembled(objects, trailer)


def assembled(objects: list[bytes], trailer: str) -> bytes:
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(objects) + 1
    data += f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} {trailer} >>\n".encode()
    return data + f"startxref\n{data.rindex(b'xref')}\n%%EOF".encode()


def archive(members: Mapping[str, bytes | str]) -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return stream.getvalue()


def epub(chapters: Mapping[str, str], *, title: str = "A book", extra: Mapping[str, str] | None = None) -> bytes:
    """An e-book whose chapters lie in the archive in reverse of the reading order."""
    items = "".join(
        f'<item id="c{number}" href="{quote(name)}" media-type="application/xhtml+xml"'
        f"{' properties=' + chr(34) + 'nav' + chr(34) if name.startswith('nav') else ''}/>"
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
    )
    pages = {f"OEBPS/{name}": text for name, text in reversed(chapters.items())}
    return archive({"META-INF/container.xml": container, "OEBPS/content.opf": package, **pages, **(extra or {})})


def chapter(body: str, title: str = "") -> str:
    head = f"<title>{title}</title>" if title else "<title/>"
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head>{head}</head><body>{body}</body></html>"
    )


def outline(document: Document) -> list[tuple[str, str]]:
    """Each section's heading with the text below it."""
    return [(section.heading, document.text[section.body : section.end].strip()) for section in document.sections]


def pages(document: Document) -> list[tuple[int, str]]:
    return [(page.number, document.text[page.start : page.end]) for page in document.pages]


def headings_stand_in_text(document: Document) -> bool:
    """Whether each section begins with its heading, to the character, and ends where the next one begins."""
    ends = [section.start for section in document.sections[1:]] + [len(document.text)]
    return all(
        document.text[s.start : s.body].rstrip() == s.heading and s.end == end
        for s, end in zip(document.sections, ends, strict=True)
    )
