"""Immutable generations on disk, and the one line that says which is current.

    <index>/CURRENT                     the id of the current generation
    <index>/CURRENT.new                 the id of the one about to be current, or that was when its writer died
    <index>/generations/<id>/           manifest.json and the files that it lists
    <index>/generations/.writing-*      a generation that is being written, or was when its writer died
    <index>/write.lock                  held by the one writer

A generation is written beside the others, synced, renamed into place; CURRENT turns last, by a rename. Whatever
moment a writer dies at, CURRENT names a whole generation. CURRENT.new is there before the generation is in place, so
that a first build that died before CURRENT is told from an index that lost it. Readers load a generation into memory:
pruning takes nothing from them; a reader that is overtaken while it loads starts again from CURRENT.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout

from index.errors import IndexBusy, IndexCorrupt, IndexFault, IndexMissing, IndexTooNew, IndexUnwritable
from index.types import DocumentRecord, EncoderRecord, Manifest

FORMAT = 3
_MANIFEST = "manifest.json"
_WRITING = ".writing-"
_ID = re.compile(r"[0-9a-f]{64}")
_REBUILD = "build it again with: pincite index and your files, or pincite index --builtin"


def current(directory: Path) -> str | None:
    """The id of the current generation; None where nothing has been built. Raises IndexCorrupt."""
    try:
        name = (directory / "CURRENT").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        if not {folder.name for folder in _folders(directory)} - {_drafted(directory)}:
            return None
        if (directory / "CURRENT").exists():
            return current(directory)  # the first build ended while we looked
        raise IndexCorrupt(f"The index in {directory} has lost its file CURRENT; {_REBUILD}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexCorrupt(f"The index in {directory} cannot be read ({error}); {_REBUILD}.") from error
    if not _ID.fullmatch(name):
        raise IndexCorrupt(f"The file CURRENT of the index in {directory} names no generation; {_REBUILD}.")
    return name


def generation_id(manifest: Manifest) -> str:
    """The same documents, encoder, splitter and versions of what reads and splits give the same id."""
    return _id_of(asdict(manifest))


def load_manifest(directory: Path, generation: str) -> tuple[Path, Manifest]:
    """The folder and manifest of a generation, every file checked against its checksum.

    Raises IndexMissing when the generation is gone, IndexTooNew, or IndexCorrupt.
    """
    folder = directory / "generations" / generation
    manifest = _manifest(directory, generation)
    for name, digest in manifest.files.items():
        if not _holds(folder, name) or file_digest(folder / name) != digest:
            raise IndexCorrupt(f"The file {name} of the index in {directory} is missing or damaged; {_REBUILD}.")
    return folder, manifest


def indexed(directory: Path) -> tuple[DocumentRecord, ...]:
    """What the current generation says that it holds, whatever encoder it is of; nothing where it cannot say."""
    try:
        identifier = current(directory)
        return _manifest(directory, identifier).documents if identifier else ()
    except IndexFault:
        return ()


def _manifest(directory: Path, generation: str) -> Manifest:
    try:
        content = json.loads((directory / "generations" / generation / _MANIFEST).read_text(encoding="utf-8"))
        if content["format"] > FORMAT:
            raise IndexTooNew(
                f"The index in {directory} was made by a newer Pincite (format {content['format']}, this one reads "
                f"{FORMAT}); upgrade Pincite, or {_REBUILD}."
            )
        manifest = Manifest(
            content["format"],
            EncoderRecord(**content["encoder"]),
            content["target_tokens"],
            content["overlap"],
            tuple(DocumentRecord(**record) for record in content["documents"]),
            dict(content["files"]),
            content.get("recipe", 0),
        )
    except FileNotFoundError as error:
        raise IndexMissing(f"The index in {directory} has lost its generation; {_REBUILD}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"The manifest of the index in {directory} is damaged ({error}); {_REBUILD}.") from error
    if _id_of(content) != generation:  # of what stands there: format 1 knew fewer fields
        raise IndexCorrupt(f"The manifest of the index in {directory} was changed; {_REBUILD}.")
    return manifest


def _id_of(content: dict[str, Any]) -> str:
    fields = {name: value for name, value in content.items() if name != "files"}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


@contextmanager
def writing(directory: Path, *, timeout: float = 10.0) -> Iterator[None]:
    """Hold the write lock; what a writer that died left behind is removed. Raises IndexBusy, IndexUnwritable."""
    try:
        (directory / "generations").mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / "write.lock", timeout=timeout)
        lock.acquire()
    except Timeout as error:
        raise IndexBusy(
            f"Another process is writing to the index in {directory}; wait for it and try again."
        ) from error
    except OSError as error:
        raise IndexUnwritable(
            f"The index folder {directory} cannot be written ({error.strerror}); choose another with --index."
        ) from error
    try:
        for leftover in (directory / "generations").glob(f"{_WRITING}*/"):
            _remove(leftover)
        yield
    finally:
        lock.release()


def commit(directory: Path, manifest: Manifest, write: Callable[[Path], None], *, relieves: bool = False) -> str:
    """Write a generation and make it current; the write lock must be held. Returns its id.

    ``write`` fills an empty folder; ``manifest`` describes it, its ``files`` are filled in here. Older
    generations but the one before are pruned; that one too, where a change that ``relieves`` the disk finds no room
    beside it. Raises IndexUnwritable, and then what is current has not changed.
    """
    identifier = generation_id(manifest)
    try:
        if _is_whole(directory, identifier):
            # Never replaced: whatever moment a writer dies at, a generation that is in use stays where it is.
            _turn_back(directory, identifier)
            return identifier
        try:
            _put(directory, identifier, manifest, write)
        except OSError:
            if not (relieves and prune(directory, kept=0)):
                raise
            _put(directory, identifier, manifest, write)
    except OSError as error:
        raise IndexUnwritable(
            f"The index in {directory} could not be written ({error.strerror}); the one before it is unchanged: "
            "make room or choose another folder with --index."
        ) from error
    prune(directory)
    return identifier


def _put(directory: Path, identifier: str, manifest: Manifest, write: Callable[[Path], None]) -> None:
    """Write a generation into place and turn to it. Raises OSError, and then nothing has changed."""
    generations = directory / "generations"
    work = _new(generations)
    try:
        write(work)
        names = sorted(str(p.relative_to(work).as_posix()) for p in work.rglob("*") if p.is_file())
        manifest.files.update({name: file_digest(work / name) for name in names})
        (work / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        _sync_tree(work)
        _draft(directory, identifier)
        _put_in_place(work, generations / identifier)
        _sync(generations)
        _turn(directory)
    except OSError:
        _remove(work)  # it may be what fills the disk
        raise


def previous(directory: Path) -> str:
    """The id of the generation that is kept beside the current one. Raises IndexMissing where there is none."""
    now = current(directory)
    others = sorted((f for f in _folders(directory) if f.name != now), key=lambda f: f.stat().st_mtime)
    if now is None or not others:
        raise IndexMissing(
            f"The index in {directory} keeps nothing from before its last change: there is nothing to bring back."
        )
    return others[-1].name


def turn_to(directory: Path, identifier: str) -> None:
    """Make a generation that is there the current one; the write lock must be held. Raises IndexUnwritable."""
    try:
        _turn_back(directory, identifier)
    except OSError as error:
        raise IndexUnwritable(
            f"The index in {directory} could not be written ({error.strerror}); it is unchanged: make room or give "
            "its folder its permissions back."
        ) from error


def prune(directory: Path, kept: int = 1) -> bool:
    """Remove generations but the current one and so many of the newest beside it; whether there were any."""
    now = current(directory)
    folders = [folder for folder in _folders(directory) if folder.name != now]
    folders.sort(key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in folders[kept:]:
        _remove(folder)
    return len(folders) > kept


def file_digest(path: Path) -> str:
    """``sha256:<hex>`` of a file."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _folders(directory: Path) -> list[Path]:
    """The generations that are in place; what else lies beside them is not ours."""
    return [path for path in (directory / "generations").glob("*") if _ID.fullmatch(path.name) and path.is_dir()]


