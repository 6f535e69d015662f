"""The roots of every error that Pincite raises on purpose, and what reading documents raises.

Each floor of the house holds what it raises itself (``index.errors``, ``qa.errors`` …); ``docs/errors.md`` shows all.
A message is one sentence that says what is wrong and ends with what to do next, as each class's ``example`` does.
``code`` is stable: programs may match on it.
"""

from typing import ClassVar


class PinciteError(Exception):
    """The root: ``except PinciteError`` catches everything that Pincite raises on purpose."""

    code: ClassVar[str] = "error"
    example: ClassVar[str] = ""


class DocumentError(PinciteError):
    """A source that cannot be read. ``kept`` says that an earlier version of it stays in the index."""

    code = "document_error"
    kept = False


class PathNotFound(DocumentError):
    """Nothing stands at the path."""

    code = "path_not_found"
    example = "There is nothing at 'handbook.md': check the path."


class NotAFolder(DocumentError):
    """A file stands where a folder should be."""

    code = "not_a_folder"
    example = "'handbook.md' is a file, not a folder: give the folder that holds it."


class UnknownFormat(DocumentError):
    """No reader for files of this kind."""

    code = "unknown_format"
    example = "'a.xyz' is of a kind that cannot be read: convert it to one of .docx, .html, … or leave it out."


class UnreadableDocument(DocumentError):
    """The file is damaged, or is not what its name says."""

    code = "unreadable_document"
    example = "'a.pdf' is not a PDF, or a broken one: open it, save it again and retry."


class EncryptedDocument(DocumentError):
    """The file needs a password."""

    code = "encrypted_document"
    example = "'a.pdf' is protected by a password: save a copy without one and add that."


class EmptyDocument(DocumentError):
    """The file holds no text."""

    code = "empty_document"
    example = "'a.txt' is an empty file: put text into it or leave it out."


class DocumentTooLarge(DocumentError):
    """The file is over a size limit, packed or unpacked."""

    code = "document_too_large"
    example = "'a.docx' would unpack to 900 MB in 3 parts: split it into smaller files."


class DocumentTooCostly(DocumentError):
    """Reading the file takes more time or memory than one file may."""

    code = "document_too_costly"
    example = (
        "Reading 'a.pdf' takes more time or memory than one file may: split it, or add it with: pincite documents add"
    )


class UnsafeName(DocumentError):
    """A name that could be mistaken for a path elsewhere."""

    code = "unsafe_name"
    example = (
        "The name '../a.txt' cannot be a document's: rename the file to letters, digits and an ending like .pdf, "
        "without '..' or a leading dot or slash."
    )


class DuplicateDocument(DocumentError):
    """Two files would have the same ``doc_id``."""

    code = "duplicate_document"
    example = "'a/notes.md' and 'b/notes.md' would both be 'notes.md': rename one of them."


class InputError(PinciteError):
    """A request that cannot be answered."""

    code = "input_error"


class ServerError(PinciteError):
    """A server that cannot start, or take a request."""

    code = "server_error"
