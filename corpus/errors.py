"""Every error that Pincite raises on purpose.

    PinciteError
    ├── DocumentError            a source that cannot be read
    │   ├── PathNotFound         path_not_found
    │   ├── NotAFolder           not_a_folder
    │   ├── UnknownFormat        unknown_format
    │   ├── UnreadableDocument   unreadable_document
    │   ├── EncryptedDocument    encrypted_document
    │   ├── EmptyDocument        empty_document
    │   ├── DocumentTooLarge     document_too_large
    │   ├── DocumentTooCostly    document_too_costly
    │   ├── UnsafeName           unsafe_name
    │   ├── DuplicateDocument    duplicate_document
    │   ├── NothingAdded         nothing_added
    │   ├── UnaskedRemoval       unasked_removal
    │   └── EmptyCorpus          empty_corpus
    ├── IndexFault               an index or a model that cannot be used
    │   ├── IndexMissing         index_missing
    │   ├── IndexCorrupt         index_corrupt
    │   ├── IndexForeign         index_foreign
    │   ├── IndexTooNew          index_too_new
    │   ├── IndexBusy            index_busy
    │   ├── IndexUnwritable      index_unwritable
    │   └── ModelUnusable        model_unusable
    ├── InputError               a request that cannot be answered
    │   ├── EmptyQuestion        empty_question
    │   ├── QuestionTooLong      question_too_long
    │   ├── InvalidText          invalid_text
    │   ├── InvalidRequest       invalid_request
    │   ├── InvalidDataset       invalid_dataset
    │   ├── InvalidRun           invalid_run
    │   ├── InvalidGate          invalid_gate
    │   ├── TooFewQuestions      too_few_questions
    │   ├── TooManyDocuments     too_many_documents
    │   ├── InvalidSetting       invalid_setting
    │   ├── UnknownModel         unknown_model
    │   └── UnknownDocument      unknown_document
    ├── ServerError              a server that cannot start, or take a request
    │   ├── PortInUse            port_in_use
    │   ├── InsecureAddress      insecure_address
    │   ├── FeedbackNotKept      feedback_not_kept
    │   └── Overloaded           overloaded
    ├── AccessError              a request that may not be made
    │   ├── KeyMissing           key_missing
    │   ├── ReadOnlyKey          read_only_key
    │   ├── TooOften             too_often
    │   ├── WritesOff            writes_off
    │   ├── ForeignHost          foreign_host
    │   └── ForeignOrigin        foreign_origin
    └── CitationBroken           citation_broken: a quote that is not in its document (a bug)

A message is one sentence that says what is wrong and ends with what to do next. ``code`` is
stable: programs may match on it.
"""

from typing import ClassVar


class PinciteError(Exception):
    """The root: ``except PinciteError`` catches everything that Pincite raises on purpose."""

    code: ClassVar[str] = "error"


class DocumentError(PinciteError):
    """A source that cannot be read. ``kept`` says that an earlier version of it stays in the index."""

    code = "document_error"
    kept = False


class PathNotFound(DocumentError):
    """Nothing stands at the path."""

    code = "path_not_found"


class NotAFolder(DocumentError):
    """A file stands where a folder should be."""

    code = "not_a_folder"


class UnknownFormat(DocumentError):
    """No reader for files of this kind."""

    code = "unknown_format"


class UnreadableDocument(DocumentError):
    """The file is damaged, or is not what its name says."""

    code = "unreadable_document"


class EncryptedDocument(DocumentError):
    """The file needs a password."""

    code = "encrypted_document"


class EmptyDocument(DocumentError):
    """The file holds no text."""

    code = "empty_document"


class DocumentTooLarge(DocumentError):
    """The file is over a size limit, packed or unpacked."""

    code = "document_too_large"


class DocumentTooCostly(DocumentError):
    """Reading the file takes more time or memory than one file may."""

    code = "document_too_costly"


class UnsafeName(DocumentError):
    """A name that could be mistaken for a path elsewhere."""

    code = "unsafe_name"


class NothingAdded(DocumentError):
    """None of several files can be read."""

    code = "nothing_added"


