"""What the endpoint raises: requests that it cannot take, or may not."""

from corpus.errors import DocumentError, InputError, PinciteError, ServerError


class InvalidRequest(InputError):
    """A field of the request is missing, of the wrong type or out of range."""

    code = "invalid_request"
    example = "The last message is not a user's; send the question as that."


class UnknownModel(InputError):
    """No model of that name answers here."""

    code = "unknown_model"
    example = "There is no model 'other' here; ask 'pincite'."


class TooManyDocuments(InputError):
    """More files at once, or more documents in all, than the server takes."""

    code = "too_many_documents"
    example = "The index may hold 10,000 documents; remove some first."


class NothingAdded(DocumentError):
    """None of several files can be read."""

    code = "nothing_added"
    example = (
        "'a.pdf' is protected by a password: save a copy without one and add that. 'b.txt' is an empty file: put "
        "text into it or leave it out."
    )


class Overloaded(ServerError):
    """More is asked at once than the server takes."""

    code = "overloaded"
    example = "All places in the line are taken; ask again in a second."


class AccessError(PinciteError):
    """A request that may not be made."""

    code = "access_error"


class KeyMissing(AccessError):
    """No key, or one that the server does not know."""

    code = "key_missing"
    example = "This needs a key that the server knows; send it as Authorization: Bearer <secret>."


class ReadOnlyKey(AccessError):
    """The key may not change anything."""

    code = "read_only_key"
    example = "This key may read only; use one of the role write."


class TooOften(AccessError):
    """More in a minute than one key may ask, or than wrong keys may come from one address; ``wait`` is in seconds."""

    code = "too_often"
    example = "The key 'team' asks too often for one minute; wait 3 seconds and go on more slowly."

    def __init__(self, sentence: str, wait: float) -> None:
        super().__init__(sentence)
        self.wait = wait


class WritesOff(AccessError):
    """The server takes no changes."""

    code = "writes_off"
    example = "This server takes no changes without keys; start it with PINCITE_API_KEYS set."


class ForeignHost(AccessError):
    """The request names a host that the server is not."""

    code = "foreign_host"
    example = "The server does not go by this name; add it with --allowed-hosts if it should."


class ForeignOrigin(AccessError):
    """A page of another site asks."""

    code = "foreign_origin"
    example = "Pages of another site may not ask this server; list the site in PINCITE_CORS_ORIGINS."
