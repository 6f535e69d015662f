"""EPUB: the chapters of an e-book, in reading order."""

import posixpath
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from corpus.errors import EncryptedDocument, UnreadableDocument
from corpus.formats.archive import open_archive
from corpus.formats.extract import Draft, Extract, one_line
from corpus.formats.html import fill, parse_html, walk

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


def read_epub(data: bytes) -> Extract:
    """The chapters in the order of the spine, but for the table of contents.

    A chapter that begins without a heading is a section named by its title. Raises EncryptedDocument for a
    book with copy protection.
    """
    with open_archive(data, doctypes=True) as archive:
        names = set(archive.namelist())
        package = _package_path(archive, names)
        root = _xml(archive, package)
        title = one_line(root.findtext(".//{*}metadata/{*}title") or "")
        chapters = [path for path in _spine(root, posixpath.dirname(package)) if path in names]
        if not _ciphered(archive, names).isdisjoint(chapters):
            raise EncryptedDocument("has copy protection (DRM): add a copy without it")
        draft = Draft()
        for path in chapters:
            _add_chapter(draft, archive.read(path), title)
    return draft.extract(title)


def _add_chapter(draft: Draft, data: bytes, book: str) -> None:
    tree = parse_html(data)
    blocks = [] if tree is None else walk(tree)
    if tree is not None and blocks and not blocks[0].heading:
        draft.section(tree.findtext(".//title") or book)
    fill(draft, blocks)


def _package_path(archive: ZipFile, names: set[str]) -> str:
    if _CONTAINER in names:
        for rootfile in _xml(archive, _CONTAINER).iterfind(".//{*}rootfile"):
            path = unquote(rootfile.get("full-path", ""))
            if path in names:
                return str(path)
    raise UnreadableDocument("is not an e-book, or a broken one: convert it to EPUB again and retry")


def _spine(package: Any, folder: str) -> list[str]:
    """The paths of the chapters in the archive."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    wanted = [items.get(entry.get("idref")) for entry in package.iterfind(".//{*}spine/{*}itemref")]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in wanted
        if item is not None
        and item.get("media-type") in _CHAPTER_TYPES
        and "nav" not in item.get("properties", "").split()
    ]


def _ciphered(archive: ZipFile, names: set[str]) -> set[str]:
    """The paths that are encrypted; fonts often are, which harms no text."""
    if _ENCRYPTION not in names:
        return set()
    return {unquote(entry.get("URI", "")) for entry in _xml(archive, _ENCRYPTION).iterfind(".//{*}CipherReference")}


def _xml(archive: ZipFile, path: str) -> Any:
    from defusedxml.ElementTree import fromstring

    return fromstring(archive.read(path))
