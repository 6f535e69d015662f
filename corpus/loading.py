"""Files and folders into documents."""

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from corpus.characters import storable
from corpus.digest import digest
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
from corpus.formats import READERS
from corpus.formats.extract import one_line
from corpus.types import EXTRACTION, Document

OnError = Callable[[DocumentError], None]

SUFFIXES = tuple(sorted(READERS))
"""What the names of readable files end with, in lower case; case does not matter."""

MAX_BYTES = 100 * 2**20

_ARTICLES = Path(__file__).parent / "articles"
_HIDDEN = (".", "~$")  # the second: what Word leaves beside an open file


class _File(NamedTuple):
    path: Path
    doc_id: str

    @property
    def origin(self) -> str:
        """Where it is, whatever links lead there."""
        return str(self.path.resolve())


class _Names:
    """A name of its own for each file: that within its folder, and more of its path where another has that name."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        """With documents that stay beside what is read. One that was read from the same file keeps its name."""
        self._kept = documents
        self._names = {document.origin: doc_id for doc_id, document in documents.items() if document.origin}
        self._taken: set[str] = set()
        self._places: dict[str, Path] = {}  # in one form: two files may differ in how their accents are written alone

    def named(self, file: _File) -> _File:
        """The file under its name. Raises DuplicateDocument where all of its path is a name that is taken."""
        place = _doc_id(file.path.absolute())
        if place in self._places:
            raise DuplicateDocument(
                f"'{file.path}' and '{self._places[place]}' would both be '{file.doc_id}': rename one of them."
            )
        self._places[place] = file.path
        free = (name for name in _longer_and_longer(file) if self._is_free(name, file.origin))
        name = self._names.get(file.origin) or next(free, place)
        self._taken.add(name)
        return file._replace(doc_id=name)

    def _is_free(self, name: str, origin: str) -> bool:
        other = self._kept.get(name)
        # What was sent, or was read from a file that is gone, is replaced by what has its name.
        elsewhere = other is not None and other.origin not in {"", origin} and Path(other.origin).exists()
        return name not in self._taken and not elsewhere


def _longer_and_longer(file: _File) -> Iterator[str]:
    parts = file.path.absolute().parts[1:]
    for count in range(len(PurePosixPath(file.doc_id).parts), len(parts) + 1):
        yield _doc_id(Path(*parts[-count:]))


def read_document(path: str | Path, *, root: Path | None = None) -> Document:
    """Read one file. Its ``doc_id`` is its path relative to ``root``, or its own name.

    Raises a DocumentError that says what is wrong with the file.
    """
    path = Path(path)
    if root is not None and not path.is_relative_to(root):
        raise PathNotFound(f"'{path}' is not inside '{root}': give a file of that folder.")
    return _read(_File(path, _doc_id(path.relative_to(root) if root else Path(path.name))), {})


def read_folder(
    folder: str | Path, *, on_error: OnError | None = None, known: Mapping[str, Document] | None = None
) -> list[Document]:
    """Read every file below a folder, sorted by ``doc_id``; see ``read_paths`` for the rest."""
    return list(_read_all(_files_below(Path(folder), on_error), on_error, known or {}))


def read_paths(
    paths: Iterable[str | Path],
    *,
    on_error: OnError | None = None,
    known: Mapping[str, Document] | None = None,
    adding: bool = False,
) -> list[Document]:
    """Read files and folders, in the order given; a file that is given twice is read once.

    Of two files that would have one name, the second is called by more of its path. With ``adding`` the documents of
    ``known`` stay beside these: a file that one of them was read from keeps that name, and none takes another's.
    Hidden files are passed over, and links that lead out of their folder. A document of ``known`` (by
    ``doc_id``) whose file has not changed is returned as it is (but one that an earlier version has read is read
    again), and so is one whose file cannot be read any more.
    Without ``on_error`` the first error is raised, else each is reported to it and the other files are read.
    """
    files: list[_File] = []
    for path in map(Path, paths):
        try:
            if not path.exists():
                raise PathNotFound(f"There is no file or folder '{path}': check the path.")
            files += _files_below(path, on_error) if path.is_dir() else [_File(path, _doc_id(Path(path.name)))]
        except DocumentError as error:
            _report(error, on_error)
        except OSError as fault:  # a name that is too long, a folder above that is locked
            _report(_unopenable(str(path), fault), on_error)
    return list(_read_all(files, on_error, known or {}, adding=adding))


def read_builtin() -> list[Document]:
    """The documents that come with Pincite."""
    return read_folder(_ARTICLES)


def parse_document(data: bytes, doc_id: str) -> Document:
    """Read the bytes of a file; the suffix of ``doc_id`` tells the format.

    Raises UnknownFormat, DocumentTooLarge, EmptyDocument, EncryptedDocument, UnreadableDocument.
    """
    return _parse(data, doc_id, doc_id)


def _read_all(
    files: Iterable[_File], on_error: OnError | None, known: Mapping[str, Document], *, adding: bool = False
) -> Iterator[Document]:
    names = _Names(known if adding else {})
    given: set[str] = set()
    read: set[str] = set()
    for source in files:
        if source.origin in read:
            continue
        read.add(source.origin)
        file = source
        try:
            file = names.named(source)
            document = _read(file, known)
        except DocumentError as error:
            error.kept = file.doc_id in known and file.doc_id not in given
            _report(error, on_error)
            if error.kept:
                given.add(file.doc_id)
                yield known[file.doc_id]
        else:
            given.add(file.doc_id)
            yield document


def _report(error: DocumentError, on_error: OnError | None) -> None:
    if on_error is None:
        raise error
    on_error(error)


def _read(file: _File, known: Mapping[str, Document]) -> Document:
    name = str(file.path)
    _check_suffix(file.doc_id, name)
    try:
        if not file.path.is_file():  # a pipe would be waited on for ever
            raise PathNotFound(f"There is no file '{name}': check the path.")
        _check_size(file.path.stat().st_size, name)
        data = file.path.read_bytes()
    except OSError as fault:
        raise _unopenable(name, fault) from fault
    before = known.get(file.doc_id)
    if before is not None and before.source_digest == digest(data) and before.extraction == EXTRACTION:
        return before if before.origin == file.origin else replace(before, origin=file.origin)
    return replace(_parse(data, file.doc_id, name), origin=file.origin)


def _parse(data: bytes, doc_id: str, name: str) -> Document:
    suffix = _check_suffix(doc_id, name)
    _check_size(len(data), name)
    if not data:
        raise EmptyDocument(f"'{name}' is an empty file: put text into it or leave it out.")
    try:
        extract = READERS[suffix](data)
    except DocumentError as error:
        raise type(error)(f"'{name}' {error}.") from error
    # Here alone every error is caught: on damaged or hostile bytes a parser may raise anything, recursion and
    # memory errors included, and one bad file must not end the reading of the others.
    except Exception as fault:
        raise UnreadableDocument(
            f"'{name}' cannot be read as {suffix} ({type(fault).__name__}): open it in the program that made it, save"
            " it again and retry."
        ) from fault
    text = storable(extract.text)
    if not text.strip():
        raise EmptyDocument(f"'{name}' holds no text: put text into it or leave it out.")
    title = one_line(storable(extract.title)) or PurePosixPath(doc_id).stem
    sections = tuple(replace(section, heading=storable(section.heading)) for section in extract.sections)
    return Document(doc_id, text, title, digest(data), digest(text.encode()), extract.pages, sections)


def _check_suffix(doc_id: str, name: str) -> str:
    suffix = PurePosixPath(doc_id).suffix.lower()
    if suffix not in READERS:
        raise UnknownFormat(
            f"'{name}' is of a kind that cannot be read: convert it to one of {', '.join(SUFFIXES)} or leave it out."
        )
    return suffix


def _check_size(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise DocumentTooLarge(
            f"'{name}' has {size / 2**20:,.0f} MB, more than {MAX_BYTES / 2**20:,.0f} MB: split it into smaller files."
        )


def _files_below(folder: Path, on_error: OnError | None) -> list[_File]:
    """The files of a folder sorted by ``doc_id``; links to folders are not followed."""
    if not folder.exists():
        raise PathNotFound(f"There is no folder '{folder}': check the path.")
    if not folder.is_dir():
        raise NotAFolder(f"'{folder}' is a file, not a folder: give the folder that holds it.")

    def unlistable(fault: OSError) -> None:
        _report(_unopenable(str(fault.filename), fault), on_error)

    home = folder.resolve()
    files = []
    for place, folders, names in os.walk(folder, onerror=unlistable):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        for name in names:
            path = Path(place, name)
            try:
                if not name.startswith(_HIDDEN) and path.is_file() and path.resolve().is_relative_to(home):
                    files.append(_File(path, _doc_id(path.relative_to(folder))))
            except OSError as fault:
                unlistable(fault)
    return sorted(files, key=lambda file: file.doc_id)


def _unopenable(name: str, fault: OSError) -> UnreadableDocument:
    return UnreadableDocument(f"'{name}' cannot be opened ({fault.strerror}): check its name and permissions.")


def _doc_id(path: Path) -> str:
    """With ``/`` on every system, and accents in one form (NFC), which systems write in two.

    Bytes of a file name that are no text become U+FFFD.
    """
    return unicodedata.normalize("NFC", storable(path.as_posix()))
