"""Reading files that strangers send: each in a process of its own, with a limit on its time, memory and text.

A parser that loops, swells or crashes takes that process with it and nothing else. The process sees no environment,
imports nothing from the working folder, can put no byte into a file, and answers in JSON of a limited size, so that
nothing it sends back is ever run or fills the memory. It is no jail: what a parser can be made to run could read files
and reach the network as this program can.
"""

import contextlib
import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, cast

from corpus import errors
from corpus.errors import DocumentError, DocumentTooCostly, DocumentTooLarge, UnsafeName
from corpus.loading import parse_document
from corpus.types import Document, Page, Section

_HOME = str(Path(__file__).parents[1])
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from corpus.sandbox import child; child()"
_LONGEST_NAME = 200
# What a document may take as JSON: at most 6 bytes a character, and its headings once more, with their offsets.
_BYTES_PER_CHARACTER = 16
_BYTES_BESIDE = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one file may take: seconds by the processor's and by the wall's clock, bytes of memory, characters of text.

    A small file can hold much text: a spreadsheet keeps what stands in a thousand cells once.
    """

    cpu_seconds: int = 20
    wall_seconds: int = 30
    memory: int = 2**30
    characters: int = 5_000_000


ALLOWANCE = Allowance()


def read_untrusted(data: bytes, doc_id: str, allowance: Allowance = ALLOWANCE) -> Document:
    """As ``parse_document``, in a process of its own. Raises UnsafeName and DocumentTooCostly too."""
    check_name(doc_id)
    reply = json.loads(_said(data, doc_id, allowance))
    if "code" in reply:
        raise _error(reply["code"], reply["message"])
    pages = tuple(Page(**page) for page in reply.pop("pages"))
    sections = tuple(Section(**section) for section in reply.pop("sections"))
    return replace(Document(**reply), pages=pages, sections=sections)


def check_name(name: str) -> None:
    """Raises UnsafeName for what is no plain relative path, or hidden. No file is opened by such a name anyway."""
    parts = name.split("/")
    sound = name.isprintable() and "\\" not in name and ":" not in name and len(name) <= _LONGEST_NAME
    if not sound or any(not part.strip() or part.startswith(".") for part in parts) or not PurePosixPath(name).suffix:
        raise UnsafeName(
            f"The name {name[:_LONGEST_NAME]!r} cannot be a document's: rename the file to letters, digits and an "
            "ending like .pdf, without '..' or a leading dot or slash."
        )


def child() -> None:
    """What runs in the other process: the file comes on standard input, the document leaves on standard output."""
    doc_id, cpu_seconds, memory, characters = sys.argv[2:]
    _limit(int(cpu_seconds), int(memory))
    try:
        document = parse_document(sys.stdin.buffer.read(), doc_id)
        if len(document.text) > int(characters):
            raise _too_long(doc_id, int(characters))
        reply = asdict(document)
    except DocumentError as error:
        reply = {"code": error.code, "message": str(error)}
    sys.stdout.write(json.dumps(reply, ensure_ascii=False))


def _said(data: bytes, doc_id: str, allowance: Allowance) -> bytes:
    """What the other process answers. No more of it is read than a document may take, whatever runs there by then."""
    # Isolated: a calendar.py beside the documents is not to be run in the place of the standard library's.
    command = [sys.executable, "-I", "-X", "utf8", "-c", _CHILD, _HOME, doc_id]
    command += map(str, (allowance.cpu_seconds, allowance.memory, allowance.characters))
    most = _BYTES_PER_CHARACTER * allowance.characters + _BYTES_BESIDE
    with subprocess.Popen(  # noqa: S603 - the program is this one; what was sent goes in as data
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as process:
        to, back = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        clock = threading.Timer(allowance.wall_seconds, process.kill)
        clock.start()
        try:
            with contextlib.suppress(OSError), to:  # it may end before it has read all
                to.write(data)
            reply = back.read(most + 1)
            if len(reply) > most:
                raise _too_long(doc_id, allowance.characters)
            if process.wait() != 0:
                raise _too_costly(doc_id)
        finally:
            clock.cancel()
            process.kill()
    return reply


def _limit(cpu_seconds: int, memory: int) -> None:
    with contextlib.suppress(ImportError):  # Windows has no such limits, and the wall clock alone
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _error(code: str, message: str) -> DocumentError:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DocumentError)]
    return next((kind for kind in kinds if kind.code == code), DocumentError)(message)


def _too_costly(name: str) -> DocumentTooCostly:
    return DocumentTooCostly(
        f"Reading '{name}' takes more time or memory than one file may: split it, or add it with: pincite documents add"
    )


def _too_long(name: str, characters: int) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"'{name}' holds more than {characters:,} characters of text: split it, or add it with: pincite documents add"
    )
