"""Reading files that strangers send: each in a process of its own, with a limit on its time and memory.

A parser that loops, swells or crashes takes that process with it and nothing else. The process sees no environment,
can write no file, and answers in JSON, so that nothing it sends back is ever run.
"""

import contextlib
import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from corpus import errors
from corpus.errors import DocumentError, DocumentTooCostly, UnsafeName
from corpus.loading import parse_document
from corpus.types import Document, Page, Section

_HOME = str(Path(__file__).parents[1])
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from corpus.sandbox import child; child()"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the reading of one file may take: seconds by the processor's and by the wall's clock, bytes of memory."""

    cpu_seconds: int = 20
    wall_seconds: int = 30
    memory: int = 2**30


ALLOWANCE = Allowance()


def read_untrusted(data: bytes, doc_id: str, allowance: Allowance = ALLOWANCE) -> Document:
    """As ``parse_document``, in a process of its own. Raises UnsafeName and DocumentTooCostly too."""
    check_name(doc_id)
    command = [sys.executable, "-X", "utf8", "-c", _CHILD, _HOME, doc_id]
    command += map(str, (allowance.cpu_seconds, allowance.memory))
    try:
        done = subprocess.run(  # noqa: S603 - the program is this one; what was sent goes in as data
            command, input=data, capture_output=True, timeout=allowance.wall_seconds, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise _too_costly(doc_id) from error
    if done.returncode != 0:
        raise _too_costly(doc_id)
    said = json.loads(done.stdout)
    if "code" in said:
        raise _error(said["code"], said["message"])
    pages = tuple(Page(**page) for page in said.pop("pages"))
    sections = tuple(Section(**section) for section in said.pop("sections"))
    return replace(Document(**said), pages=pages, sections=sections)


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
    doc_id, cpu_seconds, memory = sys.argv[2:]
    _limit(int(cpu_seconds), int(memory))
    try:
        said = asdict(parse_document(sys.stdin.buffer.read(), doc_id))
    except DocumentError as error:
        said = {"code": error.code, "message": str(error)}
    sys.stdout.write(json.dumps(said))


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
