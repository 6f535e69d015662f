"""What the commands and the server raise."""

from corpus.errors import DocumentError, ServerError


class UnaskedRemoval(DocumentError):
    """A change would drop documents that it was not told to drop."""

    code = "unasked_removal"
    example = (
        "The index in .pincite also holds 'a.txt', which this would drop: say --replace if it is to go, add to it"
        " with: pincite documents add, or choose another --index."
    )


class PortInUse(ServerError):
    """Another program listens at the address."""

    code = "port_in_use"
    example = "Port 8000 on 127.0.0.1 is in use; stop what listens there, or choose another: --port 8001."


class InsecureAddress(ServerError):
    """Others would reach the server, and no key is set."""

    code = "insecure_address"
    example = (
        "Other machines reach 0.0.0.0, and no key is set: set PINCITE_API_KEYS (name:role:secret), or say --no-"
        "auth to let everyone read."
    )


class FeedbackNotKept(ServerError):
    """What a reader thinks of an answer cannot be written down."""

    code = "feedback_not_kept"
    example = "Your opinion could not be kept: feedback.jsonl is full; move it away to go on."
