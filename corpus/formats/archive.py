"""The zip file inside an office file or an e-book, opened only after its sizes were checked."""

import re
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from corpus.errors import DocumentTooLarge, EncryptedDocument, UnreadableDocument

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

MAX_UNPACKED = 200 * 2**20
MAX_MEMBERS = 10_000
MAX_RATIO = 200
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)
_PROLOGUE = 65_536
"""Bytes: comments before a DOCTYPE may be as long as that, and what is longer is no office file's."""
_RATIO_FROM = 20 * 2**20
"""Below this size no ratio is suspicious: it could do no harm."""


def open_archive(data: bytes, *, doctypes: bool = False) -> ZipFile:
    """The archive, within all limits. No member can unpack to more than it says: zipfile stops there.

    ``doctypes`` says whether its XML may declare document types: no office program writes one, and one that defines
    entities changes the text. Raises EncryptedDocument, UnreadableDocument, DocumentTooLarge.
    """
    if data.startswith(_OLE):
        if _ENCRYPTED_PACKAGE in data:
            raise EncryptedDocument("is protected by a password: save a copy without one and add that")
        raise UnreadableDocument("is in an older office format than its name says: save it as .docx, .pptx or .xlsx")
    try:
        archive = ZipFile(BytesIO(data))
    except BadZipFile as fault:
        raise UnreadableDocument(
            "is damaged, or not of the kind that its name says: save it again and retry"
        ) from fault
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if (
        len(members) > MAX_MEMBERS
        or unpacked > MAX_UNPACKED
        or (unpacked > _RATIO_FROM and unpacked > MAX_RATIO * len(data))
    ):
        raise DocumentTooLarge(
            f"would unpack to {unpacked / 2**20:,.0f} MB in {len(members):,} parts: split it into smaller files"
        )
    if any(member.flag_bits & 1 for member in members):
        raise EncryptedDocument("is protected by a password: save a copy without one and add that")
    if not doctypes and any(_has_doctype(archive, member) for member in members):
        raise UnreadableDocument("defines its own XML entities, which no office program does: save it again and retry")
    return archive


def _has_doctype(archive: ZipFile, member: ZipInfo) -> bool:
    """Whether a part is XML whose prologue, which ends with the first element, declares a document type."""
    if not member.filename.lower().endswith((".xml", ".rels")):
        return False
    with archive.open(member) as part:
        return _DOCTYPE.search(part.read(_PROLOGUE).replace(b"\0", b"")) is not None