def _remove(folder: Path) -> None:
    """As far as it can be: a file in it that is held open, say, fails no command, and the next writer tries again."""
    shutil.rmtree(folder, ignore_errors=True)


def _holds(folder: Path, name: str) -> bool:
    path = folder / name
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _is_whole(directory: Path, identifier: str) -> bool:
    try:
        load_manifest(directory, identifier)
    except IndexFault:
        return False
    return True


def _new(generations: Path) -> Path:
    """An empty folder to write in, open to whom the umask says, as all else of the index is."""
    folder = generations / f"{_WRITING}{uuid4().hex}"
    folder.mkdir()
    return folder


def _put_in_place(work: Path, target: Path) -> None:
    """Only a damaged generation of the same id can stand in the way."""
    if target.exists():
        old = _new(target.parent)
        target.rename(old / "replaced")
        work.rename(target)
        _remove(old)
    else:
        work.rename(target)


def _draft(directory: Path, identifier: str) -> None:
    draft = directory / "CURRENT.new"
    draft.write_text(identifier + "\n", encoding="ascii")
    _sync(draft)


def _drafted(directory: Path) -> str:
    """The id in CURRENT.new; none where it cannot be read."""
    try:
        return (directory / "CURRENT.new").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _turn_back(directory: Path, identifier: str) -> None:
    """To a generation that is there. It counts as the newest from now on: the next change must not prune it."""
    os.utime(directory / "generations" / identifier)
    _draft(directory, identifier)
    _turn(directory)


def _turn(directory: Path) -> None:
    (directory / "CURRENT.new").replace(directory / "CURRENT")
    _sync(directory)


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder, and journals its entries itself
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