class DuplicateDocument(DocumentError):
    """Two files would have the same ``doc_id``."""

    code = "duplicate_document"


class UnaskedRemoval(DocumentError):
    """A change would drop documents that it was not told to drop."""

    code = "unasked_removal"


class EmptyCorpus(DocumentError):
    """No document is left to index."""

    code = "empty_corpus"


class IndexFault(PinciteError):
    """An index or a model that cannot be used."""

    code = "index_fault"


class IndexMissing(IndexFault):
    """There is no index at the folder."""

    code = "index_missing"


class IndexCorrupt(IndexFault):
    """A file of the index is not what the manifest says."""

    code = "index_corrupt"


class IndexForeign(IndexFault):
    """The index was made with another encoder."""

    code = "index_foreign"


class IndexTooNew(IndexFault):
    """The index was made by a newer Pincite."""

    code = "index_too_new"


class IndexBusy(IndexFault):
    """Another process is writing to the index."""

    code = "index_busy"


class IndexUnwritable(IndexFault):
    """The index folder cannot be written."""

    code = "index_unwritable"


class ModelUnusable(IndexFault):
    """An encoder or reader cannot be found, loaded or trusted."""

    code = "model_unusable"


class InputError(PinciteError):
    """A request that cannot be answered."""

    code = "input_error"


class EmptyQuestion(InputError):
    """The question is blank."""

    code = "empty_question"


class QuestionTooLong(InputError):
    """The question is over the length limit."""

    code = "question_too_long"


class InvalidText(InputError):
    """The text is not valid Unicode."""

    code = "invalid_text"


class InvalidRequest(InputError):
    """A field of the request is missing, of the wrong type or out of range."""

    code = "invalid_request"


class InvalidDataset(InputError):
    """A data set that cannot be evaluated."""

    code = "invalid_dataset"


class InvalidRun(InputError):
    """An output folder of an evaluation that cannot be read, or is of another one."""

    code = "invalid_run"


class InvalidGate(InputError):
    """A gate that is not written as one, or names no measure."""

    code = "invalid_gate"


class TooFewQuestions(InputError):
    """A set too small to fit anything on."""

    code = "too_few_questions"


class TooManyDocuments(InputError):
    """More files at once, or more documents in all, than the server takes."""

    code = "too_many_documents"


class InvalidSetting(InputError):
    """A setting (flag, environment, file) that cannot be used."""

    code = "invalid_setting"


class UnknownModel(InputError):
    """No model of that name answers here."""

    code = "unknown_model"


class UnknownDocument(InputError):
    """No document of that id is in the index."""

    code = "unknown_document"


class ServerError(PinciteError):
    """A server that cannot start, or take a request."""

    code = "server_error"


class PortInUse(ServerError):
    """Another program listens at the address."""

    code = "port_in_use"


class InsecureAddress(ServerError):
    """Others would reach the server, and no key is set."""

    code = "insecure_address"


class FeedbackNotKept(ServerError):
    """What a reader thinks of an answer cannot be written down."""

    code = "feedback_not_kept"


class Overloaded(ServerError):
    """More is asked at once than the server takes."""

    code = "overloaded"


class AccessError(PinciteError):
    """A request that may not be made."""

    code = "access_error"


class KeyMissing(AccessError):
    """No key, or one that the server does not know."""

    code = "key_missing"


class ReadOnlyKey(AccessError):
    """The key may not change anything."""

    code = "read_only_key"


class TooOften(AccessError):
    """More in a minute than one key may ask, or than wrong keys may come from one address; ``wait`` is in seconds."""

    code = "too_often"

    def __init__(self, sentence: str, wait: float) -> None:
        super().__init__(sentence)
        self.wait = wait


class WritesOff(AccessError):
    """The server takes no changes."""

    code = "writes_off"


class ForeignHost(AccessError):
    """The request names a host that the server is not."""

    code = "foreign_host"


class ForeignOrigin(AccessError):
    """A page of another site asks."""

    code = "foreign_origin"


class CitationBroken(PinciteError):
    """A quote differs from its document: a bug, caught before it reaches anyone."""

    code = "citation_broken"
